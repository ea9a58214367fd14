"""The pages about apps.yaml and problems say what the code does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest

from infra.checks import check
from infra.checks.scope import Scope
from infra.commands.reference import reference
from infra.commands.schema import schema_text
from infra.problems import Problems
from infra.resolve import resolve
from infra.schema import load_apps
from infra.schema.examples import EXAMPLES
from infra.source import Mapping, Node, Scalar, Sequence, parse
from infra.stack import decode_stack
from tests.problem_codes import ROOT, emitted
from tests.text_files import split

MISTAKES = sorted((ROOT / "tests" / "mistakes").glob("unknown-key*.txt"))
ESTATES = [ROOT / "apps.yaml", *sorted((ROOT / "tests" / "examples").glob("*/apps.yaml"))]
SCHEMA = json.loads(schema_text())


def plain(node: Node) -> object:
    """A node as an editor that reads YAML 1.2 hands it to a JSON Schema."""
    match node:
        case Mapping(entries=entries):
            return {key.text: plain(value) for key, value in entries}
        case Sequence(items=items):
            return [plain(item) for item in items]
        case Scalar(kind="a flag", text=text):
            return text.lower() == "true"
        case Scalar(kind="nothing"):
            return None
        case Scalar(kind="a number", text=text):
            return int(text) if text.isdecimal() else float(text)
        case Scalar(text=text):
            return text
    raise AssertionError(node)


def document(text: str) -> object:
    problems = Problems()
    node = parse(text, "apps.yaml", problems)
    assert node is not None, problems.found
    return plain(node)


def test_every_problem_has_a_section_and_every_section_a_problem() -> None:
    page = (ROOT / "docs" / "problems.md").read_text("utf-8")
    headings = re.findall(r"^### (.+)$", page, re.MULTILINE)
    assert len(headings) == len(set(headings))
    assert set(headings) == emitted()


def test_every_section_says_what_to_write_instead() -> None:
    page = (ROOT / "docs" / "problems.md").read_text("utf-8")
    for section in re.split(r"^### ", page, flags=re.MULTILINE)[1:]:
        code, body = section.split("\n", 1)
        diff = re.search(r"```diff\n(.*?)```", body, re.DOTALL)
        assert diff, code
        assert {line[0] for line in diff[1].splitlines()} == {"-", "+"}, code


def test_warnings_are_called_warnings() -> None:
    page = (ROOT / "docs" / "problems.md").read_text("utf-8")
    expected: dict[str, set[str]] = {}
    for case in (ROOT / "tests" / "mistakes").glob("*.txt"):
        for severity, code in re.findall(r"^(error|warning)\[(.+?)\]", case.read_text("utf-8"), re.MULTILINE):
            expected.setdefault(code, set()).add(severity)
    always = {code for code, severities in expected.items() if severities == {"warning"}}
    said = {section.split("\n", 1)[0] for section in page.split("### ")[1:] if "*Warning.*" in section}
    assert said == always


def test_reference_is_current() -> None:
    page = (ROOT / "docs" / "apps-yaml.md").read_text("utf-8")
    assert page == reference(), "gatehouse schema --format markdown > docs/apps-yaml.md"


def test_links_inside_the_reference_lead_somewhere() -> None:
    page = reference()
    slugs = {re.sub(r"[^a-z0-9_-]", "", name.lower()) for name in re.findall(r"^#+ (.+)$", page, re.MULTILINE)}
    assert set(re.findall(r"\]\(#(.+?)\)", page)) <= slugs


def test_schema_is_current() -> None:
    assert (ROOT / "infra" / "apps.schema.json").read_text("utf-8") == schema_text(), (
        "gatehouse schema > infra/apps.schema.json"
    )


def test_examples_of_the_reference_are_one_whole_file() -> None:
    problems = Problems()
    text = "".join(EXAMPLES.values())
    file = load_apps(text, "apps.yaml", problems)
    stack = decode_stack((ROOT / "tests" / "mistakes" / "Pulumi.dev.yaml").read_text("utf-8"), "dev", problems)
    assert file is not None and stack is not None, problems.found
    check(Scope(file, stack, ("dev",), resolve(file, stack, ["dev"], problems), problems))
    assert [problem for problem in problems.found if not problem.span or "stacks" not in problem.span.source.name] == []
    jsonschema.validate(document(text), SCHEMA)


def test_schema_is_draft_7() -> None:
    """Editors' YAML servers read draft-07 and older (policy of the language server before 1.20)."""
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    assert not re.search(r'"(prefixItems|unevaluatedProperties|\$defs|dependentRequired)"', schema_text())


@pytest.mark.parametrize("path", ESTATES, ids=lambda path: str(path.parent.name))
def test_schema_accepts_what_the_decoder_accepts(path: Path) -> None:
    jsonschema.validate(document(path.read_text("utf-8")), SCHEMA)


@pytest.mark.parametrize("path", MISTAKES, ids=lambda path: str(path.stem))
def test_schema_refuses_unknown_keys(path: Path) -> None:
    """Wherever the decoder does."""
    parts = split(path.read_text("utf-8"))
    in_apps = re.search(r"error\[unknown-key\].*\n +--> apps.yaml", parts["expect"])
    refused = not jsonschema.Draft7Validator(SCHEMA).is_valid(document(parts["apps.yaml"]))
    assert refused == bool(in_apps)


def _mappings(node: object) -> list[dict[str, object]]:
    """The mappings of a document whose keys are ours."""
    if isinstance(node, list):
        return [found for item in node for found in _mappings(item)]
    if not isinstance(node, dict):
        return []
    return [node, *(found for value in node.values() for found in _mappings(value))]


def test_schema_and_decoder_agree_on_an_extra_key_anywhere() -> None:
    """Each mapping of a whole file gets one key more: both refuse it, or both take it for a name."""
    whole = document("".join(EXAMPLES.values()))
    validator = jsonschema.Draft7Validator(SCHEMA)
    for place in range(len(_mappings(whole))):
        changed = json.loads(json.dumps(whole))
        _mappings(changed)[place]["Extra_key"] = "x"
        problems = Problems()
        load_apps(json.dumps(changed), "apps.yaml", problems)
        assert problems.has_errors is not validator.is_valid(changed), _mappings(changed)[place]
        assert problems.has_errors
