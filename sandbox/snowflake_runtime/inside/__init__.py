"""What runs inside a Streamlit object's own process, in the second environment, before the app does.

Plain Python that needs nothing of the sandbox. All of it is test equipment: it makes names, files and modules that
exist in Snowflake exist in one process of this machine, and takes itself out of the app's sight before the app starts.
"""
