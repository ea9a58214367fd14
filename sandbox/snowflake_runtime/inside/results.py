"""Results as data frames: Snowflake sends those as Arrow, the local server sends JSON only."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

from sandbox.snowflake_runtime.inside.late import replace, when_imported


def prepare() -> None:
    """Let the connector make a data frame of a JSON result, too, as `st.connection("snowflake").query` wants it."""
    when_imported("snowflake.connector.cursor", _with_data_frames)


def _with_data_frames(cursor: ModuleType) -> None:
    real = cursor.SnowflakeCursor.fetch_pandas_all

    def fetch_pandas_all(self: Any, **named: Any) -> Any:
        if self._query_result_format == "arrow":
            return real(self, **named)
        pandas = importlib.import_module("pandas")
        return pandas.DataFrame(self.fetchall(), columns=[column.name for column in self.description])

    replace(cursor.SnowflakeCursor, "fetch_pandas_all", fetch_pandas_all)
