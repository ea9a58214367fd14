"""The estate of one stack as resources."""

from __future__ import annotations

from datetime import date

from infra.containers import Containers
from infra.estate import Estate
from infra.provision.cloudflare import Outputs, provision_cloudflare
from infra.settings import Settings
from infra.uploads import Uploads


def provision(
    estate: Estate, settings: Settings, containers: Containers | None, uploads: Uploads, today: date
) -> Outputs:
    """Create everything, and answer what the stack exports."""
    outputs = provision_cloudflare(estate, settings, containers, today)
    if estate.snowflake is None or settings.snowflake is None:
        return outputs
    # Importing the SDK takes two seconds, which stacks without an account in Snowflake need not wait.
    from infra.provision.snowflake import provision_snowflake

    there = provision_snowflake(estate, estate.snowflake, settings.snowflake, uploads, today)
    if not there:
        return outputs
    urls = {name: app["url"] for name, app in there.items()}
    return {**outputs, "apps": {**outputs["apps"], **there}, "urls": {**outputs["urls"], **urls}}
