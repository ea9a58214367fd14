"""The Cloudflare side of a stack as resources, in the order that safety asks for.

Groups come before policies, policies before Access applications, applications before the tunnel's ingress map, and DNS
comes last, after whatever runs here is up: an app is never reachable before it is guarded. Destroying runs the other
way. Images are built meanwhile: a change of access waits for none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pulumi

from infra import names
from infra.access import who_may_enter
from infra.components.account import Account, AccountReference
from infra.components.any_of import AnyOfGroup
from infra.components.default_deny import DefaultDeny
from infra.components.department import DepartmentGroup
from infra.components.device import DeviceCheck
from infra.components.dns import DnsRoute
from infra.components.machine import MachineToken
from infra.components.policy import AccessPolicy
from infra.components.published_app import Admission, PublishedApp
from infra.components.tunnel import Tunnel
from infra.components.zone import ZoneHttps, confirm_zone
from infra.containers import Containers
from infra.estate import Estate
from infra.ingress import ingress_rules
from infra.policies import DENY_EVERYONE, all_any_of, all_policies, allowed_providers, policies_of
from infra.reach import command
from infra.rules import Ids
from infra.settings import Settings

Outputs = dict[str, Any]


@dataclass(frozen=True)
class Deployment:
    """What is being deployed, and what all of its guards wait for."""

    estate: Estate
    settings: Settings
    containers: Containers | None
    today: date
    singletons: Sequence[Account]


def provision_cloudflare(estate: Estate, settings: Settings, containers: Containers | None, today: date) -> Outputs:
    """Create everything, and answer what the stack exports."""
    if settings.zone:
        confirm_zone(settings, settings.zone)
    if settings.account is not None:
        reference = AccountReference(settings.account, estate.providers)
        return _environment(Deployment(estate, settings, containers, today, ()), Ids(providers=reference.providers))
    account = Account(settings, estate.providers)
    outputs: Outputs = {names.PROVIDERS_OUTPUT: account.providers}
    if estate.stack.has_apps:
        deployment = Deployment(estate, settings, containers, today, (account,))
        outputs |= _environment(deployment, Ids(providers=account.providers))
    return outputs


def _environment(deployment: Deployment, ids: Ids) -> Outputs:
    estate, settings = deployment.estate, deployment.settings
    tokens = {machine.name: MachineToken(machine, settings) for machine in estate.machines}
    ids = _members(deployment, replace(ids, machines={name: token.id for name, token in tokens.items()}))
    policies = _policies(deployment, ids)
    denials = _default_denials(deployment, ids, policies)
    published = _published(deployment, ids, policies, denials)
    auds = {name: app.aud for name, app in published.items()}
    guards = [*denials.values(), *published.values()]
    tunnel = Tunnel(ingress_rules(estate, deployment.today), auds, settings, guards)
    running = _running(deployment, tunnel, auds)
    if settings.zone:
        https = ZoneHttps(settings.zone)
        for hostname in estate.hostnames:
            # Also for removal: Pulumi orders it by direct dependencies, and the name must go before its guards do.
            guarding = [
                *(denials[name] for name in denials if name == hostname),
                *(published[app.name] for app, home in estate.tunnelled if home.hostname == hostname),
            ]
            DnsRoute(hostname, tunnel.id, settings, settings.zone, [tunnel, https, *guarding, *running])
    return {
        "apps": {
            app.name: {
                "title": app.title,
                "url": home.url,
                "who": who_may_enter(app, deployment.today),
                **({"command": command(home)} if command(home) else {}),
            }
            for app, home in estate.tunnelled
        },
        "urls": {app.name: home.url for app, home in estate.tunnelled},
        "aud": auds,
        "tunnel_id": tunnel.id,
        "tunnel_token": tunnel.token,
        "machines": {
            name: {
                "client_id": token.client_id,
                "client_secret": token.client_secret,
                "expires_at": token.expires_at,
            }
            for name, token in tokens.items()
        },
    }


def _running(
    deployment: Deployment, tunnel: Tunnel, auds: Mapping[str, pulumi.Output[str]]
) -> Sequence[pulumi.Resource]:
    """The containers of the stack, if it has any."""
    containers = deployment.containers
    if containers is None:
        return ()
    # Importing the Docker SDK takes half a second, which stacks without containers need not wait.
    from infra.components.connector import Connectors
    from infra.components.network import ContainerNetworks
    from infra.components.origin import OriginContainer

    networks = ContainerNetworks(containers)
    connectors = Connectors(containers, tunnel.token, [networks.apps, networks.outbound], [tunnel])
    origins = [
        OriginContainer(origin, auds[origin.app], networks.apps, networks.outbound) for origin in containers.origins
    ]
    return (connectors, *origins)


def _members(deployment: Deployment, ids: Ids) -> Ids:
    """The groups and device checks that policies refer to."""
    estate, settings = deployment.estate, deployment.settings
    departments = {item.name: DepartmentGroup(item, settings, ids).id for item in estate.departments}
    devices = {item.name: DeviceCheck(item, settings).id for item in estate.devices}
    ids = replace(ids, departments=departments, devices=devices)
    groups = all_any_of(all_policies(estate, deployment.today))
    return replace(ids, any_of={group.name: AnyOfGroup(group, settings, ids).id for group in groups})


def _policies(deployment: Deployment, ids: Ids) -> Mapping[str, AccessPolicy]:
    policies = all_policies(deployment.estate, deployment.today)
    return {policy.name: AccessPolicy(policy, deployment.settings, ids) for policy in policies}


def _default_denials(
    deployment: Deployment, ids: Ids, policies: Mapping[str, AccessPolicy]
) -> Mapping[str, DefaultDeny]:
    providers = [ids.providers[name] for name in sorted(ids.providers)]
    return {
        hostname: DefaultDeny(
            hostname, policies[DENY_EVERYONE.name].id, providers, deployment.settings, deployment.singletons
        )
        for hostname in deployment.estate.shared_hostnames
    }


def _published(
    deployment: Deployment, ids: Ids, policies: Mapping[str, AccessPolicy], denials: Mapping[str, DefaultDeny]
) -> Mapping[str, PublishedApp]:
    published = {}
    for app, home in deployment.estate.tunnelled:
        allowed = [
            ids.providers[provider.name] for provider in allowed_providers(app, deployment.estate, deployment.today)
        ]
        admission = Admission([policies[policy.name].id for policy in policies_of(app, deployment.today)], allowed)
        after = [*deployment.singletons, *(denials[name] for name in denials if name == home.hostname)]
        published[app.name] = PublishedApp(app, home, admission, deployment.settings, after)
    return published
