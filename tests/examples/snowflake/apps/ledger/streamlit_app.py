import streamlit as st
from streamlit_runtime import credentials, secret

st.title("Ledger")
st.write(len(secret("fx_api_key") + credentials("bank").password + secret("exchange")), "archive", "seal")
