import streamlit as st

st.title("Ledger")
st.write(len(st.secrets["fx_api_key"]))
