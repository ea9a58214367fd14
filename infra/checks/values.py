"""Rules about single values that the grammar cannot see: whether there is such a country, or such a network."""

from __future__ import annotations

from ipaddress import ip_network

from infra.checks.countries import COUNTRIES, MISTAKEN
from infra.problems import Problems
from infra.shapes import Word

_COUNTRY_FORM = ("a country has two capital letters, such as `JP` or `US`",)


def check_country(code: Word, problems: Problems) -> None:
    """Report what is no country, with the one that may be meant."""
    if code not in COUNTRIES:
        advice = (f"did you mean `{MISTAKEN[code]}`?",) if code in MISTAKEN else _COUNTRY_FORM
        problems.add("unknown-country", f"`{code}` is not a country code of ISO 3166", code.span, advice=advice)


def check_network(network: Word, problems: Problems) -> None:
    """Report what is no network, with the one that may be meant."""
    try:
        ip_network(network)
    except ValueError:
        message = f"`{network}` is no IP address and no network"
        try:
            loose = str(ip_network(network, strict=False))
            message = f"`{network}` is neither one address nor a whole network"
            advice = (f"`{loose}` is the whole network; `{network.split('/')[0]}` is one address",)
        except ValueError:
            advice = ("for example `192.0.2.0/24`, `192.0.2.1` or `2001:db8::/32`",)
        problems.add("bad-network", message, network.span, advice=advice)
