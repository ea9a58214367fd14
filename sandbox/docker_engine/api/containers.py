"""Containers: create, list, inspect, start, stop, restart, kill, wait, logs, rename, update, delete."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from sandbox.docker_engine.api.asked import Filters, body_of, flag
from sandbox.docker_engine.api.documents import inspected, listed
from sandbox.docker_engine.engine import Engine, signal_number
from sandbox.docker_engine.output import Wanted
from sandbox.docker_engine.records import Container
from sandbox.docker_engine.refusals import RefusalError, unsupported

_FRAMES = "application/vnd.docker.raw-stream"
_FILTERS = ("name", "id", "label", "status", "network", "ancestor", "health", "exited")


def routes(engine: Engine) -> list[Route]:
    """The routes of this part."""
    return [*_existence(engine), *_life(engine), *_watching(engine)]


def _existence(engine: Engine) -> list[Route]:
    async def create(request: Request) -> Response:
        container = engine.create(request.query_params.get("name", "").removeprefix("/"), await body_of(request))
        return JSONResponse({"Id": container.id, "Warnings": []}, 201)

    async def all_of_them(request: Request) -> Response:
        filters = Filters(request, _FILTERS)
        everyone = flag(request, "all") or "status" in filters or "exited" in filters
        found = [one for one in engine.containers.all() if (everyone or one.state.alive) and _wanted(one, filters)]
        limit = int(request.query_params.get("limit") or -1)
        return JSONResponse([listed(one, engine.networks) for one in (found[:limit] if limit > 0 else found)])

    async def inspect(request: Request) -> Response:
        container = _named(engine, request)
        return JSONResponse(inspected(container, engine.networks, engine.containers.folder(container.id)))

    async def rename(request: Request) -> Response:
        engine.rename(_named(engine, request), request.query_params.get("name", ""))
        return Response(status_code=204)

    async def update(request: Request) -> Response:
        engine.update(_named(engine, request), await body_of(request))
        return JSONResponse({"Warnings": []})

    async def remove(request: Request) -> Response:
        await engine.remove(_named(engine, request), flag(request, "force"))
        return Response(status_code=204)

    return [
        Route("/containers/create", create, methods=["POST"]),
        Route("/containers/json", all_of_them),
        Route("/containers/{name}/json", inspect),
        Route("/containers/{name}/rename", rename, methods=["POST"]),
        Route("/containers/{name}/update", update, methods=["POST"]),
        Route("/containers/{name}", remove, methods=["DELETE"]),
    ]


def _life(engine: Engine) -> list[Route]:
    async def start(request: Request) -> Response:
        return Response(status_code=204 if await engine.start(_named(engine, request)) else 304)

    async def stop(request: Request) -> Response:
        return Response(status_code=204 if await engine.stop(_named(engine, request), _grace(request)) else 304)

    async def restart(request: Request) -> Response:
        container = _named(engine, request)
        await engine.stop(container, _grace(request))
        await engine.start(container)
        return Response(status_code=204)

    async def kill(request: Request) -> Response:
        engine.kill(_named(engine, request), signal_number(request.query_params.get("signal") or "SIGKILL"))
        return Response(status_code=204)

    async def not_supported(_: Request) -> Response:
        raise unsupported("attaching to a container, or running a command in it,")

    return [
        Route("/containers/{name}/start", start, methods=["POST"]),
        Route("/containers/{name}/stop", stop, methods=["POST"]),
        Route("/containers/{name}/restart", restart, methods=["POST"]),
        Route("/containers/{name}/kill", kill, methods=["POST"]),
        Route("/containers/{name}/attach", not_supported, methods=["POST"]),
        Route("/containers/{name}/exec", not_supported, methods=["POST"]),
    ]


def _watching(engine: Engine) -> list[Route]:
    async def wait(request: Request) -> Response:
        container = _named(engine, request)
        condition = request.query_params.get("condition") or "not-running"
        return StreamingResponse(_until(engine, container, condition), media_type="application/json")

    async def logs(request: Request) -> Response:
        container = _named(engine, request)
        wanted = _lines(request)
        output, run = engine.output(container), engine.run_of(container)
        if not flag(request, "follow"):
            return Response(output.frames(wanted), media_type=_FRAMES)
        over = asyncio.Event()
        if run is None:
            over.set()
        return StreamingResponse(output.follow(wanted, run.over if run else over), media_type=_FRAMES)

    return [
        Route("/containers/{name}/wait", wait, methods=["POST"]),
        Route("/containers/{name}/logs", logs),
    ]


def _named(engine: Engine, request: Request) -> Container:
    return engine.containers.get(request.path_params["name"])


def _wanted(container: Container, filters: Filters) -> bool:
    health = container.state.health.status if container.state.health else "none"
    return (
        filters.found("name", container.name)
        and filters.found("id", container.id)
        and filters.fits("status", container.state.status)
        and filters.fits("network", *container.networks)
        and filters.fits("ancestor", container.image, container.image_id, container.image_id[7:19])
        and filters.fits("health", health)
        and filters.fits("exited", str(container.state.code))
        and filters.labelled(container.config["Labels"])
    )


def _grace(request: Request) -> float | None:
    text = request.query_params.get("t")
    return float(text) if text else None


def _lines(request: Request) -> Wanted:
    streams = frozenset(name for name in ("stdout", "stderr") if flag(request, name))
    if not streams:
        raise RefusalError(400, "Bad parameters: you must choose at least one stream")
    tail = request.query_params.get("tail") or "all"
    since, until = (_moment(request.query_params.get(name) or "0") for name in ("since", "until"))
    number = int(tail) if tail.isdigit() else None
    return Wanted(streams, number, flag(request, "timestamps"), since, until or "~")


def _moment(text: str) -> str:
    """Seconds since 1970 as the output's own times are written."""
    seconds = float(text)
    return datetime.fromtimestamp(seconds, UTC).isoformat() if seconds else ""


async def _until(engine: Engine, container: Container, condition: str) -> AsyncIterator[bytes]:
    # The headers go out at once: clients start a container only when they know that its end will be heard.
    yield b""
    run = engine.run_of(container)
    code = container.state.code
    if condition == "removed":
        while any(one.id == container.id for one in engine.containers.all()):
            code = engine.containers.get(container.id).state.code
            await asyncio.sleep(0.1)
    elif run is not None:
        await (run.exited if condition == "next-exit" else run.over).wait()
        code = engine.containers.get(container.id).state.code
    yield json.dumps({"StatusCode": code, "Error": None}).encode()
