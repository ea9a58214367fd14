"""What the engine printed about an update, and of it what people need: words of the program, and of what failed."""

from __future__ import annotations

import re

_AMBIENT = re.compile(r"warning: using pulumi-[a-z-]+ from \$PATH at ")
_HEADING = re.compile(r"  (?P<kind>\S+) \(.*\):$")
_PROGRAM = "pulumi:pulumi:Stack"
_SUM = re.compile(r"\d+ changes?(\. |$)")  # of what the lines before it have listed
_MESSAGE = re.compile(r"    (?:error|warning|info): ")
_CRASHED = "Program failed with an unhandled exception"
_REFUSED = re.compile(r"    error: an unhandled error occurred: program exited with non-zero exit code", re.IGNORECASE)


def summary(lines: list[str]) -> str:
    """How many resources were created, updated and so on."""
    try:
        start = lines.index("Resources:") + 1
    except ValueError:
        return "done"
    counts = [_SUM.sub("", line.strip()) for line in lines[start:] if line.startswith("    ")]
    return ", ".join(re.sub(r"^[+~-]+ ?", "", count) for count in counts if count) or "done"


def explanation(lines: list[str]) -> str:
    """Why an update failed, in the engine's words."""
    told = [line for line in lines if not _AMBIENT.search(line)]
    return "\n".join(_section(told)).strip("\n") if "Diagnostics:" in told else "\n".join(told[-20:]).strip("\n")


def refusal(lines: list[str]) -> str:
    """What the program itself says is wrong, where it has ended because of it; nothing where something else failed."""
    said = _section(lines)
    if not any(_REFUSED.match(line) for line in said) or any(_CRASHED in line for line in said):
        return ""
    return _of_program([line for line in said if not _REFUSED.match(line)])


def diagnostics(lines: list[str]) -> str:
    """What is to be seen after an update that did not fail."""
    said = _section(lines)
    return _of_program(said) or "\n".join(said).strip("\n")


def _section(lines: list[str]) -> list[str]:
    """What stands under `Diagnostics:`, without the engine's own remark about where plugins come from."""
    if "Diagnostics:" not in lines:
        return []
    told = [line for line in lines[lines.index("Diagnostics:") + 1 :] if not _AMBIENT.search(line)]
    end = next((index for index, line in enumerate(told) if line in ("Outputs:", "Resources:")), len(told))
    said = told[:end]
    # A heading whose only remark was left out says nothing.
    return said if len([line for line in said if line.strip()]) > 1 else []


def _of_program(said: list[str]) -> str:
    """The words of the program as it wrote them; nothing where something is said of a resource, too."""
    kinds = [found["kind"] for line in said if (found := _HEADING.match(line))]
    if kinds != [_PROGRAM]:
        return ""
    words = [_MESSAGE.sub("", line) if _MESSAGE.match(line) else line[4:] for line in said if not _HEADING.match(line)]
    return "\n".join(words).strip("\n")
