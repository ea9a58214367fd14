"""Rules about a stack file, against what apps.yaml needs of it."""

from __future__ import annotations

from collections.abc import Iterable

from infra.checks.scope import Scope
from infra.problems import Related, did_you_mean
from infra.records import Table
from infra.stack import FOLDER, PROJECT, ProviderValues

# What each type of identity provider needs of an account, from Cloudflare's page of each. Secrets are asked for by
# `settings`: a template without them is complete until it is deployed.
REQUIRED = {
    "google-workspace": ("client_id", "apps_domain"),
    "entra-id": ("client_id", "directory_id"),
    "okta": ("client_id", "okta_account"),
    "oidc": ("client_id", "auth_url", "token_url", "certs_url"),
    "saml": ("issuer_url", "sso_target_url", "public_certs"),
    "github": ("client_id",),
    "one-time-pin": (),
}
_SPELLED = {
    "client_id": "clientId",
    "apps_domain": "appsDomain",
    "directory_id": "directoryId",
    "okta_account": "oktaAccount",
    "auth_url": "authUrl",
    "token_url": "tokenUrl",
    "certs_url": "certsUrl",
    "issuer_url": "issuerUrl",
    "sso_target_url": "ssoTargetUrl",
    "public_certs": "publicCerts",
}


def check_account(scope: Scope) -> None:
    """Ensure that the stack that owns the singletons exists and is another one."""
    account = scope.stack.values.account
    if account is None or scope.stack.owns_singletons:
        return
    if account == scope.stack.name:
        itself = ("write `self` for a stack that owns the account's singletons itself",)
        scope.problems.add("unknown-stack", "a stack cannot look its identity providers up in itself", account.span,
                           advice=itself)  # fmt: skip
    elif account not in scope.stacks:
        advice = did_you_mean(account, (*scope.stacks, "self", "only"))
        scope.problems.add("unknown-stack", f"stack `{account}` has no file", account.span,
                           label=f"there is no `{FOLDER}/Pulumi.{account}.yaml`", advice=advice)  # fmt: skip


def check_owners(scopes: Iterable[Scope]) -> None:
    """Ensure that the stack which others look their identity providers up in owns them, in the same account."""
    by_name = {scope.stack.name: scope for scope in scopes}
    for scope in by_name.values():
        values, owner = scope.stack.values, by_name.get(scope.stack.values.account or "")
        if owner is None or owner is scope or scope.stack.owns_singletons:
            continue
        there = owner.stack.values
        if there.account and not owner.stack.owns_singletons:
            related = (Related(there.at["account"], "it looks them up itself"),)
            message = f"stack `{owner.stack.name}` owns no identity providers"
            scope.problems.add("unknown-stack", message, values.at["account"], related=related)
        for key, mine, its in (("accountId", values.account_id, there.account_id), ("team", values.team, there.team)):
            if mine and its and mine != its:
                message = (
                    f"stack `{owner.stack.name}`, which owns the identity providers, has another `{PROJECT}:{key}`"
                )
                related = (Related(there.at[key], "this one"),)
                scope.problems.add("other-account", message, values.at[key], related=related)


def check_provider_values(scope: Scope) -> None:
    """Ensure that the owner of the singletons knows each identity provider's values, and nobody else does."""
    values = scope.stack.values
    identity = scope.file.identity
    for name, span in values.providers.declared.items():
        if not scope.stack.owns_singletons:
            message = f"`{name}` belongs in the file of stack `{values.account}`, which owns the identity providers"
            scope.problems.add("misplaced-value", message, span, advice=("remove it here",))
        elif identity and identity.providers.lacks(name):
            message = f"apps.yaml declares no identity provider `{name}`"
            advice = did_you_mean(name, identity.providers.declared)
            scope.problems.add("unknown-provider", message, span, advice=advice)
    for provider in scope.estate.providers if scope.stack.owns_singletons else ():
        written = values.providers.get(provider.name)
        if written is not None or (REQUIRED[provider.type] and provider.name not in values.providers.declared):
            _check_values_of(scope, provider.name, provider.type, written)


def _check_values_of(scope: Scope, name: str, kind: str, written: ProviderValues | None) -> None:
    span = scope.stack.values.providers.declared.get(name, scope.stack.values.at["providers"])
    for key in REQUIRED[kind]:
        if written is None or getattr(written, key) in (None, ()):
            path = f"providers.{name}.{_SPELLED[key]}"
            message = f"`gatehouse:{path}` is missing in `{scope.stack.file}`"
            command = scope.stack.setting(f"--path 'gatehouse:{path}' …")
            scope.problems.add("missing-stack-value", message, span, label=f"`{name}` is {kind}", advice=(command,))


def check_zone(scope: Scope) -> None:
    """Ensure that a stack with apps behind the tunnel names its zone."""
    if all(app.snowflake for app in scope.apps_here().values()):
        return
    values = scope.stack.values
    for key in ("zone", "zoneId"):
        if key not in values.at.keys:
            message = f"`gatehouse:{key}` is missing in `{scope.stack.file}`"
            command = scope.stack.setting(f"{key} …")
            scope.problems.add("missing-stack-value", message, values.at.span, advice=(command,))


def check_directory(scope: Scope) -> None:
    """Ensure that readable group names have object ids where Cloudflare wants ids."""
    directory = scope.stack.values.directory
    names = {provider.name: provider for provider in scope.estate.providers}
    identity = scope.file.identity
    for name, span in directory.declared.items():
        if identity and identity.providers.lacks(name):
            message = f"apps.yaml declares no identity provider `{name}`"
            advice = did_you_mean(name, identity.providers.declared)
            scope.problems.add("unknown-provider", message, span, advice=advice)
        elif name in names and names[name].type != "entra-id":
            message = f"`{name}` is {names[name].type}, whose groups need no ids"
            scope.problems.add("misplaced-value", message, span, advice=("remove it",))
    for department in scope.estate.departments if scope.stack.has_apps else ():
        mapped = directory.get(department.provider.name, Table())
        for group in scope.file.departments[department.name].groups if department.provider.type == "entra-id" else ():
            if group not in mapped:
                message = f"`{scope.stack.file}` has no object id for the group `{group}`"
                path = f'directory.{department.provider.name}["{group}"]'
                command = scope.stack.setting(f"--path 'gatehouse:{path}' …")
                advice = ("Cloudflare knows groups of Entra ID by their object id", command)
                scope.problems.add("missing-stack-value", message, group.span, advice=advice)
