import streamlit as st

st.title("Audience")
st.write(len(st.secrets["mail_api_key"] + st.secrets["crm"]["username"]), st.secrets["app_name"])
