"""What `.github/workflows/` runs: `python -m infra.workflows COMMAND`, each of them a command for a terminal too.

    event ─ pull ─┐
                  ├─ proposal ─ comparison ─▶ report.md, verdict.json      `diff`: reads; holds no right to write
    git objects ──┘                                  │
                                                     ▼
    comments, commits, access-approvers ─ approvals ─ gate ─▶ one comment, one status      `gate`

    pulumi preview ─▶ plan, record ─▶ pulumi up ─▶ deployed ─▶ lapse, drift

Nothing of a pull request is ever checked out or run: its files are read from git objects, by the program of the
default branch.
"""


class WorkflowError(Exception):
    """What cannot be done, as a sentence for whoever reads the workflow's log."""


class StaleError(WorkflowError):
    """Somebody has pushed meanwhile; another run looks at what is there now."""
