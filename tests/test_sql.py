"""Statements as text: each in the form that Snowflake reads, with whatever stands in names and texts."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra import sql

LEDGER = sql.ObjectName("APPS", "STREAMLIT", "LEDGER")
FILES = LEDGER.beside("LEDGER_FILES")
HOSTILE = ["it's", 'say "so"', "back\\slash", "two\nlines", "carriage\rreturn", "$$ dollars $$", "tab\t", "-- comment",
           "/* c */", "'; DROP ROLE X; --", "\\'", "\\\\'", "日本語 🌥️", ""]  # fmt: skip

STATEMENTS = {
    "identity": (
        sql.create_streamlit(LEDGER),
        (
            'CREATE STREAMLIT "APPS"."STREAMLIT"."LEDGER" MAIN_FILE = \'streamlit_app.py\''
            " RUNTIME_NAME = 'SYSTEM$WAREHOUSE_RUNTIME'"
        ),
    ),
    "drop": (sql.drop_streamlit(LEDGER), 'DROP STREAMLIT IF EXISTS "APPS"."STREAMLIT"."LEDGER"'),
    "live": (sql.add_live_version(LEDGER), 'ALTER STREAMLIT "APPS"."STREAMLIT"."LEDGER" ADD LIVE VERSION FROM LAST'),
    "set": (
        sql.set_streamlit(LEDGER, {"TITLE": sql.literal("It's"), "QUERY_WAREHOUSE": sql.identifier("WH")}),
        'ALTER STREAMLIT "APPS"."STREAMLIT"."LEDGER" SET TITLE = \'It\\\'s\' QUERY_WAREHOUSE = "WH"',
    ),
    "unset": (
        sql.unset_streamlit(LEDGER, ["SECRETS", "EXTERNAL_ACCESS_INTEGRATIONS"]),
        'ALTER STREAMLIT "APPS"."STREAMLIT"."LEDGER" UNSET SECRETS, EXTERNAL_ACCESS_INTEGRATIONS',
    ),
    "put": (
        sql.put("/home/me/a b/it's.py", FILES, "0f/pages/"),
        (
            'PUT \'file:///home/me/a b/it\\\'s.py\' \'@"APPS"."STREAMLIT"."LEDGER_FILES"/0f/pages/\''
            " AUTO_COMPRESS = FALSE OVERWRITE = TRUE"
        ),
    ),
    "copy": (
        sql.copy_files(LEDGER, sql.staged(FILES, "0f/")),
        (
            "COPY FILES INTO 'snow://streamlit/APPS.STREAMLIT.LEDGER/versions/live/'"
            ' FROM \'@"APPS"."STREAMLIT"."LEDGER_FILES"/0f/\''
        ),
    ),
    "remove": (
        sql.remove(sql.staged(FILES, "0f/pages/next.py")),
        'REMOVE \'@"APPS"."STREAMLIT"."LEDGER_FILES"/0f/pages/next.py\'',
    ),
    "remove live": (
        sql.remove_live(LEDGER, "pages/next.py"),
        (
            "REMOVE 'snow://streamlit/APPS.STREAMLIT.LEDGER/versions/live/pages/next.py'"
            " PATTERN = '(.*versions/live/)?pages/next\\\\.py'"
        ),
    ),
    "fetch": (sql.fetch(LEDGER.beside("R")), 'ALTER GIT REPOSITORY "APPS"."STREAMLIT"."R" FETCH'),
    "secret": (
        sql.create_secret(LEDGER.beside("S"), "SYMMETRIC_KEY ALGORITHM = GENERIC", "gatehouse stack dev"),
        (
            'CREATE SECRET "APPS"."STREAMLIT"."S" TYPE = SYMMETRIC_KEY ALGORITHM = GENERIC'
            " COMMENT = 'gatehouse stack dev'"
        ),
    ),
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_statement(name: str) -> None:
    written, expected = STATEMENTS[name]
    assert written == expected


# docs.snowflake.com, "String & binary data types: escape sequences in single-quoted string constants"
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "0": "\0"}
TOKEN = re.compile(r"""'(?P<text>(?:[^'\\]|\\.|'')*)'|"(?P<name>(?:[^"]|"")*)"|(?P<sign>[(),])|\s+""", re.DOTALL)


def read(text: str) -> list[str]:
    """What Snowflake's own rules of quoting make of a text: the content of each constant and name in it."""
    found, at = [], 0
    while at < len(text):
        token = TOKEN.match(text, at)
        assert token and token.end() > at, text[at:]
        if token["text"] is not None:
            unquoted = token["text"].replace("''", "'")
            found.append(re.sub(r"(?s)\\(.)", lambda escape: ESCAPES.get(escape[1], escape[1]), unquoted))
        elif token["name"] is not None:
            found.append(token["name"].replace('""', '"'))
        elif token["sign"]:
            found.append(token["sign"])
        at = token.end()
    return found


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_one_constant_and_arrives_unchanged(text: str) -> None:
    assert read(sql.literal(text)) == [text]


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0")))
def test_any_text_is_one_constant_and_arrives_unchanged(text: str) -> None:
    assert read(sql.literal(text)) == [text]


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1))
def test_any_name_is_one_identifier_and_arrives_unchanged(name: str) -> None:
    assert read(sql.identifier(name)) == [name]


@given(st.lists(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1), max_size=4))
def test_a_list_holds_its_names_and_nothing_else(names: list[str]) -> None:
    assert read(sql.listed(names)) == ["(", *[part for name in names for part in (",", name)][1:], ")"]


BESIDE = [
    ("model.json", ["model.json.gz", "model.json/model.json", "model.jsonl", "modelxjson", "old/model.json"]),
    ("pages/a.py", ["pages/a.pyc", "more/pages/a.py", "pages/a.py/pages/a.py", "a.py"]),
    ("a+b (1) [x] {2} $$ 100%|c^*?.csv", ["aab (1) [x] {2} $$ 100%|c^*?.csv", "a+b (1) [x] {2} $$ 100%", "c^*?.csv"]),
    ("it's \\d – 日本.py", ["it's 1 – 日本.py", "it's \\d – 日本.py.bak"]),
]


def removed(path: str, names: list[str], start: str) -> list[str]:
    """What goes with a path: names that begin with it, of which all that is listed of a file matches the pattern."""
    place, pattern = read(sql.remove_live(LEDGER, path).removeprefix("REMOVE ").replace("' PATTERN = '", "' '"))
    assert place == f"snow://streamlit/APPS.STREAMLIT.LEDGER/versions/live/{path}"
    return [name for name in names if name.startswith(path) and re.fullmatch(pattern, f"{start}{name}")]


@pytest.mark.parametrize("start", ["/versions/live/", "snow://streamlit/APPS.STREAMLIT.LEDGER/versions/live/", ""])
@pytest.mark.parametrize(("path", "others"), BESIDE)
def test_a_removal_takes_one_file_of_those_that_begin_alike(path: str, others: list[str], start: str) -> None:
    assert removed(path, [path, *others], start) == [path]


@given(path=st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1), end=st.text())
def test_a_removal_takes_any_path_and_nothing_that_only_begins_with_it(path: str, end: str) -> None:
    assert removed(path, [path], "/versions/live/") == [path]
    assert removed(path, [f"{path}{end}x"], "/versions/live/") == []
