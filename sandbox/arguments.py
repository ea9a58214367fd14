"""What the engine's own arguments say to us; they are read, and handed on untouched."""

from __future__ import annotations

from collections.abc import Sequence

_WITH_VALUE = frozenset(
    {"-C", "--cwd", "-s", "--stack", "--color", "-v", "--verbose", "--tracing", "--profiling", "--memprofilerate"}
)
"""Options that may stand before the engine's command with their value as the next word."""


def before_engine(arguments: Sequence[str]) -> tuple[list[str], list[str] | None]:
    """Our own arguments, and those after the command `pulumi`; None where that is not the command."""
    number = 0
    while number < len(arguments) and arguments[number].startswith("-"):
        number += 2 if arguments[number] in _WITH_VALUE else 1
    if number < len(arguments) and arguments[number] == "pulumi":
        return [*arguments[: number + 1]], [*arguments[number + 1 :]]
    return [*arguments], None


def engine_words(arguments: Sequence[str]) -> list[str]:
    """The engine's command and its sub-command, without options."""
    words: list[str] = []
    value_follows = False
    for argument in arguments:
        if not value_follows and not argument.startswith("-"):
            words.append(argument)
        value_follows = argument in _WITH_VALUE and not value_follows
    return words


def named_option(arguments: Sequence[str], short: str, long: str) -> str | None:
    """The value of an option in any of its spellings."""
    for number, argument in enumerate(arguments):
        if argument in (short, long) and number + 1 < len(arguments):
            return arguments[number + 1]
        if argument.startswith(f"{long}="):
            return argument.removeprefix(f"{long}=")
        if argument.startswith(short) and argument != short:
            return argument.removeprefix(short).removeprefix("=")
    return None
