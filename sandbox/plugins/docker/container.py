"""Containers: created on `bridge`, moved to their own networks, started, awaited."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import docker
from docker.errors import APIError, NotFound

from sandbox.containers.extras import LABEL, Extras
from sandbox.plugins.docker import image
from sandbox.plugins.docker.attributes import body, changes, found, plain, plan
from sandbox.plugins.docker.connection import Connection, taken
from sandbox.plugins.docker.container_attributes import ATTRIBUTES, UPDATED
from sandbox.plugins.service import HalfDoneError, NothingDoneError
from sandbox.plugins.values import Properties, reveal

EXTRAS = "__extras"
"""Keeps in the state with which extras a container was made. Others take another container."""
_HOSTS = f"{LABEL}.hosts"
_LOG_LINES = 15


def create(connection: Connection, urn: str, inputs: Properties) -> tuple[str, Properties]:
    """A new container; a name that is taken is refused."""
    wanted = plan(ATTRIBUTES, inputs)
    own = plain(wanted)
    with connection.api() as api:
        image.ensure(api, connection, urn, str(own["image"]))
        ident = _made(api, str(own["name"]), request(wanted, connection.extras))
        try:
            _join(api, ident, own.get("networksAdvanced"))
            if own["start"]:
                api.start(ident)
        except APIError:
            # It has never run, so nothing is lost with it, and its name is free for the next try.
            api.remove_container(ident, v=True, force=True)
            raise
        logs = _awaited(api, connection, urn, ident, wanted)
    outputs = read(connection, ident, wanted | logs)
    if outputs is None:
        raise NothingDoneError(f"the container `{own['name']}` was removed while it was made")
    return outputs


def request(wanted: Properties, extras: Extras) -> dict[str, Any]:
    """The body of the request that creates it."""
    made = body(ATTRIBUTES, wanted)
    made.pop("Name", None)
    config, host = made.pop("Config"), made.setdefault("HostConfig", {})
    host.setdefault("Init", False)
    if extras:
        added = [f"{name}:{address}" for name, address in sorted(extras.hosts.items())]
        config["Env"] = extras.with_environment(config.get("Env") or ())
        config["Labels"] = {**(config.get("Labels") or {}), **extras.labels, _HOSTS: ",".join(added)}
        host["ExtraHosts"] = [*(host.get("ExtraHosts") or ()), *added]
        host["Binds"] = [f"{outside}:{inside}:ro" for outside, inside in sorted(extras.mounts.items())]
    return {**config, **made}


def read(connection: Connection, ident: str, state: Properties) -> tuple[str, Properties] | None:
    """What the container is now, or None when it is gone."""
    try:
        with connection.api() as api:
            answer = api.inspect_container(ident)
    except NothingDoneError as error:
        if isinstance(error.__cause__, NotFound):
            return None
        raise
    return answer["Id"], described(answer, state, connection.extras)


def described(answer: dict[str, Any], state: Properties, extras: Extras) -> Properties:
    """The outputs out of an inspect answer."""
    host, config = answer["HostConfig"], answer["Config"]
    added = ((config.get("Labels") or {}).get(_HOSTS) or "").split(",")
    host["ExtraHosts"] = [line for line in host.get("ExtraHosts") or () if line not in added]
    if str(reveal(state.get("image"))).startswith("sha256:"):
        config["Image"] = answer["Image"]
    outputs = found(ATTRIBUTES, answer, state)
    settings = answer.get("NetworkSettings") or {}
    computed: Properties = {
        "id": answer["Id"],
        "bridge": settings.get("Bridge") or "",
        "containerLogs": state.get("containerLogs"),
        "exitCode": state.get("exitCode"),
        "networkDatas": _networks(settings.get("Networks") or {}),
    }
    if not answer["State"]["Running"]:
        computed["exitCode"] = answer["State"]["ExitCode"]
        # The official provider's way to say that a container has stopped and is to be started again.
        computed["mustRun"] = False if reveal(state.get("mustRun")) else state.get("mustRun")
    return {**outputs, **computed, EXTRAS: state.get(EXTRAS, extras.digest) or None}


def update(connection: Connection, urn: str, ident: str, inputs: Properties, state: Properties) -> Properties:
    """Start what has stopped, and change what a running container lets be changed."""
    wanted = plan(ATTRIBUTES, inputs)
    own = plain(wanted)
    with connection.api() as api:
        if own["mustRun"] and own["start"]:
            api.start(ident)
        changed = changes(ATTRIBUTES, inputs, state)
        if any(name in UPDATED for name in changed):
            _reconfigure(api, ident, wanted)
        logs = _awaited(api, connection, urn, ident, wanted)
    outputs = read(connection, ident, {**wanted, **logs, EXTRAS: state.get(EXTRAS)})
    return outputs[1] if outputs else {**state, **wanted}


def delete(connection: Connection, ident: str, state: Properties) -> None:
    """Stop it within its grace and remove it."""
    own = plain(state)
    with connection.api() as api:
        try:
            if not own.get("attach"):
                api.stop(ident, timeout=own.get("destroyGraceSeconds") or 0)
            api.remove_container(ident, v=bool(own.get("removeVolumes", True)), force=True)
        except NotFound:
            return
        except APIError as error:
            if "is already in progress" not in str(error.explanation):
                raise


def _made(api: docker.APIClient, name: str, wanted: dict[str, Any]) -> str:
    try:
        return str(api.create_container_from_config(wanted, name)["Id"])  # type: ignore[no-untyped-call] # the stubs leave it open
    except APIError as error:
        if error.status_code != 409:
            raise
        raise taken(error, "container", f"docker rm --force {name}") from error


def _join(api: docker.APIClient, ident: str, networks: object) -> None:
    listed = [item for item in networks if isinstance(item, dict)] if isinstance(networks, list) else []
    if listed:
        try:
            api.disconnect_container_from_network(ident, "bridge")
        except APIError as error:
            if "is not connected" not in str(error.explanation):
                raise
    for network in sorted(listed, key=lambda item: str(item["name"])):
        api.connect_container_to_network(
            ident,
            network["name"],
            aliases=network.get("aliases"),
            ipv4_address=network.get("ipv4Address"),
            ipv6_address=network.get("ipv6Address"),
            link_local_ips=network.get("linkLocalIps"),
        )


def _awaited(api: docker.APIClient, connection: Connection, urn: str, ident: str, wanted: Properties) -> Properties:
    """Wait as the program asks: for health, or for the end and its output."""
    own = plain(wanted)
    reason = ""
    if own["wait"] and own["start"]:
        reason = _unhealthy(api, connection, urn, ident, own["waitTimeout"])
    if reason:
        answer = api.inspect_container(ident)
        shown = api.logs(ident, tail=_LOG_LINES).decode(errors="replace").rstrip()
        lines = "\n".join(f"  {line}" for line in shown.splitlines())
        outputs = described(answer, wanted, connection.extras)
        told = f"; its last lines:\n{lines}" if lines else "; it has written nothing"
        raise HalfDoneError(ident, outputs, f"the container `{own['name']}` {reason}{told}")
    if own["attach"]:
        api.wait(ident)
        return {"containerLogs": api.logs(ident).decode(errors="replace")} if own["logs"] else {}
    return {}


def _unhealthy(api: docker.APIClient, connection: Connection, urn: str, ident: str, limit: float) -> str:
    """Why the container is not healthy in time; nothing when it is."""
    started = time.monotonic()
    last, said = "", -1
    while time.monotonic() < started + limit:
        state = api.inspect_container(ident)["State"]
        health = state.get("Health")
        if health is None:
            return "has no health check, and is waited for"
        if health["Status"] == "healthy":
            return ""
        if state["Status"] in ("exited", "dead"):
            return f"has ended with exit code {state['ExitCode']}"
        last = next((str(entry.get("Output") or "").strip() for entry in reversed(health.get("Log") or ())), last)
        waited = int(time.monotonic() - started)
        if waited > said:
            connection.say(urn, f"waiting until it is healthy ({waited} s)")
            said = waited
        if connection.pause(0.3):
            return "was not healthy yet when the update was cancelled"
    heard = f" (its check says: {last.splitlines()[-1][:200]})" if last else ""
    return f"is not healthy after {limit:.0f} s{heard}"


def _reconfigure(api: docker.APIClient, ident: str, wanted: Properties) -> None:
    host = body({name: ATTRIBUTES[name] for name in UPDATED}, wanted).get("HostConfig", {})
    policy: Any = host.get("RestartPolicy") or {"Name": "no"}
    api.update_container(
        ident,
        cpu_shares=host.get("CpuShares"),
        cpuset_cpus=host.get("CpusetCpus"),
        mem_limit=host.get("Memory"),
        mem_reservation=host.get("MemoryReservation"),
        memswap_limit=host.get("MemorySwap"),
        restart_policy=policy,
    )


def _networks(joined: Mapping[str, Mapping[str, Any]]) -> list[dict[str, object]]:
    return [
        {
            "networkName": name,
            "ipAddress": network.get("IPAddress") or "",
            "ipPrefixLength": network.get("IPPrefixLen") or 0,
            "gateway": network.get("Gateway") or "",
            "globalIpv6Address": network.get("GlobalIPv6Address") or "",
            "globalIpv6PrefixLength": network.get("GlobalIPv6PrefixLen") or 0,
            "ipv6Gateway": network.get("IPv6Gateway") or "",
            "macAddress": network.get("MacAddress") or "",
        }
        for name, network in sorted(joined.items())
    ]
