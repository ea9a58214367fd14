"""What became of interrupted creations, asked of the APIs themselves."""

from __future__ import annotations

from sandbox import snowflake_strays
from sandbox.accounts import Accounts
from sandbox.environment import API_TOKEN
from sandbox.pending import PendingCreation
from sandbox.plugins.cloudflare.client import Client
from sandbox.plugins.cloudflare.operations import existing, name_of, stray_sentence
from sandbox.plugins.cloudflare.table import RESOURCE_TYPES


def fates(local: Accounts, pending: tuple[PendingCreation, ...]) -> tuple[str, ...]:
    """For each creation whether the object exists, and what to do about it."""
    client = Client(local.cloudflare.base_url, API_TOKEN)
    try:
        at_cloudflare = tuple(filter(None, (_fate(client, creation) for creation in pending)))
    finally:
        client.close()
    return (*at_cloudflare, *snowflake_strays.fates(local.snowflake, pending))


def _fate(client: Client, creation: PendingCreation) -> str:
    entry = RESOURCE_TYPES.get(creation.kind)
    # What is created by PUT can be sent again and is the same thing.
    if entry is None or entry.create != "POST":
        return ""
    found = existing(client, entry, creation.inputs)
    if not found:
        return f"The {entry.noun} `{name_of(entry, creation.inputs)}` does not exist: it was not created."
    return f"There is {stray_sentence(entry, creation.inputs, found[0])}"
