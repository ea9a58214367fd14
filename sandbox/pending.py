"""Creations of an interrupted update: the engine would create them again, so we stop and say what to do."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sandbox.accounts import Accounts
from sandbox.invocation import command
from sandbox.locks import locks, refuse_running
from sandbox.places import STACK, Places, SandboxError


@dataclass(frozen=True)
class PendingCreation:
    """An object that was being created when the engine was killed: its type token and its inputs."""

    kind: str
    inputs: dict[str, object]


def pending_creations(place: Places, stack: str) -> tuple[PendingCreation, ...]:
    """The creations that the state of a stack does not know the end of."""
    file = place.checkpoint(stack)
    try:
        checkpoint = json.loads(file.read_text())["checkpoint"]["latest"] or {}
        return tuple(
            PendingCreation(item["resource"]["type"], item["resource"].get("inputs") or {})
            for item in checkpoint.get("pending_operations") or []
            if item.get("type") == "creating"
        )
    except FileNotFoundError:
        return ()
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise SandboxError(
            f"the state of the stack `{stack}` is damaged ({file}). Start again from nothing:\n"
            f"  {command()} reset\n  {command()} up"
        ) from error


def refuse_pending(place: Places, stack: str, local: Accounts) -> None:
    """Stop before an update that would meet another one, or could create something twice."""
    found = locks(place, stack)
    refuse_running(found)
    sentences = _fates(place, stack, local)
    if sentences:
        cancel = f"  {command()} pulumi cancel --yes{_of(stack)}\n" if found else ""
        count = f"{len(sentences)} object{'s' if len(sentences) > 1 else ''}"
        raise SandboxError(
            f"an update of the stack `{stack}` was killed while it created {count}. "
            f"Tell the engine that it is over:\n{cancel}"
            f"  {command()} pulumi refresh --yes --clear-pending-creates{_of(stack)}\n\n" + "\n\n".join(sentences)
        )
    refuse_locked(place, stack)


def refuse_locked(place: Places, stack: str) -> None:
    """Stop before a change of a stack that another one holds, or was killed while it did."""
    found = locks(place, stack)
    refuse_running(found)
    # Of a stack that was never made, the lock means nothing and goes when the stack is made.
    if found and place.checkpoint(stack).is_file():
        raise SandboxError(
            f"an update of the stack `{stack}` was killed and has left its lock behind. "
            f"Take the lock away, and run this again:\n  {command()} pulumi cancel --yes{_of(stack)}"
        )


def _fates(place: Places, stack: str, local: Accounts) -> tuple[str, ...]:
    pending = pending_creations(place, stack)
    if not pending:
        return ()
    # The vendor's client takes 0.2 s to import, which is nothing to pay where nothing is pending.
    from sandbox.strays import fates

    return fates(local, pending)


def _of(stack: str) -> str:
    return "" if stack == STACK else f" --stack {stack}"
