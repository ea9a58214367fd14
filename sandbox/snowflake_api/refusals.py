"""Why a statement or a login is refused: Snowflake's number, SQLSTATE and sentence.

Numbers and sentences are those of Snowflake's drivers, command line and documentation. Where the vendor names a refusal
but publishes no number (marked so), the nearest general one stands.
"""

from __future__ import annotations


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not a fault of the program
    """A statement that is answered with `success: false`. The message never holds the value of a secret."""

    def __init__(self, code: str, sql_state: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.sql_state = sql_state
        self.message = message


def syntax(problem: str) -> Refusal:
    return Refusal("001003", "42000", f"SQL compilation error:\n{problem}")


def invalid_value(value: str, parameter: str, why: str = "") -> Refusal:
    """A property cannot have this value."""
    reason = f". {why}" if why else ""
    return Refusal(
        "001008", "22023", f"SQL compilation error:\ninvalid value [{value}] for parameter '{parameter}'{reason}"
    )


def invalid_property(key: str, kind: str) -> Refusal:
    return Refusal("001420", "22023", f"SQL compilation error:\ninvalid property '{key}' for '{kind}'")


def missing_property(key: str) -> Refusal:
    return Refusal("001422", "22023", f"SQL compilation error:\nmissing required property '{key}'")


def unknown(label: str, name: str) -> Refusal:
    """Snowflake does not tell what does not exist from what the role may not see."""
    return Refusal("002003", "02000", f"SQL compilation error:\n{label} '{name}' does not exist or not authorized.")


def no_such_scope() -> Refusal:
    """`USE` and the `IN` of `SHOW` say it in these words."""
    message = "SQL compilation error:\nObject does not exist, or operation cannot be performed."
    return Refusal("002043", "02000", message)


def exists(name: str) -> Refusal:
    return Refusal("002002", "42710", f"SQL compilation error:\nObject '{name}' already exists.")


def insufficient(kind: str, name: str) -> Refusal:
    message = f"SQL access control error:\nInsufficient privileges to operate on {kind.lower()} '{name}'."
    return Refusal("003001", "42501", message)


def not_possible(message: str) -> Refusal:
    """Something that the objects as they are do not allow."""
    return Refusal("099100", "55000", message)


def no_current(what: str, number: str, verb: str) -> Refusal:
    message = (
        f"Cannot perform {verb}. This session does not have a current {what.lower()}. "
        f"Call 'USE {what}', or use a qualified name."
    )
    return Refusal(number, "22000", message)


def unsupported(what: str) -> Refusal:
    return Refusal("000002", "0A000", f"Unsupported feature '{what}'.")
