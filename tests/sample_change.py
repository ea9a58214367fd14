"""A change of the sample project as a pull request might make it: one that gives, takes, adds and leaves alone."""

from __future__ import annotations

import shutil
from pathlib import Path

from infra.diff.estates import Diff, diff
from infra.load import load_texts
from tests.problem_codes import ROOT
from tests.recorder import TODAY

EDITS = (
    # The agency needs no second factor any more, and sales may enter as well.
    (
        "      - allow: contractors\n        require: [mfa, {country: [JP, US]}]\n",
        "      - sales\n      - allow: contractors\n        require: [{country: [JP, US]}]\n",
    ),
    # Nobody reads the handbook from one country.
    (
        "      - allow: [marketing, sales, finance]\n",
        "      - allow: [marketing, sales, finance]\n        exclude: [{country: [KP]}]\n",
    ),
    # A new app.
    (
        "  # Streamlit in Snowflake from here on.\n",
        """\
  forecast:
    title: Revenue forecast
    owner: finance
    service: http://forecast.internal:8501
    path: /streamlit/forecast
    access:
      - finance
      - allow: sales
        require: [{device: company-laptop}]

  # Streamlit in Snowflake from here on.
""",
    ),
)


def sample_change(folder: Path, *stacks: str) -> Diff:
    """What the edits do to the sample; `folder` is where the files are put."""
    shutil.copytree(ROOT / "stacks", folder / "stacks")
    shutil.copy(ROOT / "people.yaml", folder)
    text = (ROOT / "apps.yaml").read_text("utf-8")
    for old, new in EDITS:
        assert text.count(old) == 1, f"the sample has changed, so must this: {old}"
        text = text.replace(old, new)
    (folder / "apps.yaml").write_text(text, "utf-8")
    called = ("origin/main", "work tree")
    return diff(load_texts(ROOT), load_texts(folder), TODAY, called=called, stacks=stacks)
