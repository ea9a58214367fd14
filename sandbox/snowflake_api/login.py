"""Logging in: password, key pair, programmatic access token, or the token of an app."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from sandbox.snowflake_api.catalogue import PUBLIC, Catalogue
from sandbox.snowflake_api.queries import Where
from sandbox.snowflake_api.reader import Reader
from sandbox.snowflake_api.refusals import Refusal
from sandbox.snowflake_api.sessions import Session, Sessions
from sandbox.snowflake_api.things import Body, Database, Role, Schema, Streamlit, Thing, User, Warehouse


@dataclass(frozen=True)
class Login:
    """Logins to one account."""

    catalogue: Catalogue
    sessions: Sessions
    where: Where

    def open(self, data: Mapping[str, Any], asked: Mapping[str, str]) -> Session:
        """A session, in the role, database, schema and warehouse of the request or of the user."""
        self._check_account(str(data.get("ACCOUNT_NAME", "")))
        authenticator = str(data.get("AUTHENTICATOR") or "SNOWFLAKE").upper()
        if authenticator == "OAUTH":
            session = self._app(str(data.get("TOKEN", "")))
        else:
            session = self._user(authenticator, data, asked.get("roleName"))
        parameters = data.get("SESSION_PARAMETERS")
        given = parameters.items() if isinstance(parameters, dict) else ()
        session.parameters = {str(key).upper(): _text(value) for key, value in given}
        session.client = f"{data.get('CLIENT_APP_ID', '')} {data.get('CLIENT_APP_VERSION', '')}".strip()
        self._enter(session, asked)
        return session

    def _check_account(self, name: str) -> None:
        known = {f"{self.where.organization}-{self.where.account}", self.where.account, self.where.locator}
        if name.upper().partition(".")[0].replace("_", "-") not in known:
            message = f"Account '{name}' is not here: this is {self.where.organization}-{self.where.account}."
            raise Refusal("390201", "08001", message)

    def _user(self, authenticator: str, data: Mapping[str, Any], role: str | None) -> Session:
        login = str(data.get("LOGIN_NAME", "")).upper()
        user = next((one for one in self.catalogue.all(User) if one.body.login == login), None)
        token = str(data.get("TOKEN") or "")
        if authenticator in ("SNOWFLAKE", "USERNAME_PASSWORD_MFA"):
            # A programmatic access token also serves as a password.
            known = () if user is None else (user.body.password, user.body.access_token)
            if user is None or not _one_of(str(data.get("PASSWORD") or ""), known):
                raise Refusal("390100", "08001", "Incorrect username or password was specified.")
        elif authenticator == "PROGRAMMATIC_ACCESS_TOKEN":
            user = user or next(
                (one for one in self.catalogue.all(User) if _one_of(token, (one.body.access_token,))), None
            )
            if user is None or not _one_of(token, (user.body.access_token,)):
                raise Refusal("394400", "08001", "Programmatic access token is invalid.")
        elif authenticator == "SNOWFLAKE_JWT":
            # The Go driver gives no name: the token has it.
            user = next((one for one in self.catalogue.all(User) if _signed_by(one, token)), None)
            if user is None or login not in ("", user.body.login):
                raise Refusal("390144", "08001", "JWT token is invalid.")
        else:
            raise Refusal("390103", "08001", f"Authenticator {authenticator} is not known here.")
        if user.body.disabled:
            raise Refusal("390101", "08001", "User access disabled. Contact your local system administrator.")
        return self._in_role(user, role)

    def _in_role(self, user: Thing[User], asked: str | None) -> Session:
        wanted = named(asked) or user.body.default_role or PUBLIC
        reached = {one for given in self.catalogue.roles_of(user.name) for one in self.catalogue.closure(given)}
        if asked and (wanted not in reached or self.catalogue.find(Role, (wanted,)) is None):
            message = (
                f"Role '{wanted}' specified in the connect string does not exist or not authorized. "
                "Contact your local system administrator, or attempt to login with another role, e.g. PUBLIC."
            )
            raise Refusal("390189", "08001", message)
        return self.sessions.open(user.name, wanted if wanted in reached else PUBLIC)

    def _app(self, token: str) -> Session:
        """The app's session has its owner's role and starts where the app is."""
        app = next((one for one in self.catalogue.all(Streamlit) if _one_of(token, (one.body.token,))), None)
        if app is None or self.catalogue.find(Role, (app.owner,)) is None:
            raise Refusal("390303", "08001", "Invalid OAuth access token.")
        session = self.sessions.open(f"STREAMLIT_{app.body.url_id.upper()}", app.owner)
        session.app = app.body.url_id
        session.database, session.schema = app.path[:2]
        session.warehouse = app.body.warehouse
        return session

    def _enter(self, session: Session, asked: Mapping[str, str]) -> None:
        """What does not exist is left out; Snowflake lets such a login in as well."""
        user = self.catalogue.find(User, (session.user,))
        default = (user.body.default_namespace or "").split(".") if user is not None else []
        warehouse = named(asked.get("warehouse")) or (user.body.default_warehouse if user is not None else None)
        if warehouse and self._there(Warehouse, (warehouse,)):
            session.warehouse = warehouse
        database = named(asked.get("databaseName")) or (default[0] if default and default[0] else None)
        schema = named(asked.get("schemaName")) or (default[1] if len(default) > 1 else PUBLIC)
        if database and self._there(Database, (database,)):
            session.database = database
            session.schema = schema if self._there(Schema, (database, schema)) else None

    def _there(self, body: type[Body], path: tuple[str, ...]) -> bool:
        return self.catalogue.find(body, path) is not None


def named(text: str | None) -> str | None:
    """A name of a connection as an identifier: upper case, unless it is quoted."""
    if not text:
        return None
    try:
        return Reader(text).identifier()
    except Refusal:
        return text


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _one_of(given: str, known: tuple[str | None, ...]) -> bool:
    return bool(given) and any(one is not None and hmac.compare_digest(given.encode(), one.encode()) for one in known)


def _signed_by(user: Thing[User], token: str) -> bool:
    """Whether the user's key signed the token, which names account, user and the key's fingerprint."""
    if user.body.public_key is None:
        return False
    lines = "".join(user.body.public_key.replace("-----BEGIN PUBLIC KEY-----", "").split("-----END")[0].split())
    try:
        der = base64.b64decode(lines, validate=True)
        key = load_der_public_key(der)
        if not isinstance(key, RSAPublicKey):
            return False
        claims = jwt.decode(token, key, algorithms=["RS256"], leeway=60, options={"require": ["exp", "sub", "iss"]})
    except (ValueError, TypeError, jwt.PyJWTError):
        return False
    print_of_key = base64.b64encode(hashlib.sha256(der).digest()).decode()
    subject, issuer = str(claims["sub"]), str(claims["iss"])
    return subject.rpartition(".")[2].upper() == user.body.login and issuer == f"{subject}.SHA256:{print_of_key}"
