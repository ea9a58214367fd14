import streamlit as st

st.title("Campaigns")
