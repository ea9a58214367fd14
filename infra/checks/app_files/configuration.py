"""Rules about `.streamlit/config.toml`: Snowflake takes some sections, and not the same ones in both runtimes.

The table is Snowflake's (docs.snowflake.com, "Secrets and configuration in Streamlit in Snowflake"); names of options
are Streamlit's, whose import would take longer than everything else here.
"""

from __future__ import annotations

from collections.abc import Iterator

from infra.checks.app_files.folder import CONFIGURATION, SnowflakeApp
from infra.checks.app_files.plain_secrets import hide_values
from infra.checks.app_files.toml_places import Toml
from infra.problems import did_you_mean

SLEEP = "streamlitSleepTimeoutMinutes"
SHORTEST_SLEEP, LONGEST_SLEEP = 5, 240  # minutes

# Options by section; an empty tuple stands for all of them.
_WAREHOUSE: dict[str, tuple[str, ...]] = {"theme": (), "theme.sidebar": (), "snowflake.sleep": (SLEEP,)}
_CONTAINER: dict[str, tuple[str, ...]] = {
    "theme": (),
    "theme.sidebar": (),
    "runner": (),
    "client": ("showErrorDetails", "showSidebarNavigation"),
    "global": ("disableWidgetStateDuplicationWarning",),
    "mapbox": (),
    "secrets": (),
}
_INSTEAD = {
    "server": "Snowflake runs the server; remove it",
    "browser": "Snowflake decides where the app is opened; remove it",
    "logger": "set levels in the app with Python's `logging`",
    "snowflake.sleep": "a container app is suspended after three days without a visitor",
    "secrets": "declare what the app needs under `secrets` in apps.yaml",
}
_COLORS = ("red", "orange", "yellow", "blue", "green", "violet", "gray")
_PARTS = (
    "primaryColor backgroundColor secondaryBackgroundColor textColor linkColor linkUnderline codeTextColor "
    "codeBackgroundColor font headingFont headingFontSizes headingFontWeights codeFont codeFontSize codeFontWeight "
    "baseRadius buttonRadius paddingTop paddingBottom borderColor dataframeBorderColor dataframeHeaderBackgroundColor "
    "dataframeHeaderTextColor showWidgetBorder chartCategoricalColors chartSequentialColors chartDivergingColors"
)
PART_OF_THEME = frozenset(_PARTS.split()) | {
    f"{color}{what}" for color in _COLORS for what in ("Color", "BackgroundColor", "TextColor")
}
THEME = PART_OF_THEME | {
    "base", "fontFaces", "baseFontSize", "baseFontWeight", "metricValueFontSize", "metricValueFontWeight",
    "showSidebarBorder",
}  # fmt: skip
RUNNER = frozenset(
    {"magicEnabled", "postScriptGC", "fastReruns", "enforceSerializableSessionState", "enumCoercion",
     "parallelMaxWorkers", "cacheBackgroundRefreshMaxWorkers", "cacheBackgroundRefreshTTLMultiplier",
     "connectionDefaultTTL", "cacheHashSeed"}
)  # fmt: skip
_PARTS_OF_THEMES = ("theme.sidebar", "theme.light", "theme.dark", "theme.light.sidebar", "theme.dark.sidebar")
KNOWN = {"theme": THEME, "runner": RUNNER, **dict.fromkeys(_PARTS_OF_THEMES, PART_OF_THEME)}


def check_configuration(app: SnowflakeApp) -> None:
    """Ensure that every section and option has an effect in the runtime of the app."""
    file, toml = app.folder.texts.get(CONFIGURATION), app.folder.toml(CONFIGURATION)
    if toml is None:
        if file is not None:
            hide_values(file, every=False)
        return
    for path, table in _sections(toml):
        section, options = ".".join(path), [name for name, value in table.items() if not isinstance(value, dict)]
        if not path:
            for name in options:
                _refuse_loose(app, toml, name)
        elif options or not table:
            _check_section(app, toml, path, section, options)


def _sections(toml: Toml) -> Iterator[tuple[tuple[str, ...], dict[str, object]]]:
    """Every table with its path, the whole file first. What is below `[secrets]` are values, not options."""
    left: list[tuple[tuple[str, ...], object]] = [((), toml.values)]
    while left:
        path, table = left.pop(0)
        if isinstance(table, dict):
            yield path, table
            left += [((*path, name), below) for name, below in table.items() if path != ("secrets",)]


def _refuse_loose(app: SnowflakeApp, toml: Toml, name: str) -> None:
    section = next((section for section in ("theme", "runner") if name in KNOWN[section]), None)
    advice = (f"write it below a line `[{section}]`",) if section else ("write it below the `[section]` it belongs to",)
    app.problems.add("unsupported-option", f"`{name}` stands in no section", toml.keys[(name,)], advice=advice)


def _check_section(app: SnowflakeApp, toml: Toml, path: tuple[str, ...], section: str, options: list[str]) -> None:
    supported = _CONTAINER if app.is_container else _WAREHOUSE
    allowed = supported.get("theme.sidebar" if section in _PARTS_OF_THEMES else section)
    if allowed is None:
        shown = f"[{section}]"
        near = did_you_mean(shown, (f"[{name}]" for name in supported))
        advice = (_INSTEAD[section],) if section in _INSTEAD else near
        message = f"`{shown}` is not supported in {app.kind}"
        app.problems.add("unsupported-option", message, toml.keys[path], related=app.because, advice=advice)
        return
    for name in options:
        if allowed and name not in allowed:
            message = f"`{section}.{name}` is not supported in {app.kind}"
            advice = did_you_mean(name, allowed)
            app.problems.add("unsupported-option", message, toml.keys[(*path, name)], related=app.because,
                             advice=advice)  # fmt: skip
        elif name not in KNOWN.get(section, (name,)):
            advice = did_you_mean(name, sorted(KNOWN[section]))
            app.problems.add("unknown-option", f"Streamlit knows no option `{section}.{name}`",
                             toml.keys[(*path, name)], advice=advice, severity="warning")  # fmt: skip
    if section == "snowflake.sleep" and SLEEP in options:
        _check_sleep(app, toml)
    if section == "mapbox":
        advice = ("declare a secret `MAPBOX_API_KEY` in apps.yaml: Streamlit finds it in the environment",)
        app.problems.add("deprecated-option", "`[mapbox]` is deprecated", toml.keys[path], advice=advice,
                         severity="warning")  # fmt: skip


def _check_sleep(app: SnowflakeApp, toml: Toml) -> None:
    path = ("snowflake", "sleep", SLEEP)
    value, span = toml.at(*path), toml.texts[path]
    if isinstance(value, bool) or not isinstance(value, int):
        advice = (f"write `{value}` without quotes",) if isinstance(value, str) and value.isdecimal() else ()
        app.problems.add("wrong-type", "expected a whole number of minutes", span, advice=advice)
    elif not SHORTEST_SLEEP <= value <= LONGEST_SLEEP:
        message = f"`{value}` is not between {SHORTEST_SLEEP} and {LONGEST_SLEEP} minutes"
        app.problems.add("out-of-range", message, span)
