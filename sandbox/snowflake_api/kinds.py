"""The table of kinds, by the words of statements."""

from __future__ import annotations

from typing import Any

from sandbox.snowflake_api.call import Call
from sandbox.snowflake_api.compute_pools import COMPUTE_POOLS
from sandbox.snowflake_api.functions import FUNCTIONS
from sandbox.snowflake_api.git_repositories import GIT_REPOSITORIES
from sandbox.snowflake_api.integrations import API_INTEGRATIONS, EXTERNAL_ACCESS, SECURITY_INTEGRATIONS
from sandbox.snowflake_api.kind import Kind
from sandbox.snowflake_api.network_rules import NETWORK_RULES
from sandbox.snowflake_api.places import DATABASES, SCHEMAS
from sandbox.snowflake_api.principals import ROLES, USERS
from sandbox.snowflake_api.secret_objects import SECRETS
from sandbox.snowflake_api.stages import STAGES
from sandbox.snowflake_api.streamlits import STREAMLITS
from sandbox.snowflake_api.things import ApiIntegration, Body, ExternalAccess, Thing
from sandbox.snowflake_api.warehouses import WAREHOUSES

_ROWS: tuple[Kind[Any], ...] = (
    DATABASES,
    SCHEMAS,
    ROLES,
    USERS,
    WAREHOUSES,
    COMPUTE_POOLS,
    SECRETS,
    NETWORK_RULES,
    EXTERNAL_ACCESS,
    API_INTEGRATIONS,
    SECURITY_INTEGRATIONS,
    STAGES,
    GIT_REPOSITORIES,
    FUNCTIONS,
    STREAMLITS,
)
KINDS: dict[str, Kind[Any]] = {kind.words: kind for kind in _ROWS}
PLURALS: dict[str, Kind[Any]] = {kind.plural: kind for kind in _ROWS}
ACCOUNT_PRIVILEGES = frozenset(
    {
        *(
            f"CREATE {kind}"
            for kind in ("ROLE", "USER", "DATABASE", "WAREHOUSE", "INTEGRATION", "COMPUTE POOL", "SHARE")
        ),
        *(
            "CREATE EXTERNAL ACCESS INTEGRATION",
            "CREATE API INTEGRATION",
            "MANAGE GRANTS",
            "MONITOR USAGE",
            "MANAGE USERS",
        ),
        *("EXECUTE TASK", "BIND SERVICE ENDPOINT", "IMPORT SHARE", "MONITOR EXECUTION"),
    }
)


def securable(call: Call) -> tuple[str, Thing[Body], frozenset[str]]:
    """What stands after the ON of a GRANT: the kind's words, the object, and the privileges that it knows."""
    if call.reader.accept("ACCOUNT"):
        return "ACCOUNT", call.catalogue.account, ACCOUNT_PRIVILEGES
    words = call.reader.choose((*KINDS, "INTEGRATION", "COMPUTE_POOL"))
    if words is None:
        raise call.reader.unexpected()
    if words == "INTEGRATION":
        path = call.path(ExternalAccess, call.reader.name())
        body = ExternalAccess if call.catalogue.find(ExternalAccess, path) is not None else ApiIntegration
        return words, call.get(body, path), EXTERNAL_ACCESS.privileges
    kind = KINDS[words.replace("_", " ")]
    return kind.words, kind.named(call), kind.privileges
