"""Networks: create, list, inspect, delete, connect, disconnect."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.cloudflare_api.document import Json, section
from sandbox.docker_engine.api.asked import Filters, body_of
from sandbox.docker_engine.engine import Engine
from sandbox.docker_engine.records import Network

_FILTERS = ("name", "id", "label", "driver", "type", "scope", "dangling")


def routes(engine: Engine) -> list[Route]:
    """The routes of this part."""
    return [*_existence(engine), *_membership(engine)]


def _existence(engine: Engine) -> list[Route]:
    async def create(request: Request) -> Response:
        network = engine.networks.create(await body_of(request))
        return JSONResponse({"Id": network.id, "Warning": ""}, 201)

    async def listed(request: Request) -> Response:
        filters = Filters(request, _FILTERS)
        found = [
            network
            for network in engine.networks.all()
            if filters.found("name", network.name)
            and filters.found("id", network.id)
            and filters.fits("driver", network.asked.get("Driver") or "bridge")
            and filters.fits("type", "builtin" if network.name in ("bridge", "host", "none") else "custom")
            and filters.labelled(network.asked.get("Labels") or {})
        ]
        return JSONResponse([_document(engine, network) | {"Containers": {}} for network in found])

    async def inspect(request: Request) -> Response:
        return JSONResponse(_document(engine, engine.networks.get(request.path_params["name"])))

    async def remove(request: Request) -> Response:
        network = engine.networks.get(request.path_params["name"])
        engine.networks.remove(network, in_use=bool(engine.members(network)))
        return Response(status_code=204)

    return [
        Route("/networks", listed),
        Route("/networks/create", create, methods=["POST"]),
        Route("/networks/{name}", inspect),
        Route("/networks/{name}", remove, methods=["DELETE"]),
    ]


def _membership(engine: Engine) -> list[Route]:
    async def connect(request: Request) -> Response:
        asked = await body_of(request)
        network = engine.networks.get(request.path_params["name"])
        container = engine.containers.get(str(asked.get("Container")))
        engine.connect(network, container, section(asked, "EndpointConfig"))
        return Response(status_code=200)

    async def disconnect(request: Request) -> Response:
        asked = await body_of(request)
        network = engine.networks.get(request.path_params["name"])
        engine.disconnect(network, engine.containers.get(str(asked.get("Container"))))
        return Response(status_code=200)

    return [
        Route("/networks/{name}/connect", connect, methods=["POST"]),
        Route("/networks/{name}/disconnect", disconnect, methods=["POST"]),
    ]


def _document(engine: Engine, network: Network) -> Json:
    asked = network.asked
    members = {
        one.id: {"Name": one.name, "EndpointID": one.id, "MacAddress": "", "IPv4Address": "", "IPv6Address": ""}
        for one in engine.members(network)
    }
    return {
        "Name": network.name,
        "Id": network.id,
        "Created": network.created,
        "Scope": "local",
        "Driver": asked.get("Driver") or "bridge",
        "EnableIPv6": bool(asked.get("EnableIPv6")),
        "IPAM": {"Driver": "default", "Options": None, "Config": [], **section(asked, "IPAM")},
        "Internal": bool(asked.get("Internal")),
        "Attachable": bool(asked.get("Attachable")),
        "Ingress": False,
        "ConfigFrom": {"Network": ""},
        "ConfigOnly": False,
        "Containers": members,
        "Options": asked.get("Options") or {},
        "Labels": asked.get("Labels") or {},
    }
