"""The Engine API, version 1.41: paths, status codes and documents as dockerd gives them."""

from sandbox.docker_engine.api.app import create_app

__all__ = ["create_app"]
