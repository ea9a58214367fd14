"""Creations of an interrupted update: the engine would create them again, so we stop and say what to do."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sandbox.places import Places, SandboxError


@dataclass(frozen=True)
class PendingCreation:
    """An object that was being created when the engine was killed."""

    urn: str

    @property
    def sentence(self) -> str:
        """Its type and name, as people know them."""
        kind, _, name = self.urn.split("::", 2)[2].rpartition("::")
        return f"{kind.rsplit('$', 1)[-1].rsplit(':', 1)[-1]} `{name}`"


def pending_creations(place: Places, stack: str) -> tuple[PendingCreation, ...]:
    """The creations that the state of a stack does not know the end of."""
    try:
        checkpoint = json.loads(place.checkpoint(stack).read_text())["checkpoint"]["latest"] or {}
    except (OSError, ValueError, KeyError):
        return ()
    listed = checkpoint.get("pending_operations") or []
    return tuple(PendingCreation(item["resource"]["urn"]) for item in listed if item.get("type") == "creating")


def is_locked(place: Places, stack: str) -> bool:
    """Whether an update of the stack runs, or was killed while it did."""
    locks = place.backend / ".pulumi" / "locks" / "organization" / place.project_name() / stack
    return locks.is_dir() and any(locks.glob("*.json"))


def refuse_pending(place: Places, stack: str) -> None:
    """Stop before an update that could create something twice."""
    found = pending_creations(place, stack)
    if not found:
        return
    unlock = "  sandbox pulumi cancel --yes                 (the killed update still holds the stack)\n"
    steps = "".join(
        f"\n  {item.sentence}\n"
        f"    it exists:       sandbox pulumi refresh --yes --import-pending-creates '{item.urn}' "
        "--import-pending-creates ID\n"
        for item in found
    )
    raise SandboxError(
        f"an update of the stack `{stack}` was interrupted while it created {len(found)} "
        f"object{'s' if len(found) > 1 else ''}, and nobody knows whether that happened:\n{steps}\n"
        f"{unlock if is_locked(place, stack) else ''}"
        "  sandbox pulumi refresh --yes --clear-pending-creates   (once what should not exist is deleted, "
        "or was never created)\n\n"
        "`sandbox status --objects` tells what exists and by which id; afterwards run this again"
    )
