"""The apps of the account as tiles: title, address, who may enter, and the way in."""

from __future__ import annotations

import itertools

from sandbox.cloudflare_api.access import AccessObjects, policies_of
from sandbox.cloudflare_api.document import Json, documents
from sandbox.front.explain import DECISIONS, phrase
from sandbox.portal.markup import Markup, breakable, tag

_WORDS = {
    "allow": "may enter",
    "deny": "may not enter",
    "bypass": "may enter without a login",
    "non_identity": "may enter as machines",
}


def tile(objects: AccessObjects, application: Json, url: str) -> Markup:
    """One application."""
    title = str(application.get("name") or application.get("domain"))
    policies = sorted(policies_of(objects, application), key=lambda one: int(one["precedence"]))
    rules = [_rule(objects, policy) for policy in policies] or [tag("li", "Nobody may enter.")]
    return tag(
        "li",
        tag("h3", title),
        tag("p", breakable(url.removeprefix("https://").rstrip("/")), class_="address"),
        tag("ul", *rules, class_="rules"),
        tag("a", "Open", tag("span", f" {title}", class_="unseen"), href=url, class_="button primary"),
        class_="tile",
    )


def _rule(objects: AccessObjects, policy: Json) -> Markup:
    decision = str(policy["decision"])
    include, require, exclude = (documents(policy.get(part)) for part in ("include", "require", "exclude"))
    named = [_short(objects, phrase(objects, one)) for one in include]
    parts = [f"{' or '.join(dict.fromkeys(named))} {_WORDS[decision]}"]
    parts += [f"needs {_listed(objects, require)}"] if require else []
    parts += [f"not for {_listed(objects, exclude)}"] if exclude else []
    return tag(
        "li",
        tag("span", DECISIONS[decision], class_=f"decision {decision}"),
        tag("span", "; ".join(parts)),
        title=str(policy.get("name") or ""),
    )


def _listed(objects: AccessObjects, elements: tuple[Json, ...]) -> str:
    return " and ".join(dict.fromkeys(_short(objects, phrase(objects, one)) for one in elements))


def _short(objects: AccessObjects, text: str) -> str:
    """Names without what all of their kind begin with: a program often puts its own name before each."""
    for rows in (objects.groups, objects.posture_rules, objects.service_tokens):
        for row in rows.values():
            text = text.replace(str(row["name"]), short_name(str(row["name"]), objects))
    return text


def short_name(name: str, objects: AccessObjects) -> str:
    """A name without the words that the groups, device checks and machines of the account have in common."""
    rows = (*objects.groups.values(), *objects.posture_rules.values(), *objects.service_tokens.values())
    words = [str(row["name"]).split("-")[:-1] for row in rows]
    alike = itertools.takewhile(lambda column: len(set(column)) == 1, zip(*words, strict=False))
    common = [column[0] for column in alike] if len(words) > 1 else []
    return name.removeprefix("-".join((*common, "")))
