"""The warehouse runtime: `_snowflake` and the active session, as a stored procedure has them."""

from __future__ import annotations

import importlib
import sys
import threading
from types import ModuleType
from typing import Any

from sandbox.snowflake_runtime.inside import snowflake_module
from sandbox.snowflake_runtime.inside.late import replace, when_imported
from sandbox.snowflake_runtime.inside.order import Order


def prepare(order: Order) -> None:
    """Make this process such a runtime."""
    from streamlit.connections import snowflake_connection

    # `st.connection("snowflake")` then takes the active session. Snowpark itself is not told that it is inside, for
    # it would use parts of the real runtime that are not here.
    replace(snowflake_connection, "running_in_sis", lambda: True)
    sys.modules["_snowflake"] = snowflake_module.made(order)
    when_imported("snowflake.snowpark.context", lambda context: _with_active_session(context, order))


def _with_active_session(context: ModuleType, order: Order) -> None:
    """The session of the app's owner. It begins when it is asked for, and then is the only one."""
    made: list[Any] = []
    one_at_a_time = threading.Lock()

    def get_active_session() -> Any:
        with one_at_a_time:
            if not made:
                made.append(_session(order))
            return made[0]

    replace(context, "get_active_session", get_active_session)


def _session(order: Order) -> Any:
    import snowflake.connector

    # Of the second environment only.
    builder = importlib.import_module("snowflake.snowpark").Session.builder
    connection = snowflake.connector.connect(**order.login(), token=order.token)
    return builder.configs({"connection": connection}).create()
