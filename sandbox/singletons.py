"""What an account has once: a second stack that creates it is stopped before the API refuses its objects one by one."""

from __future__ import annotations

import json

import yaml

from sandbox.invocation import command
from sandbox.places import STACK, Places, SandboxError

# An identity provider could be made twice, and would then be a second one of the same name on every login page.
_ONCE = frozenset(
    f"cloudflare:index/{name[0].lower()}{name[1:]}:{name}"
    for name in ("ZeroTrustAccessTag", "ZeroTrustAccessIdentityProvider", "ZeroTrustOrganization")
)


def refuse_second_owner(place: Places, stack: str) -> None:
    """Stop where the stack is to own what another stack has created already."""
    if not _is_owner(place, stack):
        return
    for other in _stacks(place):
        held = [resource for resource in _resources(place, other) if resource.get("type") in _ONCE]
        if other == stack or not held:
            continue
        words = "" if other == STACK else f" --stack {other}"
        protected = any(resource.get("protect") for resource in held)
        unprotect = f"  {command()} pulumi state unprotect --all --yes{words}\n" if protected else ""
        raise SandboxError(
            f"the stack `{other}` holds what the account has once, such as its identity providers, and `{stack}` is to "
            f"own the same. Destroy `{other}`:\n{unprotect}  {command()} pulumi destroy --yes{words}\n\n"
            f"or forget all stacks and start again from nothing:\n  {command()} reset"
        )


def _is_owner(place: Places, stack: str) -> bool:
    """Whether the stack's file says that it owns them, which `account: self` and `account: only` do."""
    name = place.project_name()
    project = yaml.safe_load((place.project / "Pulumi.yaml").read_text())
    file = place.project / str(project.get("stackConfigDir") or ".") / f"Pulumi.{stack}.yaml"
    try:
        config = (yaml.safe_load(file.read_text()) or {}).get("config") or {}
        return (config.get(f"{name}:account") or config.get("account")) in ("self", "only")
    except (OSError, yaml.YAMLError, AttributeError):
        return False  # what is wrong with the file, the program says better


def _stacks(place: Places) -> list[str]:
    return sorted(file.stem for file in place.checkpoint(STACK).parent.glob("*.json"))


def _resources(place: Places, stack: str) -> list[dict[str, object]]:
    try:
        latest = json.loads(place.checkpoint(stack).read_text())["checkpoint"]["latest"] or {}
        return list(latest.get("resources") or [])
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return []
