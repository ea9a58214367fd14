"""What looks like a credential: by its own shape wherever it stands, or by the name that it is given.

Shapes are those that vendors document, so that their own scanners find them. A name is telling by its last words:
`fx_api_key` is, `api_key_header` is not.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple


class Found(NamedTuple):
    """A stretch of a text that holds a credential, and what it looks like, such as `a private key`."""

    start: int
    end: int
    what: str


class _Shape(NamedTuple):
    """A credential that is known by its form. Only a text with one of the `marks` is searched, which is what is quick.

    Where the pattern has a group, the group is the credential.
    """

    what: str
    marks: tuple[str, ...]
    pattern: re.Pattern[str]


_PEM = r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"
_BODY = r"(?:\\[nr]|[\s\"'+]|[A-Za-z-]+: [^\n]*\n)*[A-Za-z0-9/+=]{40}(?:\\[nr]|[A-Za-z0-9/+=\s\"'])*"
_VENDORS = "proj|ant|svcacct|admin|or"  # keys with `-` and `_` in them, but not after each word
_SHAPES = tuple(
    _Shape(what, marks, re.compile(pattern))
    for what, marks, pattern in (
        ("a private key", ("PRIVATE KEY",), rf"{_PEM}{_BODY}(?:-----END [A-Z0-9 ]+-----)?"),
        ("an access key of AWS", ("AKIA", "ASIA"), r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b"),
        ("a token of GitHub", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"\bgh[pousr]_[A-Za-z0-9]{36}"),
        ("a token of GitHub", ("github_pat_",), r"\bgithub_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{20,}"),
        ("a token of GitLab", ("glpat-",), r"(?<![\w-])glpat-[A-Za-z0-9_-]{20,}"),
        ("a token of Slack", ("xox", "xapp-"), r"(?<![\w-])(?:xox[abeoprs]|xapp)-[A-Za-z0-9-]{10,}"),
        ("a webhook of Slack", ("hooks.slack.com/",), r"hooks\.slack\.com/services/T\w+/B\w+/\w{10,}"),
        ("an API key of Google", ("AIza",), r"\bAIza[A-Za-z0-9_-]{35}"),
        ("a client secret of Google", ("GOCSPX-",), r"\bGOCSPX-[A-Za-z0-9_-]{20,}"),
        ("an access token", ("eyJ",), r"(?<![\w-])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
        ("a session token of Snowflake", ("-hint:",), r"\bver:\d+-hint:\d+-[\w+/=-]{20,}"),
        ("an API key", ("sk-",), r"(?<![\w-])sk-(?=[A-Za-z0-9]*\d)[A-Za-z0-9]{20,}"),
        ("an API key", ("sk-",), rf"(?<![\w-])sk-(?:{_VENDORS})-(?=[\w-]*[A-Za-z0-9]{{16}})(?=[\w-]*\d)[\w-]{{20,}}"),
        ("an API key of Stripe", ("k_live_",), r"\b[rs]k_live_[A-Za-z0-9]{16,}"),
        ("an API key of SendGrid", ("SG.",), r"\bSG\.[\w-]{16,}\.[\w-]{16,}"),
        ("a token of Databricks", ("dapi",), r"\bdapi[0-9a-f]{32}\b"),
        ("a token of Hugging Face", ("hf_",), r"\bhf_[A-Za-z]{30,}"),
        ("an account key of Azure", ("AccountKey=",), r"AccountKey=([A-Za-z0-9/+]{40,}={0,2})"),
        ("an access token", ("earer ",), r"\b[Bb]earer ((?=[\w.~+/-]*\d)[\w.~+/-]{20,}=*)"),
        ("a password in a URL", ("://",), r"(?<![a-z0-9+.-])[a-z][a-z0-9+.-]*+://[^\s/:@\"'<>{}]*:([^\s/@\"'<>{}]+)@"),
        (
            "a password in a connection string",
            ("assword", "ASSWORD", "wd=", "WD="),
            r"(?i)=[^;\n\"'=]{1,80};\s*(?:password|pwd)\s*=\s*([^;\s\"'{}()\[\]]++)(?![(\[])",
        ),
        (
            "a password in a connection string",
            ("password=",),
            r"\b(?:host|user|dbname)=[^\s,;()]{1,200}(?:\s+\w+=[^\s,;()]{1,200}){0,9}?\s+password=([^\s,;()\"'{}]+)",
        ),
    )
)

_MARKS = tuple((mark, shape) for shape in _SHAPES for mark in shape.marks)

_PLACEHOLDER = re.compile(
    r"""(.)\1* | <.*> | \[.*\] | \{.*\} | \$(\{.*\}|(?-i:[A-Z_]+)) | %(\(\w+\))?s | .*(\.\.\.|…).*
    | (none|null|n/a|unset|default|test|value|string|pass|passwd|password|pw|pwd|secret|token|key|apikey)
    | .*(change|replace|fill|insert|put).?(me|this|in|here|it).* | (your|my|some)[-_ ][-_ a-z]*
    | .*(example|placeholder|dummy|redacted|todo|fixme).*""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_PASSWORDS = frozenset({"password", "passwd", "pwd", "passphrase", "passcode"})
_TELLING = _PASSWORDS | {"secret", "token", "apikey", "credential", "credentials"}
_KEYS = frozenset(
    [
        "api",
        "access",
        "private",
        "secret",
        "signing",
        "encryption",
        "account",
        "auth",
        "client",
        "master",
        "shared",
        "hmac",
        "service",
    ]  # ... `_key`
)
_DOUBTFUL = frozenset(
    ["key", "auth", "authorization", "bearer", "signature", "hmac", "salt", "cookie", "jwt", "dsn", "cert", "webhook"]
)
# Words that say which one of several it is, after those that say what it is.
_WHICH = frozenset(
    ["value", "string", "str", "text", "prod", "production", "dev", "test", "staging", "old", "new", "default"]
)
_LONGEST = 10_000
_MIXED = re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z0-9]{8})[A-Za-z0-9]*?(?:\d[A-Za-z]+\d+[A-Za-z]|[A-Za-z]\d+[A-Za-z]+\d)")
_VERBS = frozenset({"get", "set", "read", "load", "show", "has", "is", "no", "need", "needs", "change", "reset"})
_NAME = re.compile(r"[A-Za-z_][\w.:-]*")
_PLACE = re.compile(
    r"[a-z][a-z0-9+.-]*://|(~|\.{1,2})?/[\w./-]*$|.*\.(pem|p8|json|toml|txt|ya?ml|env|py)$", re.IGNORECASE
)


def masked(text: str) -> str:
    """The text as it may be quoted in a message."""
    for found in shapes_in(text):
        text = text[: found.start] + "*" * (found.end - found.start) + text[found.end :]
    return text


def shapes_in(text: str) -> Iterator[Found]:
    """The credentials in a text that are known by their form."""
    for shape in {shape: None for mark, shape in _MARKS if mark in text}:
        for match in shape.pattern.finditer(text):
            start, end = match.span(match.lastindex or 0)
            if not _PLACEHOLDER.fullmatch(text, start, end) and "EXAMPLE" not in match[0]:
                yield Found(start, end, shape.what)


def named_credential(name: str, value: str, *, in_code: bool) -> str:
    """What a value looks like because of its name, such as `a password`; `` for anything else.

    In code, words for people stand beside such names (`{"password": "Your password"}`), so they are let through; and
    so are words for machines (`credentials="same-origin"`), except as a password.
    """
    words, value = words_of(name), value.strip()
    if not _can_be_secret(words, value, in_code):
        return ""
    kind = _kind(words)
    if kind in _PASSWORDS:
        return "a password"
    if kind and len(value) >= 8 and (not in_code or _is_random(value) or _MIXED.search(value)):
        return {"token": "a token", "pat": "a token", "key": "a key", "apikey": "a key"}.get(kind, "a secret")
    return "a secret" if _is_doubtful(words) and _is_random(value) else ""


def is_telling(name: str) -> bool:
    """Whether what has this name may be a secret, whatever it is."""
    words = words_of(name)
    return bool(_kind(words)) or _is_doubtful(words)


def words_of(name: str) -> list[str]:
    """`fxAPIKey_2` to `fx`, `api`, `key`, `2`."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]


def _kind(words: list[str]) -> str:
    """The word that makes a name telling, or ``."""
    while words and (words[-1] in _WHICH or words[-1].isdecimal()):
        words = words[:-1]
    if not words or words[0] in _VERBS:
        return ""
    if words[-1] in _TELLING or (len(words) > 1 and words[-1] == "pat"):
        return words[-1]
    return "key" if words[-1] == "key" and _KEYS & set(words[-2:]) else ""


def _is_doubtful(words: list[str]) -> bool:
    """Whether the name fits a secret and much else; a mere `key` is that of a widget or of an entry."""
    return bool(_DOUBTFUL & set(words)) and words != ["key"]


def _can_be_secret(words: list[str], value: str, in_code: bool) -> bool:
    if (
        len(value) > _LONGEST
        or not re.search(r"[A-Za-z0-9]", value)
        or _PLACEHOLDER.fullmatch(value)
        or _PLACE.match(value)
    ):
        return False
    if _NAME.fullmatch(value) and _kind(words_of(value)):
        return False  # the name of a variable, a header or a secret object
    is_label = re.fullmatch(r"[A-Z][a-z]+", value) or re.search(r"\s", value)
    return not (in_code and is_label) and words_of(value) != words


def _is_random(value: str) -> bool:
    """Whether some part of it is no word that a person would choose: letters and digits mixed, and hardly any twice."""
    return any(
        re.search(r"\d", part) and re.search(r"[A-Za-z]", part) and _entropy(part) >= 3.0
        for part in re.findall(r"[A-Za-z0-9+/=]{16,}", value if len(value) >= 20 else "")
    )


def _entropy(text: str) -> float:
    """Bits per character."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())
