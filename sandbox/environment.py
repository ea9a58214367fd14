"""The environment in which the engine meets the sandbox, and nothing of a real account."""

from __future__ import annotations

import os
from collections.abc import Mapping

from sandbox import container_engine
from sandbox.accounts import Accounts
from sandbox.engine import Engine
from sandbox.invocation import VARIABLE, as_called, command
from sandbox.places import REPOSITORY, STACK, Places

API_TOKEN = "sandbox-token-0123456789abcdefghijklmnopqrstuv"  # noqa: S105 # opens nothing but the sandbox
PASSPHRASE = "sandbox"  # noqa: S105 # public on purpose

_KEPT = "PULUMI_ENABLE_"
"""Switches of the engine's own behaviour, which lead nowhere."""
_FORGOTTEN = ("CLOUDFLARE_", "CF_API_", "PULUMI_", "DOCKER_", "SNOWFLAKE_", "GATEHOUSE_SANDBOX_CONTAINERS")


def settings(place: Places, engine: Engine, accounts: Accounts | None) -> dict[str, str]:
    """The variables that `sandbox env` prints."""
    launchers = [str(place.launchers)] if any(place.launchers.glob("pulumi-*")) else []
    path = list(dict.fromkeys([*launchers, str(engine.pulumi.parent)]))
    return {
        **(accounts.variables() if accounts else {}),
        **container_engine.variables(place),
        "CLOUDFLARE_API_TOKEN": API_TOKEN,
        "PULUMI_BACKEND_URL": f"file://{place.backend}",
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_HOME": str(place.pulumi_home),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "GATEHOUSE_SANDBOX_DIR": str(place.state),
        VARIABLE: as_called(None if place.project == REPOSITORY else place.project, anywhere=True),
        "PATH": os.pathsep.join([*path, _inherited_path(place, engine)]),
    }


def for_engine(place: Places, engine: Engine, accounts: Accounts | None, stack: str = STACK) -> dict[str, str]:
    """A whole environment for the engine: ours, without any variable that could lead to a real account."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(_FORGOTTEN) or name.startswith(_KEPT)
    }
    loopback = ",".join(filter(None, (kept.get("NO_PROXY") or kept.get("no_proxy"), "127.0.0.1,localhost")))
    return {
        **kept,
        **settings(place, engine, accounts),
        VARIABLE: command(),
        # How the program is to name the engine in what it says.
        "GATEHOUSE_PULUMI": f"{command()} pulumi",
        "PULUMI_STACK": stack,
        "NO_PROXY": loopback,
        "no_proxy": loopback,
    }


def exports(variables: Mapping[str, str]) -> str:
    """Lines for a shell to evaluate."""
    quoted = {name: "'" + value.replace("'", "'\\''") + "'" for name, value in variables.items()}
    return "\n".join(f"export {name}={value}" for name, value in quoted.items())


def _inherited_path(place: Places, engine: Engine) -> str:
    # Evaluated twice in one shell, the lines must not make PATH longer each time.
    ours = {str(place.launchers), str(engine.pulumi.parent)}
    return os.pathsep.join(part for part in os.environ.get("PATH", "").split(os.pathsep) if part not in ours)
