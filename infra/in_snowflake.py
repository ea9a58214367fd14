"""`snowflake` of an app plus the stack's account: what the stack has in Snowflake, with every name worked out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from infra import names
from infra.estate import (
    ComputePool,
    Delivery,
    Department,
    GitSource,
    InSnowflake,
    Runtime,
    SecretObject,
    SnowflakeAccount,
    SnowflakeSchema,
    Warehouse,
)
from infra.schema.apps import App
from infra.schema.snowflake import Git, Snowflake
from infra.schema.words import SecretType
from infra.stack import Stack

DEPLOY_ROLE = "GATEHOUSE"
MAIN_FILE = "streamlit_app.py"
# What st.secrets of a container holds (docs.snowflake.com, "Secrets and configuration in Streamlit in Snowflake").
PLAIN: frozenset[str] = frozenset({"generic-string", "password"})


def account_of(stack: Stack, apps: Iterable[App], departments: Mapping[str, Department]) -> SnowflakeAccount | None:
    """The Snowflake side of a stack, if its file has one."""
    values = stack.values.snowflake
    if values is None:
        return None
    admitted = {word for app in apps if app.snowflake for entry in app.access for word in entry.allow}
    creates = stack.owns_singletons if values.create_roles is None else values.create_roles
    schema = None
    if values.database and values.schema:
        schema = SnowflakeSchema(values.database.upper(), values.schema.upper())
    return SnowflakeAccount(
        organization=values.organization.upper(),
        name=values.account.upper(),
        role=(values.role or DEPLOY_ROLE).upper(),
        schema=schema,
        creates_roles=creates,
        viewers=tuple(departments[name] for name in sorted(admitted & departments.keys())),
        warehouses=tuple(
            Warehouse(str(key), names.account_object(stack.name, key), str(item.size or "XSMALL"), item.auto_suspend)
            for key, item in sorted(values.warehouses.items())
        ),
        compute_pools=tuple(
            ComputePool(
                str(key),
                names.account_object(stack.name, key),
                str(item.instance_family),
                item.min_nodes,
                item.max_nodes,
                item.auto_suspend,
            )
            for key, item in sorted(values.compute_pools.items())
        ),
        git_api_integration=values.git_api_integration.upper() if values.git_api_integration else None,
        git_credentials=values.git_credentials.upper() if values.git_credentials else None,
    )


def home_of(name: str, app: App, owner: Department, stack: Stack, account: SnowflakeAccount) -> InSnowflake | None:
    """Where an app lives in Snowflake; None where something is missing that `checks` report."""
    written = app.snowflake
    if written is None or app.source is None or account.schema is None:
        return None
    return InSnowflake(
        account=account,
        schema=account.schema,
        name=names.identifier(name),
        owner_role=names.owner_role(stack.name, owner.name),
        source=str(app.source),
        git=_git(written.git) if written.git else None,
        runtime=cast("Runtime", str(written.runtime)),
        query_warehouse=_owned(account.warehouses, written.query_warehouse),
        compute_pool=_owned(account.compute_pools, written.compute_pool) if written.compute_pool else None,
        main_file=str(written.main_file or MAIN_FILE),
        artifact_repositories=tuple(repository.upper() for repository in written.artifact_repositories),
        external_hosts=tuple(sorted({str(host) for host in written.external_hosts})),
        integration=names.account_object(stack.name, name) if written.external_hosts else None,
        secrets=tuple(_secret(name, written, alias) for alias in sorted(map(str, written.secrets))),
    )


def default_delivery(runtime: str, secret_type: str) -> Delivery:
    """What a secret needs where nothing is said: in containers only plain values can be attached to the object."""
    return "object" if runtime == "warehouse" or secret_type in PLAIN else "function"


def _owned(owned: Iterable[Warehouse | ComputePool], key: str) -> str:
    """The physical name of what the stack owns, or the name as it is written of something that exists."""
    return next((item.name for item in owned if item.key.upper() == key.upper()), key.upper())


def _git(written: Git) -> GitSource:
    reference = f"commits/{written.commit}" if written.commit else f"tags/{written.tag}"
    return GitSource(str(written.repository), reference)


def _secret(app: str, snowflake: Snowflake, alias: str) -> SecretObject:
    written = snowflake.secrets[alias]
    return SecretObject(
        alias=alias,
        name=names.secret_object(app, alias),
        type=cast("SecretType", str(written.type)),
        deliver=cast("Delivery", str(written.deliver or default_delivery(snowflake.runtime, written.type))),
        integration=written.integration.upper() if written.integration else None,
        scopes=tuple(sorted({str(scope) for scope in written.scopes})),
        rotated_outside=bool(written.rotated_outside),
        span=snowflake.secrets.declared[alias],
    )
