"""Rules about identity providers, departments and devices."""

from __future__ import annotations

import re

from infra.checks.scope import Scope
from infra.estate import PLATFORMS_OF, Provider
from infra.problems import did_you_mean
from infra.schema.people import Claim, Device
from infra.schema.words import EMAIL
from infra.spelling import minutes

# Anybody in the world can have an address at these.
_PUBLIC_MAIL = """
gmail.com googlemail.com outlook.com hotmail.com live.com yahoo.com yahoo.co.jp icloud.com me.com aol.com gmx.com gmx.de
web.de mail.ru yandex.ru proton.me protonmail.com qq.com 163.com naver.com
"""
PUBLIC_MAIL = frozenset(_PUBLIC_MAIL.split())
_GROUP_FORMS = {
    "google-workspace": (EMAIL.pattern, "a google-workspace group is written as its e-mail address"),
    "github": (r"[A-Za-z0-9-]+(/[A-Za-z0-9._-]+)?", "a github group is `organization` or `organization/team`"),
}


def check_providers(scope: Scope) -> None:
    """Ensure that claims are listed only for providers that send claims."""
    for name, provider in (scope.file.identity.providers if scope.file.identity else {}).items():
        if provider.claims and provider.type not in ("oidc", "saml"):
            message = f"`{name}` is {provider.type}, which has groups but no claims of its own"
            advice = ("remove `claims`, and write `groups` in the departments",)
            scope.problems.add("wrong-membership", message, provider.at["claims"], advice=advice)


def check_departments(scope: Scope) -> None:
    """Ensure that each department has members, found in a way that its provider knows."""
    for department in scope.estate.departments:
        written = scope.file.departments[department.name]
        span = scope.file.departments.declared[department.name]
        if not (written.groups or written.claim or written.emails or written.domains):
            advice = ("write `groups`, `claim`, `emails` or `domains`",)
            scope.problems.add("empty-department", f"nobody is in `{department.name}`", span, advice=advice)
        provider = department.provider
        knows_groups = provider.type in ("google-workspace", "entra-id", "okta", "github")
        if written.groups and not knows_groups:
            instead = "a `claim`" if provider.type in ("oidc", "saml") else "`emails` or `domains`"
            message = f"`{provider.name}` is {provider.type}, which has no groups"
            scope.problems.add("wrong-membership", message, written.at["groups"], advice=(f"write {instead} instead",))
        if written.claim:
            _check_claim(scope, provider, written.claim, knows_groups)


def _check_claim(scope: Scope, provider: Provider, claim: Claim, knows_groups: bool) -> None:
    if provider.type not in ("oidc", "saml"):
        instead = "`groups`" if knows_groups else "`emails` or `domains`"
        message = f"`{provider.name}` is {provider.type}, which sends no claims of its own"
        scope.problems.add("wrong-membership", message, claim.at.span, advice=(f"write {instead} instead",))
    elif claim.name not in provider.claims:
        message = f"`{provider.name}` does not list the claim `{claim.name}`"
        listed = f"a claim must be listed under `claims` of `{provider.name}`, or Cloudflare never sees it"
        advice = (*did_you_mean(claim.name, provider.claims), listed)
        scope.problems.add("claim-not-listed", message, claim.at["name"], advice=advice)


def check_groups(scope: Scope) -> None:
    """Ensure that groups are written in the form of their provider."""
    for department in scope.estate.departments:
        form = _GROUP_FORMS.get(department.provider.type)
        for group in scope.file.departments[department.name].groups if form else ():
            if form and not re.fullmatch(form[0], group):
                message = f"`{group}` is not a group of {department.provider.type}"
                scope.problems.add("bad-group", message, group.span, advice=(form[1],))


def check_domains(scope: Scope) -> None:
    """Ensure that no department is open to anybody who signs up for a mail address."""
    for written in scope.file.departments.values():
        for domain in written.domains:
            if domain.lower() in PUBLIC_MAIL:
                message = f"anybody in the world can have an address at `{domain}`"
                scope.problems.add("open-to-everybody", message, domain.span, advice=("write single `emails` instead",))


def check_machines(scope: Scope) -> None:
    """Ensure that a token lives as long as it is written: Cloudflare counts whole hours."""
    for machine in scope.file.machines.values():
        if machine.duration and minutes(machine.duration) % 60:
            message = f"a service token cannot live `{machine.duration}`"
            advice = ("Cloudflare counts in whole hours, for example `1h` or `90d`",)
            scope.problems.add("bad-format", message, machine.duration.span, advice=advice)


def check_devices(scope: Scope) -> None:
    """Ensure that each device check has what its type needs and nothing else."""
    for name, device in scope.file.devices.items():
        for platform in device.platforms:
            if platform not in PLATFORMS_OF[device.type]:
                message = f"`{device.type}` cannot be checked on `{platform}`"
                allowed = did_you_mean(platform, PLATFORMS_OF[device.type])
                scope.problems.add("bad-device", message, platform.span, advice=allowed)
        _check_device_values(scope, name, device)


def _check_device_values(scope: Scope, name: str, device: Device) -> None:
    for key, wanted_by in (("version", "os-version"), ("domain", "domain-joined")):
        written = getattr(device, key) is not None
        if written and device.type != wanted_by:
            message = f"`{key}` has no meaning for `{device.type}`"
            scope.problems.add("bad-device", message, device.at[key], advice=(f"it belongs to `{wanted_by}`",))
        if not written and device.type == wanted_by:
            scope.problems.add("bad-device", f"`{device.type}` needs `{key}`", device.at["type"])
    if device.type == "os-version" and len(device.platforms) != 1:
        message = "versions are compared on one platform"
        scope.problems.add("bad-device", message, device.at["type"], advice=("write `platforms: [mac]`, for example",))
    if device.type == "serial-number" and scope.stack.has_apps and name not in scope.stack.values.device_lists:
        message = f"`gatehouse:deviceLists` of `{scope.stack.file}` has no list for `{name}`"
        advice = ("it maps a device check to the id of a Zero Trust list of serial numbers",)
        scope.problems.add("missing-stack-value", message, scope.stack.values.at["deviceLists"], advice=advice)
