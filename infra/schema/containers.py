"""`gatehouse:docker` of a stack file: which images the containers of a stack are made from."""

from __future__ import annotations

from dataclasses import dataclass

from infra.records import key
from infra.shapes import Place, Text, Whole, Word

_PART = r"[a-z0-9]+([._-]+[a-z0-9]+)*"
IMAGE = Text(
    "the name of an image",
    rf"{_PART}(:[0-9]+)?(/{_PART})*(:[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}})?(@\S*)?",
    "cloudflare/cloudflared:2026.8.2@sha256:…",
)
MOST_REPLICAS = 25  # of one tunnel (developers.cloudflare.com/cloudflare-one/account-limits)


@dataclass(frozen=True)
class DockerValues:
    """What the containers of a stack are made from. Images are pinned by digest (held by `checks`)."""

    at: Place
    connector_image: Word = key(IMAGE, "The image of cloudflared, pinned by its digest.", required=True)
    python_image: Word = key(
        IMAGE, "The image with `python3` that the images of apps are built on, pinned by its digest.", required=True
    )
    replicas: int = key(Whole(1, MOST_REPLICAS), "How many connectors run; 2 if left out.", default=2)
