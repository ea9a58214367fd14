"""Statements as the log may keep them: every literal that is a secret replaced by `***`."""

from __future__ import annotations

import re

from sqlglot import Token, TokenType
from sqlglot.errors import TokenError

from sandbox.snowflake_api.reader import tokens_of

SECRET_KEYS = frozenset(
    {
        *("SECRET_STRING", "PASSWORD", "OAUTH_REFRESH_TOKEN", "OAUTH_CLIENT_SECRET", "OAUTH_ACCESS_TOKEN", "API_KEY"),
        *("TOKEN", "CLIENT_SECRET", "PRIVATE_KEY", "RSA_PUBLIC_KEY", "RSA_PUBLIC_KEY_2", "AWS_SECRET_KEY", "USERNAME"),
    }
)
_MASK = "'***'"
_STRINGS = (TokenType.STRING, TokenType.RAW_STRING)
_ANY_STRING = re.compile(r"'(?:[^'\\]|\\.|'')*(?:'|\Z)|\$\$.*?(?:\$\$|\Z)", re.DOTALL)


def masked(sql: str, *, understood: bool) -> str:
    """The statement without the values of secrets; where it was not understood, without any string at all."""
    try:
        tokens = tokens_of(sql)
    except TokenError:
        return _ANY_STRING.sub(_MASK, sql)
    hidden = [token for number, token in enumerate(tokens) if _hides(tokens, number, understood=understood)]
    out, at = [], 0
    for token in hidden:
        out += [sql[at : token.start], _MASK]
        at = token.end + 1
    return "".join((*out, sql[at:]))


def _hides(tokens: list[Token], number: int, *, understood: bool) -> bool:
    if not understood and tokens[number].token_type in _STRINGS:
        return True
    # Whatever stands there is hidden: somebody may have forgotten the quotes.
    return number >= 2 and tokens[number - 1].text == "=" and tokens[number - 2].text.upper() in SECRET_KEYS
