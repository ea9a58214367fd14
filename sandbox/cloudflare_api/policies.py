"""Reusable Access policies, Access groups, and what may not be removed because a rule names it."""

from __future__ import annotations

import re

from sandbox.cloudflare_api.call import Call
from sandbox.cloudflare_api.document import Json, documents, misfit, visible
from sandbox.cloudflare_api.envelope import invalid
from sandbox.cloudflare_api.rules import RULE_LISTS, prepared_rules, refers_to
from sandbox.cloudflare_api.table import Resource

DECISIONS = ("allow", "deny", "non_identity", "bypass")
DURATION = re.compile(r"(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+|0|no_expiry")


def prepared_policy(call: Call, body: Json, before: Json | None) -> Json:
    """A policy in stored form: its decision known, its rules valid under it, its session a duration."""
    wrong = misfit(body, POLICY_FIELDS)
    if wrong is not None:
        raise invalid(wrong)
    decision = body.get("decision")
    if decision not in DECISIONS:
        raise invalid(f"decision must be one of {', '.join(DECISIONS)}")
    check_duration(body.get("session_duration"))
    return {**body, **prepared_rules(call, body, decision), "reusable": before is None or before["reusable"]}


def check_duration(value: object) -> None:
    if value not in (None, "") and not DURATION.fullmatch(str(value)):
        raise invalid(f"session_duration {value} is not a duration such as 30m or 24h")


def apps_of_policy(call: Call, policy: Json) -> list[Json]:
    """The applications of any scope that have the policy attached."""
    return [
        app
        for app in call.store.all("applications")
        if any(entry["id"] == policy["id"] for entry in documents(app.get("policies")))
    ]


def rule_user(call: Call, selector: str, key: str, object_id: str) -> str | None:
    """The first policy or group with a rule that names the object."""
    for collection, word in (("policies", "policy"), ("groups", "group")):
        for document in call.store.all(collection):
            if refers_to(document, selector, key, object_id):
                return f"{word} {document['name']}"
    return None


def _show_policy(call: Call, policy: Json) -> Json:
    return {**visible(policy), "app_count": len(apps_of_policy(call, policy))}


def _policy_user(call: Call, policy: Json) -> str | None:
    apps = apps_of_policy(call, policy)
    return f"application {apps[0]['name']}" if apps else None


def _prepared_group(call: Call, body: Json, _: Json | None) -> Json:
    return {**body, **prepared_rules(call, body)}


def _group_user(call: Call, group: Json) -> str | None:
    return rule_user(call, "group", "id", str(group["id"]))


POLICY_FIELDS = {
    "decision": "a text",
    "session_duration": "a text",
    "include": "a list of objects",
    "exclude": "a list of objects",
    "require": "a list of objects",
    "approval_groups": "a list of objects",
}

POLICIES = Resource(
    collection="policies",
    path="access/policies",
    required=("name", "decision"),
    defaults={"session_duration": "24h"},
    computed=("id", "created_at", "updated_at", "app_count", "reusable"),
    prepare=prepared_policy,
    show=_show_policy,
    used_by=_policy_user,
)

GROUPS = Resource(
    collection="groups",
    path="access/groups",
    scopes=("accounts", "zones"),
    fields=dict.fromkeys(RULE_LISTS, "a list of objects"),
    computed=("id", "created_at", "updated_at"),
    prepare=_prepared_group,
    used_by=_group_user,
)
