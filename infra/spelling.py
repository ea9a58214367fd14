"""Values in Cloudflare's spelling: durations without days, networks as CIDR."""

from __future__ import annotations

from functools import cache
from ipaddress import ip_network


def minutes(duration: str) -> int:
    """`90m`, `8h` or `7d` in minutes."""
    return int(duration[:-1]) * {"m": 1, "h": 60, "d": 1440}[duration[-1]]


def cloudflare_duration(duration: str) -> str:
    """The same duration in the units Cloudflare knows; it has no days."""
    total = minutes(duration)
    return f"{total}m" if total % 60 else f"{total // 60}h"


@cache
def cidr(network: str) -> str:
    """`192.0.2.1/32` for `192.0.2.1`: Cloudflare answers so, and another spelling would be a change for ever.

    What is no network stays as it is; `checks` refuses it.
    """
    try:
        return str(ip_network(network))
    except ValueError:
        return network
