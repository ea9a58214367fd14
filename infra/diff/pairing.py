"""Which app of one side is which app of the other, and whether what stands behind it is the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from infra.estate import App, Estate, InSnowflake, Tunnelled
from infra.spelling import minutes

Pair = tuple[App | None, App | None]


def pairs(base: Estate, head: Estate) -> Iterator[Pair]:
    """Apps of both sides in the order of head, then those that went. An app that has another name and leads to the same
    as the one that went is that one."""
    before = {app.name: app for app in base.apps}
    after = {app.name: app for app in head.apps}
    gone = [app for app in base.apps if app.name not in after]
    come = [app for app in head.apps if app.name not in before]
    left, right = (Counter(map(content, apps)) for apps in (gone, come))
    formerly = {content(app): app for app in gone}
    renamed = {app.name: formerly[content(app)] for app in come if left[content(app)] == right[content(app)] == 1}
    for app in head.apps:
        yield before.get(app.name) or renamed.get(app.name), app
    taken_over = {app.name for app in renamed.values()}
    for app in gone:
        if app.name not in taken_over:
            yield app, None


def content(app: App) -> tuple[str, ...]:
    """What whoever enters gets to see."""
    return (*behind(app), *_told(app))


def _told(app: App) -> tuple[str, str]:
    """What of an address a service is told, and may answer by: the path, and a host name of the app's own. An app that
    runs from a folder is the same wherever it is served, and so is all of a host that is shared."""
    home = app.home
    if not isinstance(home, Tunnelled) or home.source is not None:
        return "", ""
    return home.path, "" if home.path or home.host_header else home.hostname


def behind(app: App) -> tuple[str, ...]:
    """What answers. Two apps with the same behind them show the same at one address."""
    home = app.home
    if isinstance(home, InSnowflake):
        git = (home.git.repository,) if home.git else ()
        return ("snowflake", home.source, *git)
    if home.source is not None:
        return ("folder", home.source)
    return ("service", home.service, home.host_header or "")


def leads_to(app: App) -> str:
    """The same in words, and unequal where that is: it is part of what is approved of."""
    _, hostname = _told(app)
    return f"{served(app)} as {hostname}" if hostname else served(app)


def served(app: App) -> str:
    """The same without the host name, which differs from stack to stack."""
    home = app.home
    if isinstance(home, InSnowflake):
        return f"the Snowflake app in `{home.source}`" + (f" of {home.git.repository}" if home.git else "")
    if home.source is not None:
        return f"the app in `{home.source}`"
    return f"{home.service}{home.path}" + (f" as {home.host_header}" if home.host_header else "")


def longest_session(app: App) -> str:
    """How long a login may last; empty in Snowflake. What an entry says of it wins over what the app says."""
    sessions = [entry.session for entry in app.access if entry.decision == "allow"] or [app.session]
    return max(sessions, key=minutes) if isinstance(app.home, Tunnelled) else ""


def address(app: App) -> tuple[str, str]:
    """Host name and path; for an app in Snowflake, where it is."""
    home = app.home
    if isinstance(home, Tunnelled):
        return home.hostname, home.path or "/"
    return "snowflake", f"{home.schema.database}.{home.schema.name}.{home.name}"


def shown_address(app: App) -> str:
    """The same, to be read: a path, or a host name of the app's own. What differs from stack to stack is left out."""
    home = app.home
    return place(home.hostname, home.path) if isinstance(home, Tunnelled) else home.name


def place(hostname: str, path: str) -> str:
    """`/streamlit/sales/`, or the whole host name."""
    return f"{path}/" if path else hostname
