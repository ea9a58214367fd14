"""What others can reach: sockets that listen, and attackers who try to connect to them from somewhere else."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import docker
import psutil
import pytest

from sandbox.containers.images import PYTHON

SCANNER = (Path(__file__).parent / "scanner.py").read_text(encoding="utf-8")
Target = tuple[str, int]
_NAMESPACE = "gatehouse-beside"
_OURS, _THEIRS = "10.213.77.1", "10.213.77.2"


def connections(targets: Iterable[Target], command: list[str]) -> set[Target]:
    """Where somebody gets a connection, who runs Python by this command."""
    asked = json.dumps(sorted(set(targets)))
    done = subprocess.run([*command, SCANNER, asked], capture_output=True, text=True, check=True, timeout=120)
    return {(address, port) for address, port in json.loads(done.stdout)}


def from_here(targets: Iterable[Target]) -> set[Target]:
    """From this machine itself: proof that what others do not reach is there at all."""
    return connections(targets, [sys.executable, "-c"])


def from_a_container(api: docker.DockerClient, network: str, targets: Iterable[Target]) -> set[Target]:
    """From a container on a network."""
    said = api.containers.run(
        PYTHON, ["python3", "-c", SCANNER, json.dumps(sorted(set(targets)))], network=network, remove=True
    )
    return {(address, port) for address, port in json.loads(said)}


@contextmanager
def beside() -> Iterator[list[str]]:
    """How to run Python on a machine beside this one, which sends it whatever it does not know the way to."""
    if os.getuid() != 0 or shutil.which("ip") is None:
        pytest.skip("NO NETWORK NAMESPACE: takes root and iproute2; nobody beside the machine tried to come in")
    made = subprocess.run(["ip", "netns", "add", _NAMESPACE], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"NO NETWORK NAMESPACE, nobody beside the machine tried to come in: {made.stderr.strip()}")
    try:
        _ip("link", "add", "gatehouse0", "type", "veth", "peer", "name", "eth0", "netns", _NAMESPACE)
        _ip("addr", "add", f"{_OURS}/30", "dev", "gatehouse0")
        _ip("link", "set", "gatehouse0", "up")
        inside = ("-n", _NAMESPACE)
        _ip(*inside, "addr", "add", f"{_THEIRS}/30", "dev", "eth0")
        _ip(*inside, "link", "set", "eth0", "up")
        _ip(*inside, "route", "add", "default", "via", _OURS)
        yield ["ip", "netns", "exec", _NAMESPACE, sys.executable, "-c"]
    finally:
        subprocess.run(["ip", "netns", "del", _NAMESPACE], check=False)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


def addresses() -> set[str]:
    """Every IPv4 address of this machine beside loopback."""
    found = (address for listed in psutil.net_if_addrs().values() for address in listed)
    return {one.address for one in found if one.family == socket.AF_INET and not one.address.startswith("127.")}


def listening(programs: Iterable[psutil.Process]) -> set[Target]:
    """Where programs and their children listen."""
    found: set[Target] = set()
    for program in programs:
        with suppress(psutil.NoSuchProcess):
            for one in (program, *program.children(recursive=True)):
                found |= {tuple(socket.laddr) for socket in one.net_connections("tcp") if socket.status == "LISTEN"}
    return found


def inner_sockets(container: dict[str, Any]) -> set[Target]:
    """What listens in a container, at each of its addresses, as the kernel tells of its network namespace."""
    lines = Path(f"/proc/{container['State']['Pid']}/net/tcp").read_text().splitlines()[1:]
    lines += Path(f"/proc/{container['State']['Pid']}/net/tcp6").read_text().splitlines()[1:]
    ports = {int(line.split()[1].rpartition(":")[2], 16) for line in lines if line.split()[3] == "0A"}
    joined = container["NetworkSettings"]["Networks"].values()
    return {(network["IPAddress"], port) for network in joined for port in ports}
