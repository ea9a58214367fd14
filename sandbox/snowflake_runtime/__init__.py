"""Running the Streamlit objects of the local Snowflake, each from its live folder as its runtime would.

`Runtimes` holds the processes, `viewer_app` is what people see of them. What runs inside a process is in `inside/`.
"""

from sandbox.snowflake_runtime.launch import AccountAddress
from sandbox.snowflake_runtime.runtimes import Runtimes
from sandbox.snowflake_runtime.viewer import CONTROL, viewer_app

__all__ = ["CONTROL", "AccountAddress", "Runtimes", "viewer_app"]
