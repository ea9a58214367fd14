"""What a pull request says that it does: `gains: [marketing → campaigns]`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from infra.problems import ConfigError, Problem, did_you_mean

_GAIN = re.compile(r"(?P<who>\S+)\s*(?:->|→)\s*(?P<app>\S+)")


def intents(texts: Iterable[str], apps: Iterable[str], who: Iterable[str]) -> Mapping[str, frozenset[str]]:
    """Who is said to gain which app. Raises ConfigError where that is not said, or names nobody and nothing.

    `who` are departments and machines; people are written as addresses, and `anybody` needs no login.
    """
    found: dict[str, frozenset[str]] = {}
    wrong: list[Problem] = []
    known_apps, known = sorted(apps), ["anybody", *sorted(who)]
    for one in (part for text in texts for part in _parts(text)):
        match = _GAIN.fullmatch(one)
        if match is None:
            advice = ("for example `marketing -> campaigns`",)
            wrong.append(Problem("bad-intent", f"`{one}` does not say who gains which app", advice=advice))
            continue
        name, app = match["who"], match["app"]
        if app not in known_apps:
            wrong.append(Problem("unknown-app", f"there is no app `{app}`", advice=did_you_mean(app, known_apps)))
        if "@" not in name and name not in known:
            message = f"`{name}` is no department, machine or e-mail address here"
            wrong.append(Problem("unknown-subject", message, advice=did_you_mean(name, known)))
        found[app] = found.get(app, frozenset()) | {name.lower() if "@" in name else name}
    if wrong:
        raise ConfigError(wrong)
    return found


def _parts(text: str) -> Iterable[str]:
    inside = text.strip().removeprefix("gains:").strip().removeprefix("[").removesuffix("]")
    return [part.strip() for part in inside.split(",") if part.strip()]
