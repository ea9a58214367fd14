"""Starting, stopping and removing everything that bears this sandbox's label."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import docker
from docker.errors import APIError, NotFound

from sandbox.containers.daemon import GONE, Daemon, client, gone, of_this_sandbox, release
from sandbox.places import Places, SandboxError

_STOP_WITHIN = 5
_HEALTHY_WITHIN = 60.0
_Found = list[dict[str, Any]]


def start(daemon: Daemon, place: Places) -> int:
    """Start what is stopped and wait until everything is healthy; how many were started."""
    return _with(daemon, lambda api: _start(api, of_this_sandbox(place)))


def stop(daemon: Daemon, place: Places) -> int:
    """Stop what runs; how many that were. The choice of the daemon is kept while it holds anything."""
    return _with(daemon, lambda api: _stop(api, of_this_sandbox(place), place))


def forget(daemon: Daemon, place: Places) -> str:
    """Remove containers, networks and the images built for this sandbox, and choose a daemon anew the next time.

    What a daemon holds that does not answer stays there: how to remove it later, in words; else nothing.
    """
    left = ""
    try:
        with client(daemon.host) as api:
            _forget(api, of_this_sandbox(place))
    except APIError as error:
        raise SandboxError(f"the Docker daemon at {daemon.host} refused: {error.explanation}") from error
    except GONE:
        mine = shlex.join(["--filter", f"label={of_this_sandbox(place)['label'][0]}"])
        left = (
            f"the Docker daemon at {daemon.host} does not answer; when it does, remove what it holds of this sandbox:\n"
            f"  docker rm --force $(docker ps --all --quiet {mine})\n"
            f"  docker network prune --force {mine}"
        )
    release(place)
    return left


def _with(daemon: Daemon, work: Callable[[docker.APIClient], int]) -> int:
    try:
        with client(daemon.host) as api:
            return work(api)
    except GONE as error:
        raise gone(daemon, error) from error


def _start(api: docker.APIClient, mine: dict[str, list[str]]) -> int:
    resting = [
        item for item in api.containers(all=True, filters=mine) if item["State"] not in ("running", "restarting")
    ]
    _each(resting, lambda item: api.start(item["Id"]))
    deadline = time.monotonic() + _HEALTHY_WITHIN
    while waiting := _unhealthy(api.containers(all=True, filters=mine)):
        if time.monotonic() > deadline:
            raise SandboxError(f"not healthy after {_HEALTHY_WITHIN:.0f} s: {', '.join(waiting)}")
        time.sleep(0.2)
    return len(resting)


def _unhealthy(found: _Found) -> list[str]:
    # The list says it in words: `Up 3 seconds (health: starting)`.
    return [
        item["Names"][0].lstrip("/")
        for item in found
        if item["State"] != "running" or "(health: starting)" in item["Status"] or "(unhealthy)" in item["Status"]
    ]


def _stop(api: docker.APIClient, mine: dict[str, list[str]], place: Places) -> int:
    running = api.containers(filters=mine)
    _each(running, lambda item: api.stop(item["Id"], timeout=_STOP_WITHIN))
    if not api.containers(all=True, filters=mine) and not api.networks(filters=mine):
        release(place)
    return len(running)


def _forget(api: docker.APIClient, mine: dict[str, list[str]]) -> None:
    _each(api.containers(all=True, filters=mine), lambda item: api.remove_container(item["Id"], v=True, force=True))
    _each(api.networks(filters=mine), lambda item: api.remove_network(item["Id"]))
    _each(api.images(filters=mine), lambda item: api.remove_image(item["Id"], force=True))


def _each(found: _Found, work: Callable[[dict[str, Any]], object]) -> None:
    def unless_gone(item: dict[str, Any]) -> None:
        try:
            work(item)
        except NotFound:
            return

    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(unless_gone, found))
