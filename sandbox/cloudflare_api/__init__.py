"""A local Cloudflare: the REST API as a table of resources over one store, and Access evaluation.

    call → router → a row of the table, or a special route → store → commit → answer

`create_app` builds the ASGI application; `Store` is the account without HTTP; `access` decides who gets in.
The answers follow Cloudflare's documentation, the published OpenAPI text and recordings of the official provider
plugin; where those are silent (some codes, what counts as "in use"), the choice is the stricter one.
"""

from sandbox.cloudflare_api.app import create_app
from sandbox.cloudflare_api.journal import Journal
from sandbox.cloudflare_api.store import Change, Key, Store
from sandbox.cloudflare_api.world import World, load_world

__all__ = ["Change", "Journal", "Key", "Store", "World", "create_app", "load_world"]
