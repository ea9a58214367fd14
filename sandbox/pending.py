"""Creations of an interrupted update: the engine would create them again, so we stop and say what to do."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sandbox.background import Running
from sandbox.places import Places, SandboxError


@dataclass(frozen=True)
class PendingCreation:
    """An object that was being created when the engine was killed: its type token and its inputs."""

    kind: str
    inputs: dict[str, object]


def pending_creations(place: Places, stack: str) -> tuple[PendingCreation, ...]:
    """The creations that the state of a stack does not know the end of."""
    try:
        checkpoint = json.loads(place.checkpoint(stack).read_text())["checkpoint"]["latest"] or {}
    except (OSError, ValueError, KeyError):
        return ()
    return tuple(
        PendingCreation(item["resource"]["type"], item["resource"].get("inputs") or {})
        for item in checkpoint.get("pending_operations") or []
        if item.get("type") == "creating"
    )


def is_locked(place: Places, stack: str) -> bool:
    """Whether an update of the stack runs, or was killed while it did."""
    locks = place.backend / ".pulumi" / "locks" / "organization" / place.project_name() / stack
    return locks.is_dir() and any(locks.glob("*.json"))


def refuse_pending(place: Places, stack: str, api: Running) -> None:
    """Stop before an update that could create something twice."""
    found = pending_creations(place, stack)
    if not found:
        return
    # The vendor's client takes 0.2 s to import, which is nothing to pay where nothing is pending.
    from sandbox.strays import fates

    sentences = fates(api, found)
    if not sentences:
        return
    unlock = "  sandbox pulumi cancel --yes\n" if is_locked(place, stack) else ""
    count = f"{len(sentences)} object{'s' if len(sentences) > 1 else ''}"
    raise SandboxError(
        f"an update of the stack `{stack}` was killed while it created {count}. "
        f"Tell the engine that it is over:\n{unlock}  sandbox pulumi refresh --yes --clear-pending-creates\n\n"
        + "\n\n".join(sentences)
    )
