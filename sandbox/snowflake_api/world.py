"""What exists in the account before the first statement, read from `world.yaml`."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path as File
from typing import Any

import yaml

from sandbox.snowflake_api.principals import SYSTEM_ROLES
from sandbox.snowflake_api.queries import Where
from sandbox.snowflake_api.things import (
    Account,
    ApiIntegration,
    Body,
    ComputePool,
    Database,
    Grant,
    Role,
    Schema,
    Thing,
    User,
    Warehouse,
)

WORLD_FILE = File(__file__).with_name("world.yaml")


@dataclass(frozen=True)
class World:
    """The account's names, the host name that apps know it by, and its first objects."""

    where: Where
    host: str
    things: tuple[Thing[Body], ...]


def load_world(file: File = WORLD_FILE) -> World:
    """Read the world file."""
    text: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    now = time.time()
    where = Where(text["organization"], text["account"], text["locator"])
    things: dict[tuple[str, tuple[str, ...]], Thing[Body]] = {}

    def add(path: tuple[str, ...], owner: str, body: Body, comment: str | None = None) -> None:
        things[(body.kind, path)] = Thing(path, owner, now, body, comment)

    add((), "ACCOUNTADMIN", Account())
    for name, comment in text["roles"].items():
        add((name,), "" if name in SYSTEM_ROLES else "ACCOUNTADMIN", Role(), comment)
    for name, about in text["users"].items():
        add((name,), "ACCOUNTADMIN", User(login=name, display_name=name, **about))
    for name, owner in text["databases"].items():
        add((name,), owner, Database())
        add((name, "PUBLIC"), owner, Schema())
    for name, about in text["warehouses"].items():
        add((name,), about.pop("owner"), Warehouse(**about))
    for name, about in text["compute_pools"].items():
        add((name,), about.pop("owner"), ComputePool(**about))
    for name, about in text["integrations"].items():
        add((name,), "ACCOUNTADMIN", ApiIntegration(**{**about, "flows": tuple(about.get("flows", ()))}))
    for given in text["grants"]:
        key = (given["kind"], tuple(given.get("name", "").split(".")) if given.get("name") else ())
        to, grantee = next((one, given[one]) for one in ("role", "user") if one in given)
        by, option = things[key].owner or "ACCOUNTADMIN", given.get("option", False)
        made = tuple(Grant(one, grantee, by, now, to=to.upper(), option=option) for one in given["privileges"])
        things[key] = replace(things[key], grants=(*things[key].grants, *made))
    return World(where, text["host"], tuple(things.values()))
