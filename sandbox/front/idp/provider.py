"""The endpoints of the issuers: discovery, authorize, token, userinfo, keys (OpenID Connect Core, PKCE)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlencode

import jwt
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.cloudflare_api.document import Json
from sandbox.front.idp.issuers import REPORTS_GROUPS, Issuer, Issuers
from sandbox.front.idp.login_page import login_page
from sandbox.front.idp.people import People, Person, person_of
from sandbox.front.keys import ALGORITHM, KeyRing
from sandbox.front.look import SAFETY, notice
from sandbox.front.tickets import Tickets

CODE_LIFETIME = 60.0
TOKEN_LIFETIME = 300
_KICKER = "Identity provider · played by the sandbox"


@dataclass(frozen=True)
class Login:
    """A person at the page of one issuer, on the way back to Access with a code."""

    issuer: str
    person: str
    address: str
    factor: bool
    nonce: str
    challenge: str


class Provider:
    """All issuers; the first segment of the path names one."""

    def __init__(self, issuers: Issuers, people: People, keys: KeyRing) -> None:
        self._issuers = issuers
        self._people = people
        self._keys = keys
        self._codes: Tickets[Login] = Tickets(CODE_LIFETIME)

    def routes(self) -> list[Route]:
        return [
            Route("/{issuer}/.well-known/openid-configuration", self._discover),
            Route("/{issuer}/authorize", self._authorize, methods=["GET", "POST"]),
            Route("/{issuer}/token", self._token, methods=["POST"]),
            Route("/{issuer}/userinfo", self._userinfo, methods=["GET", "POST"]),
            Route("/{issuer}/jwks", self._jwks),
        ]

    async def _discover(self, request: Request) -> Response:
        issuer = self._named(request)
        if issuer is None:
            return _unknown()
        urls = {f"{name}_endpoint": f"{issuer.url}/{path}" for name, path in _ENDPOINTS}
        return JSONResponse({"issuer": issuer.url, **urls, "jwks_uri": f"{issuer.url}/jwks", **_ABILITIES})

    async def _jwks(self, request: Request) -> Response:
        return _unknown() if self._named(request) is None else JSONResponse(self._keys.jwks())

    async def _authorize(self, request: Request) -> Response:
        """The login page, and the way back from it."""
        issuer = self._named(request)
        if issuer is None:
            return _unknown()
        asked = request.query_params
        # A redirect to an address that is not the client's own would hand the code to a stranger.
        if asked.get("client_id") != issuer.client_id or asked.get("redirect_uri") != issuer.redirect_uri:
            sentence = f"{issuer.name} knows one client, the team domain, and this request is not from it."
            return notice("This login cannot be answered", sentence, kicker=_KICKER, status=400)
        back = {"state": asked.get("state", "")}
        if asked.get("response_type") != "code" or "openid" not in asked.get("scope", "").split():
            return _back(issuer, {"error": "invalid_request", **back})
        if asked.get("code_challenge") and asked.get("code_challenge_method") != "S256":
            return _back(issuer, {"error": "invalid_request", **back})
        if asked.get("prompt") == "none":
            known = self._who(issuer, asked.get("login_hint", ""), "") is not None
            form = {"person": asked.get("login_hint", "")}
            return self._chosen(issuer, request, form, back) if known else _back(issuer, {**_NOBODY, **back})
        if request.method == "GET":
            return login_page(issuer, self._issuers.people_of(issuer), request.url.query)
        return self._chosen(issuer, request, await _form(request), back)

    def _chosen(self, issuer: Issuer, request: Request, form: dict[str, str], back: dict[str, str]) -> Response:
        person_id, _, factor = form.get("person", "").partition("|")
        address = form.get("address", "").strip() if issuer.takes_any_address else ""
        person = self._who(issuer, person_id, address)
        if person is None:
            problem = f"{issuer.name} does not know this person." if person_id else "That is not an e-mail address."
            return login_page(issuer, self._issuers.people_of(issuer), request.url.query, problem, 403)
        used = issuer.reports_methods and {"yes": True, "no": False}.get(factor, person.second_factor)
        asked = request.query_params
        login = Login(issuer.id, person_id, address, used, asked.get("nonce", ""), asked.get("code_challenge", ""))
        return _back(issuer, {"code": self._codes.issue(login), **back})

    def _who(self, issuer: Issuer, person_id: str, address: str) -> Person | None:
        """The person of a login, as long as the issuer knows them."""
        if address:
            same = (one for one in self._people.all() if one.email.casefold() == address.casefold())
            try:
                return next(same, None) or person_of({"id": "pin", "email": address})
            except ValueError:
                return None
        person = self._people.find(person_id)
        return person if person is not None and issuer.said_of(person) is not None else None

    async def _token(self, request: Request) -> Response:
        issuer = self._named(request)
        if issuer is None:
            return _unknown()
        form = await _form(request)
        if not _is_client(issuer, request, form):
            return _refused("invalid_client", 401)
        if form.get("grant_type") != "authorization_code":
            return _refused("unsupported_grant_type")
        login = self._codes.take(form.get("code", ""))
        if login is None or login.issuer != issuer.id or form.get("redirect_uri") != issuer.redirect_uri:
            return _refused("invalid_grant")
        if login.challenge and login.challenge != _challenge(form.get("code_verifier", "")):
            return _refused("invalid_grant")
        person = self._who(issuer, login.person, login.address)
        if person is None:
            return _refused("invalid_grant")
        now = int(time.time())
        stamps = {"iss": issuer.url, "iat": now, "exp": now + TOKEN_LIFETIME}
        claims = {**self._claims(issuer, person, login), **stamps, "aud": issuer.client_id, "nonce": login.nonce}
        bearer = {**stamps, "sub": claims["sub"], "aud": "userinfo", "said": self._claims(issuer, person, login)}
        answer = {"token_type": "Bearer", "expires_in": TOKEN_LIFETIME, "scope": " ".join(issuer.scopes)}
        tokens = {"access_token": self._keys.sign(bearer), "id_token": self._keys.sign(claims)}
        return JSONResponse({**answer, **tokens}, headers=SAFETY)

    def _claims(self, issuer: Issuer, person: Person, login: Login) -> Json:
        """What the issuer says; a person's own claims never take the place of those that it vouches for."""
        said = issuer.said_of(person)
        own: Json = {name: list(values) for name, values in said.claims.items()} if said else {}
        groups = list(said.groups) if said and issuer.type in REPORTS_GROUPS else []
        email = (said.email if said else "") or person.email
        subject = f"pin:{person.email}" if login.address else person.id
        methods = {"amr": ["pwd", "otp", "mfa"] if login.factor else ["pwd"]} if issuer.reports_methods else {}
        own.pop("amr", None)
        grouped = {"groups": groups} if groups else {}
        named = {str(issuer.config.get("email_claim_name") or "email"): email, "email": email}
        return {**own, **grouped, **named, **methods, "sub": subject, "name": person.name}

    async def _userinfo(self, request: Request) -> Response:
        issuer = self._named(request)
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        if issuer is None or scheme.lower() != "bearer":
            return _refused("invalid_token", 401)
        try:
            key = self._keys.named(str(jwt.get_unverified_header(text).get("kid")))
            public = key.private.public_key() if key else b""
            claims = jwt.decode(text, public, algorithms=[ALGORITHM], audience="userinfo", issuer=issuer.url)
        except jwt.PyJWTError:
            return _refused("invalid_token", 401)
        return JSONResponse(claims["said"])

    def _named(self, request: Request) -> Issuer | None:
        return self._issuers.find(request.path_params["issuer"])


_NOBODY = {"error": "login_required"}
_ENDPOINTS = (("authorization", "authorize"), ("token", "token"), ("userinfo", "userinfo"))
_ABILITIES: Json = {
    "response_types_supported": ["code"],
    "grant_types_supported": ["authorization_code"],
    "subject_types_supported": ["public"],
    "id_token_signing_alg_values_supported": [ALGORITHM],
    "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    "code_challenge_methods_supported": ["S256"],
    "scopes_supported": ["openid", "email", "profile", "groups"],
}


def _unknown() -> Response:
    sentence = "The API holds no identity provider of this id. Was it removed since the login began?"
    return notice("No such identity provider", sentence, kicker=_KICKER, status=404)


def _back(issuer: Issuer, answer: dict[str, str]) -> Response:
    return RedirectResponse(f"{issuer.redirect_uri}?{urlencode(answer)}", 303, headers={"cache-control": "no-store"})


def _refused(error: str, status: int = 400) -> Response:
    return JSONResponse({"error": error}, status, headers={"cache-control": "no-store"})


async def _form(request: Request) -> dict[str, str]:
    fields = parse_qs((await request.body()).decode(errors="replace"), keep_blank_values=True)
    return {name: values[0] for name, values in fields.items()}


def _is_client(issuer: Issuer, request: Request, form: dict[str, str]) -> bool:
    name, secret = form.get("client_id", ""), form.get("client_secret", "")
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except ValueError:
            return False
        name, secret = unquote(name), unquote(secret)
    same_name = hmac.compare_digest(name.encode(), issuer.client_id.encode())
    return same_name and hmac.compare_digest(secret.encode(), issuer.client_secret.encode())


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
