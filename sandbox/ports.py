"""Which ports a program gets: those of last time, else those that it is known by, else any that are free."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence

CANNOT_LISTEN = "cannot listen on"
"""How a program's last words begin whose port was taken meanwhile; whoever chose it may choose another."""

Preferred = Mapping[str, Sequence[int]]


def choose(kept: Mapping[str, int], preferred: Preferred, hosts: Sequence[str]) -> dict[str, int] | None:
    """One port for each name, free at every host at this moment; nothing where one cannot be had."""
    chosen: dict[str, int] = {}
    for name, known in preferred.items():
        wanted = (*([kept[name]] if name in kept else []), *known, 0)
        free = (_free(port, hosts) for port in wanted if port not in chosen.values())
        found = next((port for port in free if port), None)
        if found is None:
            return None
        chosen[name] = found
    return chosen


def _free(wanted: int, hosts: Sequence[str]) -> int | None:
    """The port, if a program of ours could listen on it; 0 finds one."""
    port = wanted
    for host in hosts:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:  # taken, or below 1024 and not ours to take
                return None
            port = int(probe.getsockname()[1])
    return port
