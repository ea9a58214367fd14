"""The Pulumi engine: found on PATH, taken from the cache, downloaded as a release, or built from its Go module.

`obtain` tries these in order, so that a machine which already has Pulumi waits for nothing and a machine
without it, or without the internet beyond a package mirror, still gets the real engine.
"""

from sandbox.engine.acquire import obtain
from sandbox.engine.locate import ENGINE_VERSION, Engine, EngineUnavailableError, find

__all__ = ["ENGINE_VERSION", "Engine", "EngineUnavailableError", "find", "obtain"]
