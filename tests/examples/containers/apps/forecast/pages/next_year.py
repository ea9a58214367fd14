import streamlit as st

st.title("next year")
