"""Every logical and physical name, in one place.

A *logical* name is Pulumi's: the key from apps.yaml, unique per resource type. A *physical* name is what the account
shows; at account level it carries the stack, because several stacks share one. Nothing is positional or random.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable

PROJECT = "gatehouse"
TAG = "gatehouse"
DEFAULT_DENY = "default-deny"
ACCOUNT = "account"
ORGANIZATION = "organization"
TUNNEL = "tunnel"
CONNECTOR = "connector"
NETWORKS = "networks"
APPS_NETWORK = "apps"
OUTBOUND_NETWORK = "outbound"
ALWAYS_HTTPS = "always_use_https"
PROVIDERS_OUTPUT = "identity_providers"  # what the owner of an account's singletons exports for the other stacks
MOST = 350  # characters in an Access name (developers.cloudflare.com/cloudflare-one/account-limits)


def physical(stack: str, name: str) -> str:
    """`gatehouse-dev-marketing`: an account-level object of one stack."""
    return f"{PROJECT}-{stack}-{name}"


def tunnel(stack: str) -> str:
    return f"{PROJECT}-{stack}"


def application(stack: str, title: str) -> str:
    """What the App Launcher shows. Stacks of one account stay apart."""
    return f"{title} ({stack})"[:MOST]


def image(stack: str, app: str, content: str) -> str:
    """An image that is in no registry. Docker takes no capitals, and no `_` or `.` beside another sign, in a name."""
    readable = re.sub(r"[^a-z0-9]+", "-", stack.lower()).strip("-")
    return f"localhost/{PROJECT}-{readable}/{app}:{content[:12]}"


def connector(number: int) -> str:
    return f"connector-{number}"


def comment(stack: str) -> str:
    """Marks the owner of an object where it can only be said in a comment."""
    return f"{PROJECT} stack {stack}"


def identifier(name: str) -> str:
    """A name as Snowflake has it without quotes, in capitals."""
    return re.sub(r"[^A-Za-z0-9_]", "_", name).upper()


def account_object(stack: str, name: str) -> str:
    """`GATEHOUSE_DEV_LEDGER`: an account-level object of one stack in Snowflake."""
    return identifier(f"{PROJECT}_{stack}_{name}")


def owner_role(stack: str, department: str) -> str:
    """The role with whose rights the apps of a department run."""
    return account_object(stack, f"{department}_apps")


def network_rule(app: str) -> str:
    return identifier(f"{app}_egress")


def stage(app: str) -> str:
    return identifier(f"{app}_files")


def git_repository(app: str) -> str:
    return identifier(f"{app}_repository")


def secret_object(app: str, alias: str) -> str:
    return identifier(f"{app}_{alias}")


def secret_function(secret_object: str, *, of_type: bool) -> str:
    """The secret UDF that reads a secret object, or the one that says of which type it is."""
    return f"GET_{secret_object}{'_TYPE' if of_type else ''}"


def keyed(words: Iterable[str], content: object) -> str:
    """A readable name that ends in a short hash of the content, so that equal content has one name.

    `content` is anything that JSON can write; the order inside it counts, so callers sort what has no order.
    """
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = hashlib.sha256(canonical.encode()).hexdigest()[:8]
    readable = re.sub(r"[^A-Za-z0-9.]+", "-", "-".join(words))[:60].rstrip("-")
    return f"{readable}-{digest}"
