"""Audience builder: who gets the next mail, and how many they are.

People come from the CRM, with the user name and password `crm`. The audience goes to the mailing service, which takes
signed requests only. The signature is HMAC-SHA256 with the secret `mail_api_key` over three lines, the last without an
end: `POST`, `/v1/audiences`, and the day that the mail goes out (`2026-11-20`).
"""

import base64
import hashlib
import hmac

import numpy as np
import pandas as pd
import requests
import streamlit as st
from streamlit_runtime import CortexError, SecretError, cortex_message, credentials, secret

CRM, PATH = "https://crm.example.com", "/v1/audiences"
DAY = "2026-11-20"  # the sample is as of this day, so every run shows the same numbers
COUNTRIES = {"JP": 0.31, "DE": 0.22, "PT": 0.14, "US": 0.20, "GB": 0.13}
INTERESTS = ("coffee", "tea", "kitchen", "travel", "books")
FIRST = ("aya", "ben", "chloe", "daichi", "emma", "felix", "hana", "ines", "jonas", "kei", "lena", "mateo", "nora")
LAST = ("ito", "novak", "duarte", "okafor", "berg", "lee", "rossi", "klein", "santos", "mori", "walsh", "kaya")
COLUMNS = ["address", "country", "interest", "months", "spent", "consent"]


def sign(key: str) -> str:
    """The signature of what is sent to the mailing service."""
    return hmac.new(key.encode(), f"POST\n{PATH}\n{DAY}".encode(), hashlib.sha256).hexdigest()


@st.cache_data(ttl=600, show_spinner="Asking the CRM")
def load_people(_authorization: str) -> tuple[pd.DataFrame, bool]:
    """Everybody who ever ordered, and whether the CRM said so; sample people while it does not answer."""
    try:
        answer = requests.get(f"{CRM}/people", headers={"Authorization": _authorization}, timeout=2)
        answer.raise_for_status()
        return pd.DataFrame(answer.json())[COLUMNS], True
    except (requests.RequestException, ValueError, KeyError):
        return sample_people(), False


def sample_people() -> pd.DataFrame:
    """Some thousand people from a fixed seed; the longer ago the last order, the fewer."""
    rng, count = np.random.default_rng(5), 4200
    names = [f"{first}.{last}{number}" for first in FIRST for last in LAST for number in range(10, 40)]
    people = pd.DataFrame({"address": rng.choice(names, count, replace=False)})
    people["country"] = rng.choice(list(COUNTRIES), count, p=list(COUNTRIES.values()))
    people["address"] += "@" + people.country.str.lower() + ".example.com"
    people["interest"] = rng.choice(INTERESTS, count, p=[0.3, 0.15, 0.25, 0.2, 0.1])
    people["months"] = np.minimum(rng.exponential(9, count).astype(int), 36)
    people["spent"] = rng.lognormal(4.2, 0.7, count).round(2)
    people["consent"] = rng.random(count) < 0.82
    return people


def hand_over(addresses: list[str], signature: str) -> str:
    """Sends an audience, and says in a sentence what came of it."""
    url = st.secrets["api_endpoint"] + PATH
    body = {"day": DAY, "addresses": addresses}
    try:
        requests.post(url, json=body, headers={"X-Day": DAY, "X-Signature": signature}, timeout=2).raise_for_status()
    except requests.RequestException:
        return f"`{url}` did not take it, so nothing was sent."
    return f"`{url}` has taken {len(addresses):,} addresses."


def masked(text: str) -> str:
    """The first and the last letter of a name, so that its owner knows it."""
    return f"{text[0]}{'•' * max(1, len(text) - 2)}{text[-1]}" if text else ""


def ask(question: str) -> None:
    """Asks Cortex, and keeps the answer for the page."""
    try:
        st.session_state.answer = cortex_message(question, st.secrets["semantic_model"])
    except CortexError as error:
        st.session_state.answer = error


name, most = st.secrets["app_name"], int(st.secrets["max_results"])
st.set_page_config(name, layout="wide")
st.title(name)
try:
    login, signature = credentials("crm"), sign(secret("mail_api_key"))
except SecretError as error:
    st.warning(f"This app cannot work without its secrets: {error}")
    st.stop()
authorization = "Basic " + base64.b64encode(f"{login.username}:{login.password}".encode()).decode()
people, are_real = load_people(authorization)

st.markdown("Choose who hears from us. Only people who have agreed to mail are counted.")
where, what, when = st.columns([2, 2, 1])
countries = where.pills("Countries", list(COUNTRIES), default=list(COUNTRIES), selection_mode="multi")
interests = what.pills("Interests", INTERESTS, default=["coffee", "tea"], selection_mode="multi")
months = when.slider("Ordered within (months)", 1, 36, 12)
chosen = people.query("consent and country in @countries and interest in @interests and months < @months")
if chosen.empty:
    st.info("Nobody fits. Choose more countries or interests.")
    st.stop()

cards = st.columns(4)
cards[0].metric("Audience", f"{len(chosen):,}", border=True)
cards[1].metric("Of all who agreed", f"{len(chosen) / people.consent.sum():.0%}", border=True)
cards[2].metric("Spent, on average", f"€{chosen.spent.mean():,.2f}", border=True)
cards[3].metric("Ordered this quarter", f"{(chosen.months < 3).mean():.0%}", border=True)

left, right = st.columns(2)
left.subheader("Where they live")
left.bar_chart(pd.crosstab(chosen.country, chosen.interest), horizontal=True, x_label="", y_label="", height=260)
right.subheader("When they last ordered")
right.area_chart(chosen.groupby("months").size(), color="#dba9c3", x_label="months ago", y_label="people", height=260)

shown = chosen.sort_values("spent", ascending=False).head(most).drop(columns="consent")
shown["address"] = shown.address.map(
    lambda address: masked(address.partition("@")[0]) + "@" + address.partition("@")[2]
)
st.subheader(f"The first {len(shown)}")
euro = st.column_config.NumberColumn(format="euro")
st.dataframe(shown, hide_index=True, height=240, column_config={"spent": euro, "months": "months ago"})

left, right = st.columns([3, 2])
with left.container(border=True):
    st.subheader("Hand over")
    st.markdown(f"The mailing service gets **{len(chosen):,} addresses** for {DAY}.")
    if st.button("Send to the mailing service", type="primary", disabled=not are_real):
        st.info(hand_over(list(chosen.address), signature))
    st.text(f"Signature {signature}")
    digest = hashlib.sha256(authorization.encode()).hexdigest()
    said = "It answered." if are_real else "It did not answer: these are sample people, who get no mail."
    st.caption(f"The CRM was asked as {masked(login.username)}, SHA-256 of the Basic header {digest[:12]}. {said}")
with right.container(border=True):
    st.subheader("Ask")
    question = st.text_input("In your own words", placeholder="How many people in Japan drink tea?")
    if st.button("Ask Cortex") and question:
        ask(question)
    answer = st.session_state.get("answer")
    if isinstance(answer, CortexError):
        st.warning(str(answer))
    elif answer:
        st.markdown(answer.text)
        if answer.sql:
            st.code(answer.sql, "sql")
        for suggestion in answer.suggestions:
            st.button(suggestion, on_click=ask, args=[suggestion])
