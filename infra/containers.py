"""What runs on the Docker daemon of a stack: an image and a container for each app with code, and the connectors.

Two networks: apps and connectors meet in one that leads nowhere. From the other all of them call out (for the tunnel,
for the keys of Access, for data), and nobody in it reaches another. No port is published.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra import names
from infra.bundle import content_hash, unreadable
from infra.estate import App, Estate, Tunnelled
from infra.problems import ConfigError, Problem

SOURCES = "apps"  # the folders that .dockerignore lets in
KIT = "kit"  # with the package that apps read the user from
REQUIREMENTS = "requirements.txt"
LOCAL = "localhost/"  # how the names of images begin that are in no registry
DOCKERFILE = "infra/streamlit.Dockerfile"
# Relative to the program's folder, where the engine starts the provider: an absolute path would stand in the state, and
# another checkout would replace every image.
BUILD_CONTEXT = ".."

# In the words of the Docker SDK. Nothing in the image can be changed, and no privilege gained; a container that must be
# replaced gets the time to take its leave: a tunnel with a connection that nobody closed cannot be deleted.
CONFINED: Mapping[str, Any] = {
    "read_only": True,
    "tmpfs": {"/tmp": "size=256m"},  # noqa: S108 - the container's own
    "capabilities": {"drops": ["ALL"]},
    "security_opts": ["no-new-privileges"],
    "restart": "unless-stopped",
    "wait": True,
    "wait_timeout": 120,
    "destroy_grace_seconds": 15,
}
APP_USER = "10001:10001"
CONNECTOR_USER = "65532:65532"  # the one of the official image
CONNECTOR_ENVIRONMENT = ("TUNNEL_METRICS=0.0.0.0:2000", "NO_AUTOUPDATE=true")
CONNECTOR_HEALTH: Mapping[str, Any] = {
    "tests": ["CMD", "cloudflared", "tunnel", "--metrics", "127.0.0.1:2000", "ready"],
    "interval": "5s",
    "timeout": "5s",
    "retries": 3,
    "start_period": "30s",
}


@dataclass(frozen=True)
class Origin:
    """An app's image, whose name ends in a hash of all that it is built from, and the container made from it.

    `environment` lacks the audience tag, which Cloudflare computes.
    """

    app: str
    hostname: str
    image: str
    build_args: Mapping[str, str]
    container: str
    environment: tuple[str, ...]


@dataclass(frozen=True)
class Containers:
    """Everything that a stack has on its Docker daemon. `connectors` are the names of their containers by number."""

    apps_network: str
    outbound_network: str
    origins: tuple[Origin, ...]
    connector_image: str
    connectors: Mapping[int, str]


def plan_containers(estate: Estate, root: Path) -> Containers | None:
    """What to run, or None where the stack has no `gatehouse:docker`. Raises ConfigError for an unreadable file."""
    stack, docker = estate.stack.name, estate.stack.values.docker
    if docker is None:
        return None
    return Containers(
        apps_network=names.physical(stack, names.APPS_NETWORK),
        outbound_network=names.physical(stack, names.OUTBOUND_NETWORK),
        origins=tuple(
            _origin(estate, app, home, home.source, str(docker.python_image), root)
            for app, home in estate.tunnelled
            if home.source
        ),
        connector_image=str(docker.connector_image),
        connectors={number: names.physical(stack, names.connector(number)) for number in range(1, docker.replicas + 1)},
    )


def _origin(estate: Estate, app: App, home: Tunnelled, source: str, python_image: str, root: Path) -> Origin:
    stack = estate.stack
    recipe = Path(__file__).with_name(Path(DOCKERFILE).name).read_text("utf-8")
    try:
        content = content_hash([root / source, root / KIT], recipe, python_image)
    except OSError as error:
        raise ConfigError([Problem("unfit-source", unreadable(source, error), app.at["source"])]) from None
    return Origin(
        app=app.name,
        hostname=home.hostname,
        image=names.image(stack.name, app.name, content),
        build_args={"APP": source, "PYTHON": python_image},
        container=names.physical(stack.name, app.name),
        environment=(
            f"STREAMLIT_SERVER_BASE_URL_PATH={home.path.removeprefix('/')}",
            # Without it Streamlit asks the internet for its own address, and waits 20 s where there is none.
            f"STREAMLIT_BROWSER_SERVER_ADDRESS={home.hostname}",
            f"ACCESS_TEAM_DOMAIN={stack.values.team}.cloudflareaccess.com",
        ),
    )
