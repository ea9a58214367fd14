"""Where a container really listens: loopback ports for its exposed ones, put in wherever its settings name them."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable, Mapping

from sandbox.docker_engine.networks import resolves_names
from sandbox.docker_engine.records import Container

LOOPBACK = "127.0.0.1"
_EVERYWHERE = ("0.0.0.0", "[::]", "::")  # noqa: S104 - what a container is told, never where the sandbox listens
_OWN = re.compile(r"(?<![\w.:])(?:0\.0\.0\.0|127\.0\.0\.1|localhost|\[::1?\]):(\d+)(?!\d)")


def choose_ports(exposed: Iterable[str], before: Mapping[str, int], taken: set[int]) -> dict[str, int]:
    """A free loopback port for every exposed TCP port; the one of last time where nobody else has it now."""
    chosen: dict[str, int] = {}
    for port in exposed:
        if port.endswith("/tcp"):
            chosen[port] = _free(before.get(port, 0), taken | set(chosen.values()))
    return chosen


def _free(wanted: int, taken: set[int]) -> int:
    while True:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, 0 if wanted in taken else wanted))
            except OSError:
                wanted = 0
                continue
            port = int(probe.getsockname()[1])
        if port not in taken:
            return port


def relocated(name: str, value: str, ports: Mapping[str, int]) -> str:
    """A setting's value with the container's own addresses replaced; `name` says whether a bare number is a port."""
    real = {port.partition("/")[0]: str(number) for port, number in ports.items()}
    if value in _EVERYWHERE:
        return LOOPBACK
    if value in real and ("port" in name.lower() or name == "-p"):
        return real[value]
    if value.startswith(":") and value[1:] in real:
        return f"{LOOPBACK}:{real[value[1:]]}"
    return _OWN.sub(lambda found: f"{LOOPBACK}:{real[found[1]]}" if found[1] in real else found[0], value)


def relocated_words(words: Iterable[str], ports: Mapping[str, int]) -> list[str]:
    """A command line with the container's own addresses replaced, in `--port 8501` as in `--port=8501`."""
    done: list[str] = []
    before = ""
    for word in words:
        option, sign, value = word.partition("=")
        if word.startswith("-") and sign:
            done.append(f"{option}={relocated(option, value, ports)}")
        else:
            done.append(relocated(before, word, ports))
        before = word
    return done


def names_for(container: Container, others: Iterable[Container]) -> dict[str, str]:
    """What a container's networks call their running members: `campaigns:8501` → `127.0.0.1:41001`."""
    known: dict[str, str] = {}
    for other in others:
        shared = [name for name in container.networks if name in other.networks and resolves_names(name)]
        if not shared or not other.state.alive:
            continue
        called = {other.name, other.id[:12], other.config.get("Hostname") or other.id[:12]}
        for network in shared:
            called.update(other.networks[network].get("Aliases") or ())
        for port, number in other.ports.items():
            known.update({f"{name}:{port.partition('/')[0]}": f"{LOOPBACK}:{number}" for name in called})
    return dict(sorted(known.items()))
