"""The policy tester: what policies would say to everybody who has logged in before.

The people are those of `/__sandbox/people`; a test is worked out at once and then only read.
"""

from __future__ import annotations

from sandbox.cloudflare_api.access import AccessObjects, Visitor, evaluate_policies
from sandbox.cloudflare_api.call import Call, Route, new_uuid, route
from sandbox.cloudflare_api.document import Json, documents, misfit, visible
from sandbox.cloudflare_api.envelope import Answer, Refusal, invalid, page_of
from sandbox.cloudflare_api.policies import prepared_policy
from sandbox.cloudflare_api.store import Store

APPROVING = ("allow", "bypass", "service_auth")
TESTS = "accounts/{accounts}/access/policy-tests"
COLLECTIONS = (
    "applications",
    "policies",
    "groups",
    "identity_providers",
    "service_tokens",
    "posture_rules",
)


def access_objects(store: Store, *scopes: str) -> AccessObjects:
    """The Access objects of those scopes, as the evaluator takes them."""
    lists = {name: tuple(one for scope in scopes for one in store.all(name, scope)) for name in COLLECTIONS}
    return AccessObjects.of(**lists)


def _create(call: Call) -> Answer:
    entries = call.body.get("policies")
    if not entries or misfit(call.body, {"policies": "a list of texts or objects"}):
        raise invalid("policies must be a list of policy ids or policies")
    policies = [_policy(call, entry, number) for number, entry in enumerate(entries, start=1)]
    objects = access_objects(call.store, *call.scopes)
    users = [_verdict(objects, policies, person) for person in call.store.all("people", "sandbox")]
    test = {"id": new_uuid({}), "users": users}
    call.store.put("policy_tests", call.scope, str(test["id"]), test)
    return Answer({"id": test["id"], "status": "success"})


def _policy(call: Call, entry: str | Json, precedence: int) -> Json:
    if isinstance(entry, str):
        found = call.find("policies", entry)
        if found is None:
            raise invalid(f"policy {entry} does not exist")
        return {**visible(found), "precedence": precedence}
    return {**prepared_policy(call, entry, None), "id": entry.get("id"), "precedence": precedence}


def _verdict(objects: AccessObjects, policies: list[Json], person: Json) -> Json:
    outcome = evaluate_policies(objects, policies, Visitor.of(person))
    status = "approved" if outcome.decision in APPROVING else "blocked"
    return {"id": person["id"], "email": person["email"], "name": person["name"], "status": status}


def _test(call: Call) -> Json:
    test = call.store.get("policy_tests", call.scope, call.ids["id"])
    if test is None:
        raise Refusal(404, 11021, "access.api.error.not_found")
    return test


def _read(call: Call) -> Answer:
    test = _test(call)
    users = documents(test["users"])
    approved = sum(user["status"] == "approved" for user in users)
    total = len(users)
    share = round(100 * approved / total) if total else 0
    return Answer(
        {
            "id": test["id"],
            "status": "complete",
            "total_users": total,
            "users_approved": approved,
            "users_blocked": total - approved,
            "users_errored": 0,
            "percent_users_processed": 100,
            "percent_approved": share,
            "percent_blocked": 100 - share if total else 0,
            "percent_errored": 0,
        }
    )


def _users(call: Call) -> Answer:
    users = documents(_test(call)["users"])
    wanted = call.query.get("status")
    return page_of([user for user in users if wanted in (None, user["status"])], call.query)


ROUTES: tuple[Route, ...] = (
    route("POST", TESTS, _create),
    route("GET", f"{TESTS}/{{id}}", _read),
    route("GET", f"{TESTS}/{{id}}/users", _users),
)
