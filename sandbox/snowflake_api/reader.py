"""Reading a statement word by word: sqlglot's Snowflake tokens, without its keywords, and a small reader over them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from typing import TypeVar

from sqlglot import Token, TokenType
from sqlglot.dialects.snowflake import Snowflake
from sqlglot.errors import TokenError

from sandbox.snowflake_api import refusals

T = TypeVar("T")
LONGEST_NAME = 255
_TRACKING = re.compile(r"\s*--terraform_provider_usage_tracking \{.*\}\s*\Z")


class _Tokenizer(Snowflake.Tokenizer):
    """Every word is a word: statements are read here, not by sqlglot's parser."""

    # `//` begins a comment, so the two kinds of address that hold it are words of their own.
    KEYWORDS = {"SNOW://": TokenType.URI_START, "FILE://": TokenType.URI_START}  # noqa: RUF012 - sqlglot's own form
    COMMANDS = set()  # noqa: RUF012 - sqlglot's own form


def tokens_of(sql: str) -> list[Token]:
    """The words of a statement; sqlglot's `TokenError` where a string does not end."""
    return _Tokenizer(dialect="snowflake").tokenize(sql)


def without_tracking(sql: str) -> str:
    """The statement without the comment that the official provider adds to it."""
    return _TRACKING.sub("", sql)


class Reader:
    """A statement and how far it has been read. What does not fit raises Snowflake's syntax error."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        try:
            tokens = tokens_of(sql)
        except TokenError:
            raise refusals.syntax("parse error: a string or identifier is not closed.") from None
        while tokens and tokens[-1].token_type is TokenType.SEMICOLON:
            tokens.pop()
        if not tokens:
            raise refusals.Refusal("000900", "42601", "Empty SQL statement.")
        statements = 1 + sum(token.token_type is TokenType.SEMICOLON for token in tokens)
        if statements > 1:
            message = f"Actual statement count {statements} did not match the desired statement count 1."
            raise refusals.Refusal("000008", "0A000", message)
        self._tokens = tokens
        self._at = 0

    def copy(self) -> Reader:
        """The same statement, read as far."""
        return copy(self)

    @property
    def done(self) -> bool:
        return self._at == len(self._tokens)

    def _token(self, ahead: int = 0) -> Token | None:
        at = self._at + ahead
        return self._tokens[at] if at < len(self._tokens) else None

    def _is(self, token_type: TokenType) -> bool:
        token = self._token()
        return token is not None and token.token_type is token_type

    def _next(self, *types: TokenType) -> Token:
        token = self._token()
        if token is None or token.token_type not in types:
            raise self.unexpected()
        self._at += 1
        return token

    def unexpected(self) -> refusals.Refusal:
        """The syntax error at this place. It quotes words, never strings: they may be secrets."""
        token = self._token()
        if token is None:
            return refusals.syntax("syntax error unexpected '<EOF>'.")
        shown = "..." if token.token_type in (TokenType.STRING, TokenType.RAW_STRING) else token.text[:80]
        line = self.sql.count("\n", 0, token.start) + 1
        column = token.start - (self.sql.rfind("\n", 0, token.start) + 1)
        return refusals.syntax(f"syntax error line {line} at position {column} unexpected '{shown}'.")

    def sees(self, *words: str) -> bool:
        """Whether these words come next."""
        for ahead, word in enumerate(words):
            token = self._token(ahead)
            if token is None or token.token_type is not TokenType.VAR or token.text.upper() != word:
                return False
        return True

    def accept(self, phrase: str) -> bool:
        """Read these words if they come next."""
        words = phrase.split()
        seen = self.sees(*words)
        self._at += len(words) if seen else 0
        return seen

    def expect(self, phrase: str) -> None:
        if not self.accept(phrase):
            raise self.unexpected()

    def choose(self, phrases: Iterable[str]) -> str | None:
        """The one of these phrases that comes next, the longest first."""
        for phrase in sorted(phrases, key=len, reverse=True):
            if self.accept(phrase):
                return phrase
        return None

    def symbol(self, character: str) -> bool:
        found = self.at_symbol(character)
        self._at += found
        return found

    def at_symbol(self, character: str) -> bool:
        """Whether this character comes next."""
        token = self._token()
        return token is not None and token.text == character and token.end == token.start

    def expect_symbol(self, character: str) -> None:
        if not self.symbol(character):
            raise self.unexpected()

    def end(self) -> None:
        """Nothing may follow."""
        if not self.done:
            raise self.unexpected()

    def word(self) -> str:
        """Any bare word, in upper case."""
        return self._next(TokenType.VAR).text.upper()

    def identifier(self) -> str:
        token = self._next(TokenType.VAR, TokenType.IDENTIFIER)
        name = token.text.upper() if token.token_type is TokenType.VAR else token.text
        if len(name) > LONGEST_NAME:
            raise refusals.syntax(f"object name of {len(name)} characters is longer than {LONGEST_NAME}.")
        if not name:
            raise refusals.syntax("an object name is empty.")
        return name

    def name(self, most: int = 3) -> tuple[str, ...]:
        """A name of up to three parts, also as `IDENTIFIER('..')`."""
        if self.sees("IDENTIFIER") and (token := self._token(1)) is not None and token.text == "(":
            self._at += 2
            name = _name_in(self.text(), most)
            self.expect_symbol(")")
            return name
        if self._is(TokenType.STRING):  # some clauses take names as strings
            return _name_in(self.text(), most)
        parts = [self.identifier()]
        while self.symbol("."):
            parts.append(self.identifier())
        if len(parts) > most:
            raise self.unexpected()
        return tuple(parts)

    def text(self) -> str:
        """A string literal, escapes resolved, or `$$..$$` as it stands."""
        token = self._next(TokenType.STRING, TokenType.RAW_STRING)
        return token.text

    def optional_text(self) -> str | None:
        return None if self.accept("NULL") else self.text()

    def boolean(self) -> bool:
        value = self.text().upper() if self._is(TokenType.STRING) else self.word()
        if value not in ("TRUE", "FALSE"):
            raise refusals.invalid_value(value, "BOOLEAN")
        return value == "TRUE"

    def integer(self) -> int:
        negative = self.symbol("-")
        token = self._next(TokenType.NUMBER)
        if not token.text.isdecimal():
            raise refusals.syntax(f"{token.text} is not an integer.")
        return -int(token.text) if negative else int(token.text)

    def scalar(self) -> str:
        """A string, number or word, as text."""
        negative = self.symbol("-")
        token = self._next(
            TokenType.STRING, TokenType.RAW_STRING, TokenType.NUMBER, TokenType.VAR, TokenType.IDENTIFIER
        )
        return f"-{token.text}" if negative else token.text

    def listed(self, item: Callable[[], T]) -> tuple[T, ...]:
        """Items between parentheses, maybe none."""
        self.expect_symbol("(")
        if self.symbol(")"):
            return ()
        items = [item()]
        while self.symbol(","):
            items.append(item())
        self.expect_symbol(")")
        return tuple(items)

    def location(self) -> str:
        """A stage path, `snow://` or `file://` address: a string, or everything up to the next space."""
        if self._is(TokenType.STRING):
            return self.text()
        first = self._token()
        if first is None:
            raise self.unexpected()
        last = first
        self._at += 1
        while (token := self._token()) is not None and token.start == last.end + 1 and token.text not in "(),":
            last = token
            self._at += 1
        return self.sql[first.start : last.end + 1]

    def between_parentheses(self) -> str:
        """The text inside balanced parentheses, unread."""
        self.expect_symbol("(")
        start, depth = self._token(), 1
        while depth:
            token = self._token()
            if token is None:
                raise self.unexpected()
            depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(token.token_type, 0)
            self._at += 1
            if not depth and start is not None:
                return self.sql[start.start : token.start].strip()
        raise self.unexpected()

    def properties(
        self, table: Mapping[str, Property], kind: str, flags: Mapping[str, tuple[str, object]] | None = None
    ) -> dict[str, object]:
        """`KEY = value` pairs, with or without commas between, each at most once: the fields and their values.

        `flags` are phrases that stand without a value, with the field and value that they mean.
        """
        flags = flags or {}
        found: dict[str, object] = {}
        while not self.done and not self.sees("AS"):
            phrase = self.choose((*table, *flags))
            if phrase is None:
                raise refusals.invalid_property(self.word(), kind) if self._is(TokenType.VAR) else self.unexpected()
            field = table[phrase][0] if phrase in table else flags[phrase][0]
            if field and field in found:
                raise refusals.syntax(f"duplicate property '{phrase}'.")
            if phrase in flags:
                found[field] = flags[phrase][1]
            else:
                self.expect_symbol("=")
                value = table[phrase][1](self)
                found |= {field: value} if field else {}
                self.symbol(",")
        return found


def _name_in(text: str, most: int) -> tuple[str, ...]:
    reader = Reader(text)
    name = reader.name(most)
    reader.end()
    return name


Property = tuple[str, Callable[[Reader], object]]
"""The field that a property sets (none: it is read and forgotten), and how its value is read."""
