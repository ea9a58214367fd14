"""Lints about entries of `access` against each other: those that never match or never decide."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network

from infra.access.entitlements import Entitlement
from infra.estate import Condition, Countries, Department, Emails, Entry, Members, Networks
from infra.lints.lint import Lint
from infra.policies import canonical
from infra.problems import Related

Network = IPv4Network | IPv6Network

_USE_A_LIST = "entries of `require` must all hold; for an OR write a list inside one of them"


def lint_unsatisfiable(lint: Lint) -> None:
    """Ensure that each entry can apply to somebody."""
    for _, entry in lint.entries():
        reason, advice = _impossible(entry)
        if reason:
            message = "nobody can ever match this entry"
            lint.scope.problems.add("unsatisfiable", message, entry.at.span, label=reason, advice=(advice,))


def _impossible(entry: Entry) -> tuple[str, str]:
    """Why nobody can match an entry and what to do; empty where somebody can, as far as is obvious."""
    countries = [set(condition.codes) for condition in entry.require if isinstance(condition, Countries)]
    if countries and not set.intersection(*countries):
        return "nobody is in two countries at once", _USE_A_LIST
    networks = [condition.cidrs for condition in entry.require if isinstance(condition, Networks)]
    if len(networks) > 1 and not _common_network(networks):
        return "no address is in all of these networks", _USE_A_LIST
    people = [set(condition.addresses) for condition in entry.require if isinstance(condition, Emails)]
    if people and not set.intersection(*people):
        return "nobody has two addresses at once", _USE_A_LIST
    if any(_left_out(condition, entry.exclude) for condition in entry.require):
        return "what is required is excluded as well", "remove one of them"
    for condition in entry.require:
        if isinstance(condition, Members) and not _shares_provider(entry.departments, condition.departments):
            return "nobody signs in with two identity providers at once", "write an entry for each department"
    out = {item for condition in entry.exclude if isinstance(condition, Members) for item in condition.departments}
    if entry.departments and out.issuperset(entry.departments):
        return "everybody who is included is excluded as well", "remove one of them"
    return "", ""


def _common_network(required: list[tuple[str, ...]]) -> bool:
    first, *rest = [[ip_network(cidr) for cidr in cidrs] for cidrs in required]
    for networks in rest:
        first = [
            max(one, other, key=lambda network: network.prefixlen)
            for one in first
            for other in networks
            if one.version == other.version and one.overlaps(other)
        ]
    return bool(first)


def _left_out(required: Condition, exclude: tuple[Condition, ...]) -> bool:
    """Whether whoever meets a requirement is excluded by conditions of the same kind."""
    kind, values = canonical(required)
    same = [others for other, others in map(canonical, exclude) if other == kind]
    return bool(same) and _within(kind, values, tuple(value for others in same for value in others))


def _within(kind: str, values: tuple[str, ...], others: tuple[str, ...]) -> bool:
    """Whether each value is one of the others, or a network inside one of them."""
    if kind != "ip" or set(values) <= set(others):
        return set(values) <= set(others)
    wide = [ip_network(other) for other in others]
    return all(any(_inside(ip_network(value), network) for network in wide) for value in values)


def _inside(narrow: Network, wide: Network) -> bool:
    return narrow.version == wide.version and narrow.overlaps(wide) and narrow.prefixlen >= wide.prefixlen


def _shares_provider(some: tuple[Department, ...], others: tuple[Department, ...]) -> bool:
    return bool({item.provider for item in some} & {item.provider for item in others})


def lint_shadowed(lint: Lint) -> None:
    """Ensure that no entry is made pointless by one that is looked at before it."""
    for app in lint.scope.estate.apps:
        # Public entries come first whatever their place; see `policies_of`.
        ordered = [entry for entry in app.access if entry.holds_on(lint.today)]
        ordered.sort(key=lambda entry: entry.decision != "bypass")
        for number, entry in enumerate(ordered):
            earlier = next((other for other in ordered[:number] if _decides_before(other, entry)), None)
            if earlier is not None:
                dangerous = entry.decision == "deny" and earlier.decision != "deny"
                lint.scope.problems.add(
                    "shadowed",
                    "this entry never decides anything",
                    entry.at.span,
                    related=(Related(earlier.at.span, f"this `{_word(earlier)}` has decided before"),),
                    advice=("entries are looked at from top to bottom, public ones first; the first match decides",),
                    severity="error" if dangerous else "warning",
                )


def _decides_before(wide: Entry, narrow: Entry) -> bool:
    """Whether whoever matches `narrow`, as long as it is in force, matches `wide`; false where it is not obvious."""
    if wide.decision != "bypass" and not set(wide.departments).issuperset(narrow.departments):
        return False
    if narrow.decision == "bypass" and wide.decision != "bypass":
        return False
    if wide.expires is not None and (narrow.expires is None or wide.expires < narrow.expires):
        return False
    return weaker(wide, narrow)


def weaker(wide: Entry | Entitlement, narrow: Entry | Entitlement) -> bool:
    """Whether the conditions of `narrow` imply those of `wide`."""
    required = all(any(_implies(has, wants) for has in narrow.require) for wants in wide.require)
    excluded = {canonical(condition) for condition in narrow.exclude}
    return required and all(canonical(condition) in excluded for condition in wide.exclude)


def _implies(narrow: Condition, wide: Condition) -> bool:
    (kind, values), (wide_kind, wide_values) = canonical(narrow), canonical(wide)
    return kind == wide_kind and _within(kind, values, wide_values)


def _word(entry: Entry) -> str:
    return "public" if entry.decision == "bypass" else entry.decision
