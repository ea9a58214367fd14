"""Every logical and physical name, in one place.

A *logical* name is Pulumi's: the key from apps.yaml, unique per resource type. A *physical* name is what the Cloudflare
account shows; it carries the stack, because several stacks share one account. Nothing is positional or random.
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


def dns_comment(stack: str) -> str:
    """Marks the owner of a record; tags on records need a paid plan."""
    return f"{PROJECT} stack {stack}"


def keyed(words: Iterable[str], content: object) -> str:
    """A readable name that ends in a short hash of the content, so that equal content has one name.

    `content` is anything that JSON can write; the order inside it counts, so callers sort what has no order.
    """
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = hashlib.sha256(canonical.encode()).hexdigest()[:8]
    readable = re.sub(r"[^A-Za-z0-9.]+", "-", "-".join(words))[:60].rstrip("-")
    return f"{readable}-{digest}"
