"""The apps of the account as tiles: title, address, who may enter, and the way in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

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
_PLACES = {"geo": "country_code", "ip": "ip"}


def tile(
    objects: AccessObjects, application: Json, title: str, url: str, ends: Mapping[str, str] = MappingProxyType({})
) -> Markup:
    """One application; `ends` are the last days of members who have one."""
    policies = sorted(policies_of(objects, application), key=lambda one: int(one["precedence"]))
    rules = [_rule(objects, policy, ends) for policy in policies] or [tag("li", "Nobody may enter.")]
    return tag(
        "li",
        tag("h3", title),
        tag("p", breakable(url.removeprefix("https://").rstrip("/")), class_="address"),
        tag("ul", *rules, class_="rules"),
        tag("a", "Open", tag("span", f" {title}", class_="unseen"), href=url, class_="button primary"),
        class_="tile",
    )


def _rule(objects: AccessObjects, policy: Json, ends: Mapping[str, str]) -> Markup:
    decision = str(policy["decision"])
    include, require, exclude = (documents(policy.get(part)) for part in ("include", "require", "exclude"))
    parts = [f"{_listed(objects, include, 'or')} {_WORDS[decision]}"]
    parts += [f"needs {', and '.join(dict.fromkeys(_needed(objects, one) for one in require))}"] if require else []
    parts += [f"not for {_listed(objects, exclude, 'or')}"] if exclude else []
    parts += _until(objects, include, ends)
    return tag(
        "li",
        tag("span", DECISIONS[decision], class_=f"decision {decision}"),
        tag("span", "; ".join(parts)),
        title=str(policy.get("name") or ""),
    )


def _until(objects: AccessObjects, include: Sequence[Json], ends: Mapping[str, str]) -> list[str]:
    """The last day of those whom a policy is about. Where they differ, each is named."""
    names = [_said(objects, one).rpartition(" ")[2] for one in include]
    days = {name: ends[name] for name in names if name in ends}
    if days and len(days) == len(names) and len(set(days.values())) == 1:
        return [f"until {next(iter(days.values()))}, inclusive"]
    return [f"{name} until {day}, inclusive" for name, day in days.items()]


def _listed(objects: AccessObjects, elements: Iterable[Json], word: str) -> str:
    return f" {word} ".join(dict.fromkeys(_said(objects, one) for one in elements))


def _needed(objects: AccessObjects, element: Json) -> str:
    """One rule as what somebody has to have."""
    places = _places(objects, element)
    if places:
        return f"a request from {' or '.join(places)}"
    if section(element, "auth_method").get("auth_method") == "mfa":
        return "a second factor"
    return _said(objects, element)


def _places(objects: AccessObjects, element: Json) -> list[str]:
    """The places of a rule about nothing else; a group may stand for several."""
    group = objects.groups.get(str(section(element, "group").get("id")), {})
    if group.get("require") or group.get("exclude"):
        return []
    rules = documents(group.get("include")) if group else (element,)
    if not all({*rule} <= {*_PLACES} for rule in rules):
        return []
    return [str(payload[_PLACES[kind]]) for rule in rules for kind, payload in rule.items()]


def _said(objects: AccessObjects, element: Json) -> str:
    """One rule; a group that only stands for several places is said as these places."""
    places = _places(objects, element)
    if places:
        return f"requests from {' or '.join(places)}"
    text = phrase(objects, element)
    for rows in (objects.groups, objects.posture_rules, objects.service_tokens):
        for row in rows.values():
            text = text.replace(str(row["name"]), short_name(str(row["name"]), objects))
    return text
