"""The apps of the account as tiles: title, address, who may enter, and the way in."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.cloudflare_api.access import AccessObjects, policies_of
from sandbox.cloudflare_api.document import Json, documents, section
from sandbox.front.explain import DECISIONS, phrase
from sandbox.portal.markup import Markup, breakable, tag
from sandbox.portal.short_names import short_name

_WORDS = {
    "allow": "may enter",
    "deny": "may not enter",
    "bypass": "may enter without a login",
    "non_identity": "may enter as machines",
}
_PLACES = {"geo", "ip"}


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
    parts = [f"{_listed(objects, include, 'or')} {_WORDS[decision]}"]
    parts += [f"needs {_listed(objects, require, 'and')}"] if require else []
    parts += [f"not for {_listed(objects, exclude, 'and')}"] if exclude else []
    return tag(
        "li",
        tag("span", DECISIONS[decision], class_=f"decision {decision}"),
        tag("span", "; ".join(parts)),
        title=str(policy.get("name") or ""),
    )


def _listed(objects: AccessObjects, elements: Iterable[Json], word: str) -> str:
    return f" {word} ".join(dict.fromkeys(_said(objects, one) for one in elements))


def _said(objects: AccessObjects, element: Json) -> str:
    """One rule; a group that only stands for several places is said as these places."""
    group = objects.groups.get(str(section(element, "group").get("id")), {})
    include = documents(group.get("include"))
    if include and all({*one} <= _PLACES for one in include) and not group.get("require") and not group.get("exclude"):
        return _listed(objects, include, "or")
    text = phrase(objects, element)
    for rows in (objects.groups, objects.posture_rules, objects.service_tokens):
        for row in rows.values():
            text = text.replace(str(row["name"]), short_name(str(row["name"]), objects))
    return text
