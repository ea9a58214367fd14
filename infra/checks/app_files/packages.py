"""Rules about what a warehouse app imports from packages: something has to bring them there.

Packages of Snowflake's channel bring others, and modules of other names, so only where none is named beyond what every
warehouse app has is a module missing for certain.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from infra.checks.app_files.folder import SnowflakeApp
from infra.checks.app_files.imports import is_own, leads_out
from infra.checks.app_files.python_reader import KIT, SNOWFLAKE
from infra.checks.app_files.python_source import Import
from infra.checks.app_files.syntax import run_files
from infra.checks.app_files.warehouse_packages import ENVIRONMENT, named_packages

_ACCESS = "streamlit_access"
# What comes with Streamlit and Snowpark, which every warehouse app has (docs.snowflake.com, "Manage dependencies").
_THERE = frozenset(
    f"{KIT} {SNOWFLAKE} snowflake streamlit altair asn1crypto attr attrs blinker cachetools certifi cffi "
    "charset_normalizer click cloudpickle cryptography dateutil filelock git gitdb google idna jinja2 jsonschema jwt "
    "markupsafe narwhals numpy OpenSSL packaging pandas PIL pkg_resources platformdirs pyarrow pydeck pytz referencing "
    "requests rpds setuptools six sortedcontainers tenacity toml tomlkit tornado typing_extensions tzdata tzlocal "
    "urllib3 watchdog wheel yaml".split()
)
_BROUGHT_BY = {
    "streamlit", "snowflake-snowpark-python", "snowflake-connector-python", "python", "pandas", "numpy", "altair",
    "pyarrow", "requests", "pyyaml", "pillow", "pydeck", "pip",
}  # fmt: skip
# Modules whose package has another name.
_PACKAGES = {
    "bs4": "beautifulsoup4", "cv2": "opencv", "dotenv": "python-dotenv", "docx": "python-docx", "fitz": "pymupdf",
    "Levenshtein": "python-levenshtein", "mpl_toolkits": "matplotlib", "pptx": "python-pptx", "skimage": "scikit-image",
    "sklearn": "scikit-learn", "slugify": "python-slugify", "st_aggrid": "streamlit-aggrid",
}  # fmt: skip


def check_packages(app: SnowflakeApp) -> None:
    """Ensure that each module which a warehouse app imports is its own, or may come from a package that it names."""
    if app.is_container:
        return
    named = named_packages(app)
    if named is None:
        return  # which was told of
    certain = named <= _BROUGHT_BY
    for found in _imported(app):
        top = found.module.partition(".")[0]
        if top in _THERE or is_own(app, top) or leads_out(app, found) or {_plain(top), _package_of(top)} & named:
            continue
        message = f"nothing brings `{top}` to this app: it is neither in `{app.source}` nor in its `{ENVIRONMENT}`"
        if not certain:
            message = f"`{ENVIRONMENT}` does not name what brings `{top}` to this app, if anything does"
        app.problems.add("missing-package", message, found.span, related=app.because, advice=_advice(app, top),
                         severity="error" if certain else "warning")  # fmt: skip


def _imported(app: SnowflakeApp) -> Iterator[Import]:
    """The first import of each module in the files that are run."""
    run = run_files(app)
    seen = set(sys.stdlib_module_names)
    for python in app.folder.python:
        for found in python.imports if python.file.path in run else ():
            top = found.module.partition(".")[0]
            if not found.level and top not in seen:
                seen.add(top)
                yield found


def _advice(app: SnowflakeApp, top: str) -> tuple[str, ...]:
    if top == _ACCESS:
        return ("it is for apps behind Cloudflare; in Snowflake `st.user` says who is there",)
    if top.lower().startswith("gatehouse"):
        return (f"the kit of Gatehouse is imported as `{KIT}`",)
    return (
        f"write `{_package_of(top)}` below `dependencies` of `{ENVIRONMENT}`, if Snowflake's channel has it",
        f"or put the module into `{app.source}`",
    )


def _package_of(top: str) -> str:
    return _PACKAGES.get(top, _plain(top))


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")
