"""The two local accounts that a program is run against: Cloudflare's and Snowflake's."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox import local_cloudflare, local_snowflake
from sandbox.local_cloudflare import Cloudflare
from sandbox.local_snowflake import Snowflake
from sandbox.places import Places


@dataclass(frozen=True)
class Accounts:
    """Both, running."""

    cloudflare: Cloudflare
    snowflake: Snowflake

    def variables(self) -> dict[str, str]:
        """What leads the engine's plugins to them."""
        return {"CLOUDFLARE_BASE_URL": self.cloudflare.base_url, **self.snowflake.variables()}


def ensure(place: Places, further: tuple[str, ...] = ()) -> tuple[Accounts, tuple[str, ...]]:
    """Both, each started if it does not run; and what was started now, in words.

    `further` are addresses that containers come from.
    """
    snowflake, started = local_snowflake.ensure(place)
    # The portal of the one lists the apps of the other.
    cloudflare, as_well = local_cloudflare.ensure(place, further, snowflake.origin)
    words = {local_snowflake.TITLE: started, local_cloudflare.TITLE: as_well}
    return Accounts(cloudflare, snowflake), tuple(title for title, now in words.items() if now)


def found(place: Places) -> Accounts | None:
    """Both, if both run."""
    cloudflare, snowflake = local_cloudflare.found(place), local_snowflake.found(place)
    return Accounts(cloudflare, snowflake) if cloudflare and snowflake else None


def stop(place: Places) -> tuple[str, ...]:
    """End what runs of them; what that was, in words."""
    ended = {local_cloudflare.TITLE: local_cloudflare.stop(place), local_snowflake.TITLE: local_snowflake.stop(place)}
    return tuple(f"{title} (pid {program.pid})" for title, program in ended.items() if program)


def forget(place: Places) -> None:
    """Put both back to their first day."""
    local_cloudflare.forget(place)
    local_snowflake.forget(place)
