"""The Snowflake side of a stack as resources, in the order that safety asks for.

Roles and schema come first, then secrets, integrations and secret UDFs, then each app: identity, files, properties.
Viewers' grants come last, so that nobody sees half an app. Removing runs the other way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import pulumi
import pulumi_snowflake as snowflake

from infra import names, sql
from infra.access import who_may_enter
from infra.components.compute_pool import AppsPool
from infra.components.external_access import ExternalAccess
from infra.components.git_clone import GitClone
from infra.components.owner_role import OwnerRole
from infra.components.privilege import Privilege
from infra.components.secret_function import SecretUdf
from infra.components.secret_object import AppSecret, Wanted
from infra.components.snowflake_login import DeployLogin
from infra.components.snowflake_schema import AppsSchema
from infra.components.streamlit_app import Streamlit, StreamlitApp
from infra.components.viewer_role import ViewerRole
from infra.components.warehouse import QueryWarehouse
from infra.estate import App, Estate, InSnowflake, SnowflakeAccount
from infra.privileges import Grant, Target, object_name, owner_grants, schema_target, viewer_grants
from infra.secret_functions import secret_functions
from infra.settings import SnowflakeSettings
from infra.streamlit_properties import properties_of
from infra.uploads import Uploads

Exported = dict[str, dict[str, object]]


@dataclass(frozen=True)
class Deployment:
    """What is being deployed, by whom, and what exists of it so far: objects, roles and grants.

    An object is what it is made of, and made anew with; the first of that is there as long as the object is.
    """

    estate: Estate
    settings: SnowflakeSettings
    uploads: Uploads
    today: date
    login: snowflake.Provider
    objects: dict[Target, tuple[pulumi.Resource, ...]] = field(default_factory=dict)
    roles: dict[str, pulumi.Resource] = field(default_factory=dict)
    grants: dict[Grant, pulumi.Resource] = field(default_factory=dict)

    @property
    def stack(self) -> str:
        return self.estate.stack.name

    def grant(self, grant: Grant, *after: pulumi.Resource) -> pulumi.Resource:
        """The grant, made once however many apps need it."""
        if grant not in self.grants:
            target, role = self.objects.get(grant.target, ()), self.roles.get(grant.role)
            self.grants[grant] = Privilege(grant, target, role, self.login, after).grant
        return self.grants[grant]


def provision_snowflake(
    estate: Estate, account: SnowflakeAccount, settings: SnowflakeSettings, uploads: Uploads, today: date
) -> Exported:
    """Create everything, and answer what is exported of each app."""
    creates_roles = account.creates_roles and bool(account.viewers)
    if not (estate.in_snowflake or creates_roles or account.warehouses or account.compute_pools):
        return {}
    deployment = Deployment(estate, settings, uploads, today, DeployLogin(account, settings).provider)
    for department in account.viewers if creates_roles else ():
        made = ViewerRole(department, settings, deployment.login).role
        deployment.roles[department.snowflake_role] = made
    _computing(deployment, account)
    if estate.in_snowflake:
        _apps(deployment)
    return {
        app.name: {"title": app.title, "url": home.url, "who": who_may_enter(app, today)}
        for app, home in estate.in_snowflake
    }


def _computing(deployment: Deployment, account: SnowflakeAccount) -> None:
    for warehouse in account.warehouses:
        made = QueryWarehouse(warehouse, deployment.stack, deployment.login).warehouse
        deployment.objects[Target("WAREHOUSE", warehouse.name)] = (made,)
    for pool in account.compute_pools:
        runs = AppsPool(pool, deployment.stack, deployment.login).pool
        deployment.objects[Target("COMPUTE POOL", pool.name)] = (runs,)


def _apps(deployment: Deployment) -> None:
    homes = [home for _, home in deployment.estate.in_snowflake]
    for schema in dict.fromkeys(home.schema for home in homes):
        made_schema = AppsSchema(schema, deployment.stack, deployment.login).schema
        deployment.objects[schema_target(schema)] = (made_schema,)
    owners: dict[str, OwnerRole] = {}
    for home in homes:
        if home.owner_role not in owners:
            role, deployer = home.owner_role, home.account.role
            owners[role] = OwnerRole(role, deployer, deployment.stack, deployment.settings, deployment.login)
            deployment.roles[role] = owners[role].role
    shown: dict[Target, pulumi.Resource] = {}
    for app, home in deployment.estate.in_snowflake:
        fetched = _called(deployment, app, home)
        made = _streamlit(deployment, app, home, owners[home.owner_role].provider, fetched)
        target = Target("STREAMLIT", str(object_name(home, home.name)))
        deployment.objects[target], shown[target] = (made.identity,), made.properties
    for grant in viewer_grants(deployment.estate, deployment.today):
        deployment.grant(grant, *([shown[grant.target]] if grant.target in shown else ()))


def _called(deployment: Deployment, app: App, home: InSnowflake) -> Sequence[pulumi.Resource]:
    """What an app calls or is fetched from; what a copy of its files waits for."""
    schema = deployment.objects[schema_target(home.schema)]
    for secret in home.secrets:
        name, key = object_name(home, secret.name), (app.name, secret.alias)
        value, expires = deployment.settings.values[key], deployment.settings.expires[key]
        wanted = Wanted(app.name, secret, name, value, expires, deployment.stack)
        made = AppSecret(wanted, deployment.login, schema)
        deployment.objects[Target("SECRET", str(name))] = (made.place, made.resource)
    if home.integration is not None:
        _outside(deployment, app, home, home.integration)
    if home.git is None:
        return ()
    name = object_name(home, names.git_repository(home.name))
    clone = GitClone(app.name, home.git, home.account, name, deployment.stack, deployment.login, schema)
    deployment.objects[Target("GIT REPOSITORY", str(name))] = (clone.repository,)
    return [clone.fetched]


def _outside(deployment: Deployment, app: App, home: InSnowflake, integration: str) -> None:
    """The integration that lets an app out with its secrets, and the functions that read them."""
    secrets = [Target("SECRET", str(object_name(home, secret.name))) for secret in home.secrets]
    objects = [part for target in secrets for part in deployment.objects[target]]
    access = ExternalAccess(
        app=app.name,
        home=home,
        rule=object_name(home, names.network_rule(home.name)),
        secrets=[target.name for target in secrets],
        stack=deployment.stack,
        login=deployment.login,
        after=[*deployment.objects[schema_target(home.schema)], *objects],
        anew_with=objects,
    )
    deployment.objects[Target("INTEGRATION", integration)] = (access.integration, *objects)
    for secret in home.read_by_function:
        name = object_name(home, secret.name)
        # It goes with the integration that lets it read the secret, too.
        needs = [access.integration, *deployment.objects[Target("SECRET", str(name))]]
        for function in secret_functions(secret):
            udf = SecretUdf(app.name, function, name, integration, deployment.stack, deployment.login, needs)
            target = Target("FUNCTION", f"{object_name(home, function.name)}()")
            deployment.objects[target] = (udf.function, *needs)


def _streamlit(
    deployment: Deployment, app: App, home: InSnowflake, owner: snowflake.Provider, fetched: Sequence[pulumi.Resource]
) -> StreamlitApp:
    granted = {grant: deployment.grant(grant) for grant in owner_grants(home)}
    placed = [made for grant, made in granted.items() if grant.target.kind in ("DATABASE", "SCHEMA")]
    folder = origin = None
    if home.git is not None:
        repository = object_name(home, names.git_repository(home.name))
        origin = home.git.repository
        folder = sql.staged(repository, f"{home.git.reference}/{home.source}/")
    streamlit = Streamlit(
        app=app.name,
        name=object_name(home, home.name),
        stage=object_name(home, names.stage(home.name)),
        properties=properties_of(app, home, deployment.stack),
        uploads=deployment.uploads.get(app.name, ()),
        folder=folder,
        origin=origin,
        owner=home.owner_role,
        stack=deployment.stack,
    )
    # The integration comes with the secrets that it allows, which are all of the app's.
    named = deployment.objects[Target("INTEGRATION", home.integration)] if home.integration else ()
    return StreamlitApp(streamlit, owner, placed, [*granted.values(), *fetched], named)
