"""Ping, version and info."""

from __future__ import annotations

import os
import platform

import psutil
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sandbox.cloudflare_api.document import Json
from sandbox.docker_engine.engine import Engine

API_VERSION = "1.41"
_OLDEST = "1.24"
_VERSION = "20.10.0-gatehouse-sandbox"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_WARNINGS = (
    "WARNING: stand-in Docker Engine of the Gatehouse sandbox: containers are local processes, nothing is isolated",
    "WARNING: users, capabilities, read-only file systems and limits are shown but have no effect",
)


def routes(engine: Engine) -> list[Route]:
    """The routes of this part."""

    async def ping(_: Request) -> Response:
        # Without a builder version of 2 the command line sends the context itself instead of asking for BuildKit.
        return PlainTextResponse("OK", headers={"Builder-Version": "1", "Docker-Experimental": "false"})

    async def version(_: Request) -> Response:
        details = {
            "ApiVersion": API_VERSION,
            "MinAPIVersion": _OLDEST,
            "Os": "linux",
            "Arch": architecture(),
            "KernelVersion": platform.release(),
        }
        component = {"Name": "Engine", "Version": _VERSION, "Details": details}
        return JSONResponse(
            {"Version": _VERSION, **details, "Platform": {"Name": "Gatehouse sandbox"}, "Components": [component]}
        )

    async def info(_: Request) -> Response:
        return JSONResponse(_info(engine))

    async def no_volumes(_: Request) -> Response:
        return JSONResponse({"Volumes": [], "Warnings": []})

    return [
        Route("/_ping", ping),
        Route("/version", version),
        Route("/info", info),
        Route("/volumes", no_volumes),
    ]


def architecture() -> str:
    """This machine's, in Docker's word for it."""
    machine = platform.machine()
    return _ARCHITECTURES.get(machine, machine)


def _info(engine: Engine) -> Json:
    states = [container.state.status for container in engine.containers.all()]
    return {
        "ID": "gatehouse-sandbox",
        "Name": platform.node(),
        "ServerVersion": _VERSION,
        "Containers": len(states),
        "ContainersRunning": states.count("running"),
        "ContainersPaused": 0,
        "ContainersStopped": len(states) - states.count("running"),
        "Images": len(engine.images.all()),
        "Driver": "directory",
        "DriverStatus": [["Isolation", "none"]],
        "LoggingDriver": "json-file",
        "DockerRootDir": str(engine.directory),
        "OSType": "linux",
        "OperatingSystem": "Gatehouse sandbox: local processes",
        "Architecture": platform.machine(),
        "NCPU": os.cpu_count(),
        "MemTotal": psutil.virtual_memory().total,
        "KernelVersion": platform.release(),
        "Plugins": {"Volume": [], "Network": ["bridge", "host", "null"], "Log": ["json-file"]},
        "RegistryConfig": {"IndexConfigs": {}, "InsecureRegistryCIDRs": []},
        "Swarm": {"LocalNodeState": "inactive"},
        "SecurityOptions": [],
        "Labels": [],
        "Warnings": list(_WARNINGS),
    }
