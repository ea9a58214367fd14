"""The two images of stacks/Pulumi.sandbox.yaml, which are in no registry.

`localhost/gatehouse/python:sandbox` has `python3`, also as `python`, with its venv module. This machine's pip settings
are in its /etc/pip.conf, and it trusts what this machine trusts: an image built from it gets packages as we do.
`localhost/gatehouse/cloudflared:sandbox` is a real cloudflared where one can be had and can verify tokens here, else
the sandbox's connector.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import docker
import requests
from docker.errors import APIError, ImageNotFound

from sandbox.containers.daemon import GONE, Daemon, client, gone
from sandbox.containers.extras import LABEL
from sandbox.containers.locked import locked
from sandbox.containers.package_settings import BUNDLE_INSIDE, package_settings, proxies
from sandbox.places import REPOSITORY, SandboxError

PYTHON = "localhost/gatehouse/python:sandbox"
CLOUDFLARED = "localhost/gatehouse/cloudflared:sandbox"
Say = Callable[[str], None]

_DEBIAN = "localhost/gatehouse/debian-python:bookworm"
_OFFICIAL_PYTHON = "python:3.11-slim-bookworm"
_OFFICIAL_CLOUDFLARED = "cloudflare/cloudflared:2026.8.2"
_RECIPE = f"{LABEL}.recipe"
_ANSWERS_WITHIN, _TAKES_AT_MOST = 5.0, 1200.0
_PACKAGES = ("h2", "h11", "pycapnp", "pyjwt", "cryptography", "websockets")
_SOURCES = ("sandbox/__init__.py", "sandbox/connector", "sandbox/edge/__init__.py", "sandbox/edge/upstream.py",
            "sandbox/edge/protocol")  # fmt: skip
_LAUNCHER = '#!/bin/sh\nPYTHONPATH=/opt/connector exec python3 -P -m sandbox.connector "$@"\n'
_CONNECTOR = f"""\
FROM {PYTHON}
COPY requirements.txt /opt/
RUN python3 -m venv /opt/venv && /opt/venv/bin/python3 -m pip install --no-cache-dir --disable-pip-version-check \
      --no-deps --require-hashes --requirement /opt/requirements.txt
COPY connector /opt/connector
COPY cloudflared /usr/local/bin/cloudflared
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin PYTHONDONTWRITEBYTECODE=1
USER 65532:65532
ENTRYPOINT ["cloudflared", "--no-autoupdate"]
"""
# Where the extras mount the sandbox's authority, which vouches for the team domain too; only connectors trust it alone.
AUTHORITY = "/run/gatehouse/ca.pem"
_REAL = f"""\
FROM scratch
COPY cloudflared /cloudflared
ENV PATH=/ SSL_CERT_FILE={AUTHORITY}
USER 65532:65532
ENTRYPOINT ["cloudflared", "--no-autoupdate"]
"""
_OFFICIAL = f"FROM {_OFFICIAL_CLOUDFLARED}\nENV SSL_CERT_FILE={AUTHORITY}\n"


@dataclass(frozen=True)
class _Recipe:
    """A Dockerfile and the files beside it."""

    dockerfile: str
    files: Mapping[str, bytes]

    @property
    def digest(self) -> str:
        hashed = hashlib.sha256(self.dockerfile.encode())
        for name, content in sorted(self.files.items()):
            hashed.update(f"\0{name}\0".encode() + hashlib.sha256(content).digest())
        return hashed.hexdigest()[:24]


def ensure(daemon: Daemon, say: Say, *, real_cloudflared: bool) -> None:
    """Make the images that the daemon does not hold yet; the stand-in engine needs none.

    `real_cloudflared`: whether one could ask the team domain for its keys, which it does at port 443 and nowhere else.
    """
    if daemon.kind != "docker":
        return
    try:
        with client(daemon.host, _TAKES_AT_MOST) as api:
            registry = _Registry(api, daemon.host)
            _ensure_python(api, registry, say)
            _ensure_cloudflared(api, registry if real_cloudflared else None, say)
    except APIError as error:
        raise SandboxError(f"the sandbox's images could not be made: {error.explanation}") from error
    except GONE as error:
        raise gone(daemon, error) from error


class _Registry:
    """Docker Hub, as far as the daemon reaches it; asked once."""

    def __init__(self, api: docker.APIClient, host: str) -> None:
        self._api = api
        self._host = host
        self._answers: bool | None = None

    def pull(self, name: str, say: Say) -> bool:
        """Whether the image could be had."""
        if self._answers is None:
            self._answers = self._asked(name)
        if not self._answers:
            return False
        say(f"pulling {name}")
        try:
            return not any("error" in part for part in self._api.pull(name, stream=True, decode=True))
        except APIError:
            return False

    def _asked(self, name: str) -> bool:
        try:
            with client(self._host, _ANSWERS_WITHIN) as quick:
                quick.inspect_distribution(name)  # type: ignore[no-untyped-call] # the stubs leave it open
        except (APIError, requests.exceptions.RequestException):
            return False
        return True


def _ensure_python(api: docker.APIClient, registry: _Registry, say: Say) -> None:
    settings = package_settings()
    files = {"pip.conf": settings.pip_conf.encode(), "ca-certificates.crt": settings.bundle}
    certificates = f"COPY ca-certificates.crt {BUNDLE_INSIDE}\n" if settings.bundle else ""
    recipes = {
        start: _Recipe(f"FROM {start}\nCOPY pip.conf /etc/pip.conf\n{certificates}", files)
        for start in (_OFFICIAL_PYTHON, _DEBIAN)
    }
    if _made_by(api, PYTHON) in {recipe.digest for recipe in recipes.values()}:
        return
    for name in settings.left_out:
        say(f"pip's `{name}` holds a password and stays out of the images, which use the public index")
    start = _OFFICIAL_PYTHON if registry.pull(_OFFICIAL_PYTHON, say) else _DEBIAN
    if start == _DEBIAN and not _held(api, _DEBIAN):
        _import_debian(api, say)
    _build(api, PYTHON, recipes[start], say)


def _ensure_cloudflared(api: docker.APIClient, registry: _Registry | None, say: Say) -> None:
    own = _own_binary() if registry else None
    official, stand_in = _Recipe(_OFFICIAL, {}), _stand_in()
    real = [_Recipe(_REAL, {"cloudflared": own})] if own else []
    wanted = real or ([official, stand_in] if registry else [stand_in])
    if _made_by(api, CLOUDFLARED) in {recipe.digest for recipe in wanted}:
        return
    if not own and registry and not registry.pull(_OFFICIAL_CLOUDFLARED, say):
        wanted = [stand_in]
    _build(api, CLOUDFLARED, wanted[0], say)


def _own_binary() -> bytes | None:
    """A cloudflared of this machine that needs nothing beside itself."""
    found = shutil.which("cloudflared")
    if found is None:
        return None
    content = Path(found).read_bytes()
    # A program that is linked dynamically names its loader.
    return content if content.startswith(b"\x7fELF") and b"/ld-linux" not in content[:4096] else None


def _stand_in() -> _Recipe:
    files = {"requirements.txt": locked(REPOSITORY / "requirements.lock", _PACKAGES).encode()}
    for source in _SOURCES:
        found = REPOSITORY / source
        for path in sorted(found.rglob("*")) if found.is_dir() else (found,):
            if path.suffix in (".py", ".capnp"):
                files[f"connector/{path.relative_to(REPOSITORY)}"] = path.read_bytes()
    return _Recipe(_CONNECTOR, {**files, "cloudflared": _LAUNCHER.encode()})


def _import_debian(api: docker.APIClient, say: Say) -> None:
    """Debian's own packages as an image, where no registry answers."""
    if shutil.which("mmdebstrap") is None:
        raise SandboxError(
            "no image registry answers, and without one the sandbox's images are made from Debian packages, which "
            "takes mmdebstrap. Install it, and run this again:\n  apt-get install mmdebstrap\n"
            "or let local processes stand in for containers:\n  export DOCKER_HOST=unix:///nowhere"
        )
    say("making a Python image from Debian packages, as no registry answers (a minute, once)")
    unread = (f"--dpkgopt=path-exclude=/usr/share/{folder}/*" for folder in ("doc", "man", "locale"))
    wanted = [
        "--variant=minbase",
        "--include=python3,python3-venv,python-is-python3,ca-certificates",
        "--quiet",
        *unread,
        "bookworm",
        "-",
    ]
    with subprocess.Popen(["mmdebstrap", *wanted], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        try:
            content, told = program.communicate()
        except BaseException:
            program.terminate()
            raise
    if program.returncode:
        last = told.decode(errors="replace").strip().splitlines()[-5:]
        raise SandboxError("mmdebstrap could not make an image:\n" + "\n".join(f"  {line}" for line in last))
    repository, _, tag = _DEBIAN.rpartition(":")
    api.import_image_from_data(content, repository=repository, tag=tag)


def _build(api: docker.APIClient, name: str, recipe: _Recipe, say: Say) -> None:
    say(f"building {name}")
    lines: list[str] = []
    for part in api.build(
        fileobj=_context(recipe),
        custom_context=True,
        tag=name,
        labels={_RECIPE: recipe.digest},
        # Where this machine's mirror and proxies can be reached.
        network_mode="host",
        buildargs=proxies(),
        rm=True,
        decode=True,
    ):
        lines += str(part.get("stream") or "").splitlines()
        if "error" in part:
            shown = "\n".join(f"  {line}" for line in lines[-15:] if line.strip())
            raise SandboxError(f"the image `{name}` could not be built: {part['error']}\n{shown}")


def _context(recipe: _Recipe) -> io.BytesIO:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in _with_dockerfile(recipe):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o755 if name == "cloudflared" else 0o644
            archive.addfile(entry, io.BytesIO(content))
    packed.seek(0)
    return packed


def _with_dockerfile(recipe: _Recipe) -> Iterable[tuple[str, bytes]]:
    return (("Dockerfile", recipe.dockerfile.encode()), *sorted(recipe.files.items()))


def _made_by(api: docker.APIClient, name: str) -> str:
    """The recipe of an image that lies here; nothing where there is none."""
    try:
        answer = api.inspect_image(name)  # type: ignore[no-untyped-call] # the stubs leave it open
    except ImageNotFound:
        return ""
    return str((answer["Config"].get("Labels") or {}).get(_RECIPE, ""))


def _held(api: docker.APIClient, name: str) -> bool:
    return bool(api.images(name))
