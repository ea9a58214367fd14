"""What `gatehouse who` prints: tables with a sentence above, once for all stacks of which it is true."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from infra.terminal import bold, filled, room, table, wants_color


@dataclass(frozen=True)
class Answer:
    """A table about some stacks, with a sentence above it. `enters` is for programs, where one thing is asked."""

    sentence: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    enters: str = ""


def show(answers: Mapping[Answer, Sequence[str]], today: date, form: str) -> None:
    """Print answers, each with its stacks."""
    if form == "json":
        document = {"today": str(today), "answers": [_as_json(answer, names) for answer, names in answers.items()]}
        print(json.dumps(document, indent=2, ensure_ascii=False))
        return
    color, columns = wants_color(sys.stdout), room(sys.stdout)
    for answer, names in answers.items():
        where = f"{'stack' if len(names) == 1 else 'stacks'} {', '.join(names)}"
        first, *more = filled(f"{where}, as of {today}: {answer.sentence}", columns)
        print("\n".join([first.replace(where, bold(where, color), 1), *more]))
        if answer.rows:
            print()
            print(table(answer.header, answer.rows, color=color, columns=columns))
        print()


def _as_json(answer: Answer, stacks: Sequence[str]) -> dict[str, object]:
    keys = [name.lower().replace(" ", "_") for name in answer.header]
    enters = {"enters": answer.enters} if answer.enters else {}
    rows = [dict(zip(keys, row, strict=True)) for row in answer.rows]
    return {"stacks": list(stacks), "answer": answer.sentence, **enters, "rows": rows}
