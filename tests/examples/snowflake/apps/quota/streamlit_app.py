import _snowflake
import streamlit as st

st.title("Quota")
st.write(len(_snowflake.get_generic_secret_string("crm_signing_key")))
st.write(len(_snowflake.get_oauth_access_token("crm_login")))
