"""A local Snowflake: the drivers' protocol over a catalogue of objects in one folder. There is no query engine.

    wire → execution → statements → a row of the table of kinds → catalogue → store → commit → answer

    account = open_account(directory)          # state.json, changes.jsonl, statements.jsonl, files/
    application = create_app(account)          # ASGI; serves the paths in `PATHS`
    account.apps                               # the Streamlit apps, for whoever runs them

Answers follow a recording of the official provider plugin, Snowflake's documentation and its drivers; where those are
silent (some numbers of refusals, secondary roles), the choice is the stricter one.

HTTP         app, wire, envelopes, login, sessions, transfers, cortex, control
running      execution, statements, call, result, refusals, statement_log, masking
reading      reader, names, patterns, paths, addresses
objects      things, store, catalogue, access, world
the kinds    kind, kinds; places, principals, warehouses, compute_pools, secret_objects, network_rules, integrations,
             functions, stages, git_repositories, streamlits
statements   alter, drop, show, grants, show_grants, parameters, session_statements, file_statements
files        folders, sources, git_files
queries      queries, selection, expressions, udf, udf_host, secret_values
apps         apps
"""

from sandbox.snowflake_api.app import PATHS, LocalAccount, create_app, open_account
from sandbox.snowflake_api.apps import Apps, AttachedSecret, StreamlitApp, User
from sandbox.snowflake_api.world import World, load_world

__all__ = [
    "PATHS",
    "Apps",
    "AttachedSecret",
    "LocalAccount",
    "StreamlitApp",
    "User",
    "World",
    "create_app",
    "load_world",
    "open_account",
]
