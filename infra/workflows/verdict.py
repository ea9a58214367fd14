"""What the job that reads hands to the job that writes: `report.md` and `verdict.json`."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from infra.report.markdown import MARKER
from infra.workflows import StaleError, WorkflowError
from infra.workflows.pull import Pull

REPORT = "report.md"
VERDICT = "verdict.json"
MOST_BYTES = 200_000


@dataclass(frozen=True)
class Verdict:
    """`code` is the exit code of `gatehouse diff`, `digest` names what is gained, `quiet` means not worth a word."""

    pull: int
    base: str
    head: str
    code: int
    digest: str
    quiet: bool


@dataclass(frozen=True)
class Findings:
    """A verdict with the report that shows why. `more` is the same for other readers, by file; no gate looks at it."""

    verdict: Verdict
    report: str
    more: tuple[tuple[str, str], ...] = ()

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / REPORT).write_text(self.report, encoding="utf-8")
        for name, text in self.more:
            (folder / name).write_text(text, encoding="utf-8")
        (folder / VERDICT).write_text(json.dumps(asdict(self.verdict)) + "\n", encoding="utf-8")


def read(folder: Path, pull: Pull) -> Findings:
    """The findings about a pull request as it is now. Raises WorkflowError for those about anything else.

    Whoever made them read a stranger's files, so they are looked at as if a stranger had written them.
    """
    report, text = _text(folder / REPORT), _text(folder / VERDICT)
    try:
        verdict = Verdict(**json.loads(text))
    except (TypeError, ValueError, RecursionError):
        raise WorkflowError(f"`{VERDICT}` is no verdict") from None
    if [type(value) for value in vars(verdict).values()] != [int, str, str, int, str, bool]:
        raise WorkflowError(f"`{VERDICT}` is no verdict")
    if verdict.pull != pull.number:
        raise WorkflowError("the findings are about another pull request")
    if verdict.head != pull.head:
        raise StaleError(f"the findings are about another commit than {pull.head}")
    if not report.startswith(MARKER + "\n"):
        raise WorkflowError(f"`{REPORT}` does not begin as a report does")
    if (verdict.code in (3, 4)) != bool(verdict.digest) and verdict.code != 2:
        raise WorkflowError(f"`{VERDICT}` contradicts itself")
    return Findings(verdict, report)


def _text(path: Path) -> str:
    if path.is_symlink() or not path.is_file():
        raise WorkflowError(f"there is no `{path.name}`: the diff could not be made")
    if path.stat().st_size > MOST_BYTES:
        raise WorkflowError(f"`{path.name}` is larger than {MOST_BYTES:,} bytes")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise WorkflowError(f"`{path.name}` is not UTF-8") from None
