"""Checks: structural rules, decided from names and shapes. Each is a function with one "Ensure …" line.

Rules about meaning are in `lints`.
"""

from __future__ import annotations

from collections.abc import Iterable

from infra.checks.access import (
    check_conditions,
    check_entries,
    check_has_access,
    check_mfa,
    check_public,
    check_public_places,
    check_sessions,
)
from infra.checks.addresses import check_addresses, check_hostnames, check_services
from infra.checks.collisions import check_apps_apart, check_stacks_apart
from infra.checks.containers import check_containers
from infra.checks.expectations import check_exclusive, check_expectations
from infra.checks.homes import check_homes
from infra.checks.limits import check_department_size, check_limits
from infra.checks.people import (
    check_departments,
    check_devices,
    check_domains,
    check_groups,
    check_machines,
    check_providers,
)
from infra.checks.roles import check_roles
from infra.checks.scope import Check, Scope
from infra.checks.snowflake import check_runtimes, check_secrets, check_snowflake_access
from infra.checks.snowflake_account import check_secret_values, check_snowflake_account
from infra.checks.snowflake_names import check_object_names, check_snowflake_stacks_apart
from infra.checks.sources import check_sources
from infra.checks.stacks import check_account, check_directory, check_owners, check_provider_values, check_zone

CHECKS: tuple[Check, ...] = (
    check_providers,
    check_departments,
    check_department_size,
    check_groups,
    check_domains,
    check_machines,
    check_devices,
    check_homes,
    check_addresses,
    check_services,
    check_sources,
    check_containers,
    check_has_access,
    check_entries,
    check_sessions,
    check_conditions,
    check_public,
    check_public_places,
    check_mfa,
    check_roles,
    check_runtimes,
    check_snowflake_access,
    check_secrets,
    check_exclusive,
    check_expectations,
    check_account,
    check_provider_values,
    check_zone,
    check_hostnames,
    check_directory,
    check_snowflake_account,
    check_secret_values,
    check_object_names,
)


def check(*scopes: Scope, others: Iterable[Scope] = ()) -> None:
    """Run every check on each of the stacks; what they find is in `problems`.

    `others` are the remaining stacks of the project: what they say counts where stacks meet, such as in one account.
    """
    for scope in scopes:
        for rule in CHECKS:
            rule(scope)
    check_apps_apart(scopes)
    if any(scope.root for scope in scopes):
        # A comparison looks into no folder, and need not wait for the parsers of what lies there.
        from infra.checks.app_files import check_app_files

        check_app_files(scopes)
    # Where two do not go together the later is told, which is a stack that was asked for.
    everywhere = (*others, *scopes)
    check_stacks_apart(everywhere)
    check_snowflake_stacks_apart(everywhere)
    check_owners(everywhere)
    check_limits(everywhere)
