"""Images: build, list, inspect, tag, delete; pulling is refused."""

from __future__ import annotations

import json
import tempfile
from datetime import datetime
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from sandbox.cloudflare_api.document import Json
from sandbox.docker_engine.api.asked import Filters, flag, object_in
from sandbox.docker_engine.api.system import architecture
from sandbox.docker_engine.dockerfile import DockerfileError
from sandbox.docker_engine.engine import Asked, Engine
from sandbox.docker_engine.records import Image
from sandbox.docker_engine.references import familiar
from sandbox.docker_engine.refusals import no_registry, unsupported


def routes(engine: Engine) -> list[Route]:
    """The routes of this part."""
    return [*_making(engine), *_looking(engine), *_naming(engine)]


def _making(engine: Engine) -> list[Route]:
    async def build(request: Request) -> Response:
        if request.query_params.get("remote"):
            raise unsupported("building from a remote context")
        asked = Asked(
            dockerfile=request.query_params.get("dockerfile") or "Dockerfile",
            arguments=object_in(request, "buildargs"),
            labels=object_in(request, "labels"),
            target=request.query_params.get("target") or "",
            names=tuple(familiar(name) for name in request.query_params.getlist("t") if name),
        )
        with tempfile.TemporaryDirectory(dir=engine.directory) as folder:
            archive = Path(folder) / "context.tar"
            with archive.open("wb") as file:
                async for chunk in request.stream():
                    file.write(chunk)
            try:
                image, lines = await engine.build(archive, asked)
            except DockerfileError as error:
                return _stream([{"errorDetail": {"message": str(error)}, "error": str(error)}])
        said: list[Json] = [] if flag(request, "q") else [{"stream": line} for line in lines]
        said += [{"aux": {"ID": image.id}}, {"stream": f"Successfully built {image.id[7:19]}\n"}]
        said += [{"stream": f"Successfully tagged {name}\n"} for name in asked.names]
        return _stream([{"stream": f"{image.id}\n"}] if flag(request, "q") else said)

    async def pull(request: Request) -> Response:
        if request.query_params.get("fromSrc"):
            raise unsupported("importing an image")
        name = request.query_params.get("fromImage", "")
        version = request.query_params.get("tag") or "latest"
        raise no_registry(familiar(name if ":" in name.rpartition("/")[2] else f"{name}:{version}"))

    return [
        Route("/build", build, methods=["POST"]),
        Route("/images/create", pull, methods=["POST"]),
    ]


def _looking(engine: Engine) -> list[Route]:
    async def listed(request: Request) -> Response:
        filters = Filters(request, ("reference", "label", "dangling"))
        found = []
        for image in engine.images.all():
            names = engine.images.tags(image)
            wanted = filters.fits("reference", *names, *(name.rpartition(":")[0] for name in names))
            dangling = filters.fits("dangling", "false" if names else "true")
            if wanted and dangling and filters.labelled(image.config.get("Labels") or {}):
                found.append(_summary(image, names))
        return JSONResponse(found)

    async def inspect(request: Request) -> Response:
        image = engine.images.get(request.path_params["name"])
        return JSONResponse(_document(image, engine.images.tags(image)))

    return [
        Route("/images/json", listed),
        Route("/images/{name:path}/json", inspect),
    ]


def _naming(engine: Engine) -> list[Route]:
    async def tag(request: Request) -> Response:
        image = engine.images.get(request.path_params["name"])
        name = request.query_params.get("repo", "")
        engine.images.tag(image, f"{name}:{request.query_params.get('tag') or 'latest'}")
        return Response(status_code=201)

    async def remove(request: Request) -> Response:
        return JSONResponse(engine.remove_image(request.path_params["name"], flag(request, "force")))

    return [
        Route("/images/{name:path}/tag", tag, methods=["POST"]),
        Route("/images/{name:path}", remove, methods=["DELETE"]),
    ]


def _stream(said: list[Json]) -> Response:
    # In chunks: the Python client takes an answer of known length for a single document.
    lines = (json.dumps(one) + "\r\n" for one in said)
    return StreamingResponse(lines, media_type="application/json")


def _summary(image: Image, names: list[str]) -> Json:
    return {
        "Id": image.id,
        "ParentId": "",
        "RepoTags": names or ["<none>:<none>"],
        "RepoDigests": [],
        "Created": int(datetime.fromisoformat(image.created).timestamp()),
        "Size": image.size,
        "VirtualSize": image.size,
        "SharedSize": -1,
        "Containers": -1,
        "Labels": image.config.get("Labels"),
    }


def _document(image: Image, names: list[str]) -> Json:
    return {
        "Id": image.id,
        "RepoTags": names,
        "RepoDigests": [],
        "Parent": "",
        "Comment": "",
        "Created": image.created,
        "Author": "",
        "Config": image.config,
        "ContainerConfig": image.config,
        "Architecture": architecture(),
        "Os": "linux",
        "Size": image.size,
        "VirtualSize": image.size,
        "GraphDriver": {"Name": "directory", "Data": None},
        "RootFS": {"Type": "layers", "Layers": [image.id]},
        "Metadata": {"LastTagTime": image.created},
    }
