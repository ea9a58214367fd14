"""Where drivers put files and get them from.

Drivers of the older kind copy into a folder themselves (`LOCAL_FS`). The Python connector from version 5 knows only
object stores, so it gets one: the wire of Google's, with a token for one folder, at the address it came to.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from pathlib import Path as File
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from sandbox.snowflake_api.paths import safe
from sandbox.snowflake_api.refusals import Refusal
from sandbox.snowflake_api.sessions import Session

PATH = "/storage"
_BUCKET = "files"
_VALID = 3600.0
"""Seconds that a token opens its folder."""


@dataclass(frozen=True)
class _Opened:
    """A folder that a token opens until then."""

    folder: File
    to_write: bool
    until: float


class Transfers:
    """The folders that drivers may reach at the moment."""

    def __init__(self) -> None:
        self._folders: dict[str, _Opened] = {}

    def stage_info(self, session: Session, folder: File, *, to_write: bool) -> dict[str, Any]:
        """What the driver of the session needs to reach the folder."""
        shared = {"encryptionMaterial": None, "clientShowEncryptionParameter": False}
        if not session.wants_object_store:
            info: dict[str, Any] = {
                "locationType": "LOCAL_FS",
                "location": str(folder),
                "path": "",
                "region": "",
                "creds": {},
            }
            return {"stageInfo": info, **shared}
        now = time.time()
        self._folders = {token: one for token, one in self._folders.items() if one.until > now}
        token = secrets.token_urlsafe(24)
        self._folders[token] = _Opened(folder, to_write, now + _VALID)
        info = {
            "locationType": "GCS",
            "location": f"{_BUCKET}/",
            "path": "",
            "region": "sandbox",
            "endPoint": f"{session.origin}{PATH}",
            "isClientSideEncrypted": False,
            "presignedUrl": "",
            "creds": {"GCS_ACCESS_TOKEN": token},
        }
        return {"stageInfo": info, **shared}

    def routes(self) -> list[Route]:
        return [Route(f"{PATH}/{_BUCKET}/{{path:path}}", self._transfer, methods=["PUT", "GET", "HEAD"])]

    async def _transfer(self, request: Request) -> Response:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        opened = self._folders.get(token)
        if opened is None or opened.until < time.time():
            return Response(status_code=401)
        if request.method == "PUT" and not opened.to_write:
            return Response(status_code=403)
        try:
            file = opened.folder / safe(request.path_params["path"])
        except Refusal:
            return Response(status_code=404)
        if request.method == "PUT":
            write_whole(file, await request.body())
            return Response()
        return FileResponse(file) if file.is_file() else Response(status_code=404)


def write_whole(file: File, content: bytes) -> None:
    """Write a file so that nobody ever reads a part of it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f".{secrets.token_hex(8)}.new")
    try:
        fresh.write_bytes(content)
        fresh.replace(file)
    finally:
        fresh.unlink(missing_ok=True)
