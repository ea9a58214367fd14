"""The Pulumi program: one stack of apps.yaml becomes resources. Pulumi runs this folder, with `infra/` as directory."""

from __future__ import annotations

import gc
from datetime import UTC, datetime
from pathlib import Path

import pulumi

from infra.containers import plan_containers
from infra.load import load_estate
from infra.problems import ConfigError, render
from infra.uploads import plan_uploads


def main() -> None:
    today = datetime.now(UTC).date()
    root = Path(pulumi.get_root_directory())
    try:
        estate, warnings = load_estate(root, pulumi.get_stack(), today)
        if warnings:
            pulumi.log.warn(render(warnings))
        # Importing the provider's SDK takes seconds, a third of them in the garbage collector, which finds nothing.
        gc.disable()
        from infra.provision import provision
        from infra.settings import load_settings

        gc.enable()
        containers, uploads = plan_containers(estate, root), plan_uploads(estate, root)
        outputs = provision(estate, load_settings(estate), containers, uploads, today)
    except ConfigError as error:
        raise pulumi.RunError(str(error)) from None
    for name, value in outputs.items():
        pulumi.export(name, value)


main()
