"""The entry point of the plugin launchers: `start.py language-host … | cloudflare … | docker … | snowflake …`."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType


def main() -> int:
    """Start the plugin that the first argument names."""
    # In isolated mode only what is installed is found; the project may be run from its tree as well.
    sys.path.append(str(Path(__file__).parents[2]))
    _protocol_without_sdk()
    name, arguments = sys.argv[1], sys.argv[2:]
    if name == "language-host":
        from sandbox.plugins.language_host import main as serve
    elif name == "cloudflare":
        from sandbox.plugins.cloudflare.provider import main as serve
    elif name == "docker":
        from sandbox.plugins.docker.provider import main as serve
    elif name == "snowflake":
        from sandbox.plugins.snowflake.provider import main as serve
    else:
        raise SystemExit(f"there is no plugin `{name}`")
    return serve(arguments)


def _protocol_without_sdk() -> None:
    # The protocol stubs live inside the SDK package; importing that whole costs each plugin 0.2 s it never uses.
    spec = find_spec("pulumi")
    if spec is None or not spec.submodule_search_locations or "pulumi" in sys.modules:
        return
    root = next(iter(spec.submodule_search_locations))
    for name, path in (("pulumi", root), ("pulumi.runtime", f"{root}/runtime")):
        hollow = ModuleType(name)
        hollow.__path__ = [path]
        sys.modules[name] = hollow


if __name__ == "__main__":
    sys.exit(main())
