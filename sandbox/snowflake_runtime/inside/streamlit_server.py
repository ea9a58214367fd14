"""Streamlit's server over the app's live folder, with those of the app's settings that its runtime supports.

Sections as in the table of "Manage secrets and configure your Streamlit app" of Snowflake's documentation.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import toml  # type: ignore[import-untyped] # ships no types

from sandbox.snowflake_runtime.inside.container import ATTACHED
from sandbox.snowflake_runtime.inside.late import replace
from sandbox.snowflake_runtime.inside.order import Order

_WHOLE = frozenset({"*"})
_SUPPORTED: Mapping[str, Mapping[str, frozenset[str]]] = {
    "warehouse": {"theme": _WHOLE},
    "container": {
        "global": frozenset({"disableWidgetStateDuplicationWarning"}),
        "client": frozenset({"showErrorDetails", "showSidebarNavigation"}),
        "runner": _WHOLE,
        "mapbox": _WHOLE,
        "theme": _WHOLE,
        "secrets": _WHOLE,
    },
}
_HEADER = "Sf-Context-Current-User"
_VIEWER = {_HEADER: "user_name"}
"""The header in which the viewer's name comes, and what `st.user` calls it."""
_NOBODY = "PROBE"


def prepared(order: Order) -> Callable[[], None]:
    """Configure Streamlit; what comes back serves the app until it is told to end."""
    from streamlit import config, file_util
    from streamlit.runtime import runtime
    from streamlit.runtime.app_session import AppSession
    from streamlit.web import bootstrap

    own = _supported(order)
    # The app's own file counts only as far as it was written into this process's home.
    replace(config, "get_config_files", lambda name: [file_util.get_streamlit_file_path(name)])
    home = Path(file_util.get_streamlit_file_path("config.toml"))
    home.parent.mkdir(exist_ok=True)
    home.write_text(toml.dumps(own), encoding="utf-8")
    options = {
        "server.address": f"unix://{order.socket}",
        "server.baseUrlPath": order.base_path,
        "server.headless": True,
        "server.enableStaticServing": order.runtime == "container",
        # Changed files are heard of through `read_again`, before the next visit.
        "server.fileWatcherType": "none",
        "server.scriptHealthCheckEnabled": True,
        "server.trustedUserHeaders": _VIEWER,
        "browser.gatherUsageStats": False,
        "client.toolbarMode": "viewer",
        "global.developmentMode": False,
        "logger.enableRich": False,
        "secrets.files": _secret_files(order, own),
    }
    bootstrap.load_config_options(options)
    # Addresses that lead nowhere from outside, and a folder that apps need not have, are nothing for the app's log.
    for name in ("_print_url", "_maybe_print_static_folder_warning"):
        replace(bootstrap, name, lambda _: None)
    # The session that tries whether the script runs has a viewer, as all others have.
    viewer = {_VIEWER[_HEADER]: _NOBODY}
    replace(runtime, "AppSession", lambda **named: AppSession(**{**named, "user_info": viewer}))
    return lambda: bootstrap.run(str(order.script), False, [], options)


def read_again(live: Path) -> None:
    """Let the next run of every session read the app's files anew."""
    from streamlit import runtime

    # The folder itself may be another one now.
    os.chdir(live)
    importlib.invalidate_caches()
    for name, module in tuple(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and Path(file).is_relative_to(live):
            sys.modules.pop(name, None)
    if runtime.exists():
        runtime.get_instance()._script_cache.clear()


def _supported(order: Order) -> dict[str, dict[str, Any]]:
    """Of the app's settings, those that count; what does not is said in its log."""
    kept: dict[str, dict[str, Any]] = {}
    for file in _settings(order, "config.toml"):
        try:
            document = toml.loads(file.read_text(encoding="utf-8"))
        except (toml.TomlDecodeError, UnicodeDecodeError) as error:
            print(f"{file.name} cannot be read: {error}", file=sys.stderr)
            continue
        for section, options in document.items():
            for name, value in options.items() if isinstance(options, dict) else ():
                if _SUPPORTED[order.runtime].get(section, frozenset()) & {name, *_WHOLE}:
                    kept.setdefault(section, {})[name] = value
                elif section != "snowflake":  # the sleep timer is none of Streamlit's
                    print(f"`{name}` in [{section}] does not count in the {order.runtime} runtime", file=sys.stderr)
    return kept


def _secret_files(order: Order, own: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Later ones take precedence. The warehouse runtime knows no `st.secrets`."""
    if order.runtime == "warehouse":
        return []
    files = own.get("secrets", {}).get("files") or [str(one) for one in _settings(order, "secrets.toml")]
    return [*([ATTACHED] if order.secrets else []), *files]


def _settings(order: Order, name: str) -> list[Path]:
    """The files of that name, at the app's root and beside the main file."""
    folders = dict.fromkeys((order.live, order.script.parent))
    return [file for folder in folders if (file := folder / ".streamlit" / name).is_file()]
