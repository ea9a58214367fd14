"""Running the Streamlit objects of the local Snowflake, each from its live folder as its runtime would.

`runtimes.Runtimes` holds the processes, `viewer.viewer_app` is what people see of them. What runs inside a process is
in `inside/`. Nothing is imported here: the command line asks `packages` at every start, and the rest takes its time.
"""
