"""Networks."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from docker.errors import APIError, NotFound

from sandbox.containers.extras import LABEL
from sandbox.plugins.docker.attributes import Attribute, found, plain, plan, table
from sandbox.plugins.docker.connection import Connection, taken
from sandbox.plugins.service import NothingDoneError
from sandbox.plugins.values import Properties

_EMPTY_WITHIN = 30.0
"""Containers leave a network a moment after they are gone; seconds, as with the official provider."""


def labels_read(labels: Mapping[str, str] | None) -> list[dict[str, str]]:
    """Labels as the program writes them, without those of the sandbox."""
    own = {name: value for name, value in (labels or {}).items() if not name.startswith(LABEL)}
    return [{"label": name, "value": value} for name, value in sorted(own.items())]


def labels_written(labels: list[dict[str, str]]) -> dict[str, str]:
    """Labels as the daemon has them."""
    return {item["label"]: item.get("value", "") for item in labels}


def _pools_read(pools: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    names = {"Subnet": "subnet", "IPRange": "ipRange", "Gateway": "gateway", "AuxiliaryAddresses": "auxAddress"}
    return [{names[name]: value for name, value in pool.items() if name in names and value} for pool in pools or ()]


def _pools_written(pools: list[dict[str, Any]]) -> list[dict[str, Any]]:
    names = {"subnet": "Subnet", "ipRange": "IPRange", "gateway": "Gateway", "auxAddress": "AuxiliaryAddresses"}
    return [{names[name]: value for name, value in pool.items() if name in names} for pool in pools]


ATTRIBUTES = table(
    Attribute("name", ("Name",)),
    Attribute("driver", ("Driver",), chosen=True),
    Attribute("options", ("Options",), chosen=True),
    Attribute("internal", ("Internal",), chosen=True),
    Attribute("attachable", ("Attachable",)),
    Attribute("ingress", ("Ingress",)),
    Attribute("ipv6", ("EnableIPv6",)),
    Attribute("ipamDriver", ("IPAM", "Driver"), default="default"),
    Attribute("ipamOptions", ("IPAM", "Options")),
    Attribute("ipamConfigs", ("IPAM", "Config"), chosen=True, unordered=True, write=_pools_written, read=_pools_read),
    Attribute("labels", ("Labels",), unordered=True, write=labels_written, read=labels_read),
)
COMPUTED = ("scope",)


def create(connection: Connection, _urn: str, inputs: Properties) -> tuple[str, Properties]:
    """A new network; a name that is taken is refused."""
    wanted = plan(ATTRIBUTES, inputs)
    own = plain(wanted)
    pools = _pools_written(own.get("ipamConfigs") or [])
    ipam: Any = {"Driver": own["ipamDriver"], "Config": pools, "Options": own.get("ipamOptions") or {}}
    with connection.api() as api:
        try:
            made = api.create_network(
                own["name"],
                driver=own.get("driver") or "bridge",
                options=own.get("options"),
                ipam=ipam,
                check_duplicate=True,
                internal=bool(own.get("internal")),
                labels={**connection.extras.labels, **labels_written(own.get("labels") or [])},
                enable_ipv6=bool(own.get("ipv6")),
                attachable=own.get("attachable"),
                ingress=own.get("ingress"),
            )
        except APIError as error:
            if error.status_code != 409:
                raise
            raise taken(error, "network", f"docker network rm {own['name']}") from error
    outputs = read(connection, made["Id"], wanted)
    if outputs is None:
        raise NothingDoneError(f"the network `{own['name']}` was removed while it was made")
    return outputs


def read(connection: Connection, ident: str, state: Properties) -> tuple[str, Properties] | None:
    """What the network is now, or None when it is gone."""
    try:
        with connection.api() as api:
            answer = api.inspect_network(ident)
    except NothingDoneError as error:
        if isinstance(error.__cause__, NotFound):
            return None
        raise
    outputs = found(ATTRIBUTES, answer, state)
    return answer["Id"], {**outputs, "id": answer["Id"], "scope": answer["Scope"]}


def update(_connection: Connection, _urn: str, _ident: str, inputs: Properties, state: Properties) -> Properties:
    """Nothing about a network can be changed."""
    return {**state, **plan(ATTRIBUTES, inputs)}


def delete(connection: Connection, ident: str, _state: Properties) -> None:
    """Remove it, as soon as its last container has left."""
    deadline = time.monotonic() + _EMPTY_WITHIN
    while True:
        try:
            with connection.api() as api:
                api.remove_network(ident)
            return
        except NothingDoneError as error:
            if isinstance(error.__cause__, NotFound):
                return
            leaving = isinstance(error.__cause__, APIError) and "has active endpoints" in str(error)
            if not leaving or time.monotonic() > deadline or connection.pause(0.5):
                raise
