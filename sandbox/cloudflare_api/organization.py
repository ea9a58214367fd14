"""The Zero Trust organization of an account, which always exists, and the check of an API token."""

from __future__ import annotations

from sandbox.cloudflare_api.call import Call, Route, now, route
from sandbox.cloudflare_api.document import Json, misfit
from sandbox.cloudflare_api.envelope import Answer, invalid
from sandbox.cloudflare_api.policies import check_duration
from sandbox.cloudflare_api.zones import BORN


def organization(call: Call) -> Json:
    """The organization as it was written last, or as the world has it."""
    account = call.account
    born: Json = {
        "auth_domain": account.auth_domain,
        "name": account.auth_domain,
        "session_duration": "24h",
        "is_ui_read_only": False,
        "auto_redirect_to_identity": False,
        "allow_authenticate_via_warp": False,
        "login_design": {},
        "created_at": BORN,
        "updated_at": BORN,
    }
    return call.store.get("organizations", f"accounts/{account.id}", "organization") or born


def _read(call: Call) -> Answer:
    return Answer(organization(call))


def _write(call: Call) -> Answer:
    wrong = misfit(call.body, {"name": "a text", "session_duration": "a text", "login_design": "an object"})
    if wrong is not None:
        raise invalid(wrong)
    check_duration(call.body.get("session_duration"))
    before = organization(call)
    if call.body.get("auth_domain", before["auth_domain"]) != before["auth_domain"]:
        raise invalid("the auth_domain of this account is given by the sandbox world")
    sent = {key: value for key, value in call.body.items() if key not in ("created_at", "updated_at")}
    document = {**before, **sent, "updated_at": now()}
    call.store.put("organizations", f"accounts/{call.account.id}", "organization", document)
    return Answer(document)


def _create(_: Call) -> Answer:
    raise invalid("the organization already exists")


def _verify(call: Call) -> Answer:
    return Answer({"id": call.token.id, "status": "active"})


ROUTES: tuple[Route, ...] = (
    *(
        route(method, f"{scope}/{{{scope}}}/access/organizations", run)
        for scope in ("accounts", "zones")
        for method, run in (("GET", _read), ("PUT", _write), ("POST", _create))
    ),
    route("GET", "user/tokens/verify", _verify),
    route("GET", "accounts/{accounts}/tokens/verify", _verify),
)
