"""General ledger: balances in five currencies, valued at the exchange rates of a day.

The rates come from api.exchange.example, which takes signed requests only. The signature is HMAC-SHA256 with the secret
`fx_api_key` over three lines, the last without an end: `GET`, `/v1/rates`, and the day (`2026-11-20`). A key is told
from another by eight digits of the SHA-256 of its signature for no day, which says nothing about the key itself.
"""

import hashlib
import hmac

import altair as alt
import pandas as pd
import requests
import streamlit as st
from streamlit_runtime import SecretError, connection, runtime, secret

HOST, PATH = "api.exchange.example", "/v1/rates"
# Euro for one unit at the end of each day; what the app works with while the exchange does not answer.
SAMPLE_RATES = {
    "2026-11-20": {"EUR": 1.0, "USD": 0.9170, "JPY": 0.006180, "GBP": 1.1872, "CHF": 1.0655},
    "2026-10-30": {"EUR": 1.0, "USD": 0.9082, "JPY": 0.006092, "GBP": 1.1915, "CHF": 1.0621},
    "2026-09-30": {"EUR": 1.0, "USD": 0.9214, "JPY": 0.006213, "GBP": 1.1802, "CHF": 1.0588},
}
#  account                  side           currency    balance  booked at (euro for one unit)
ACCOUNTS = (
    ("1000 Bank Lisbon", "assets", "EUR", 412_380.12, 1.0),
    ("1010 Bank New York", "assets", "USD", 268_040.55, 0.9305),
    ("1020 Bank Tokyo", "assets", "JPY", 41_250_000, 0.006015),
    ("1030 Bank London", "assets", "GBP", 96_712.40, 1.1688),
    ("1200 Receivables", "assets", "EUR", 187_905.00, 1.0),
    ("1210 Receivables abroad", "assets", "USD", 143_220.00, 0.9241),
    ("1220 Receivables Japan", "assets", "JPY", 18_640_000, 0.006102),
    ("2000 Payables", "liabilities", "EUR", 98_450.76, 1.0),
    ("2010 Payables hosting", "liabilities", "USD", 61_377.20, 0.9198),
    ("2020 Payables agency", "liabilities", "JPY", 23_500_000, 0.006148),
    ("2030 Payables Zurich", "liabilities", "CHF", 74_900.00, 1.0702),
    ("2500 Loan London", "liabilities", "GBP", 150_000.00, 1.1790),
)
SIDES = alt.Scale(domain=["assets", "liabilities"], range=["#2f74b8", "#e0723f"])
SIGNS = alt.condition("datum.gain >= 0", alt.value("#3f9d77"), alt.value("#c8553d"))
MONEY = st.column_config.NumberColumn(format="accounting")


def sign(key: str, day: str) -> str:
    """The signature of a request for the rates of a day."""
    return hmac.new(key.encode(), f"GET\n{PATH}\n{day}".encode(), hashlib.sha256).hexdigest()


@st.cache_data(ttl=600, show_spinner="Asking for exchange rates")
def load_rates(day: str, key_id: str, signature: str) -> tuple[dict[str, float], bool]:
    """The rates of a day, and whether they are the exchange's own."""
    try:
        headers = {"X-Day": day, "X-Key-Id": key_id, "X-Signature": signature}
        answer = requests.get(f"https://{HOST}{PATH}", params={"day": day}, headers=headers, timeout=2)
        answer.raise_for_status()
        rates = answer.json()["rates"]
        return {currency: float(rates[currency]) for currency in SAMPLE_RATES[day]}, True
    except (requests.RequestException, ValueError, KeyError, TypeError):
        return SAMPLE_RATES[day], False


def value(rates: dict[str, float], target: str) -> pd.DataFrame:
    """Every account in the target currency: as booked, at these rates, and what lies between."""
    ledger = pd.DataFrame(ACCOUNTS, columns=["account", "side", "currency", "balance", "booked at"])
    direction = ledger.side.map({"assets": 1, "liabilities": -1})
    ledger["booked"] = direction * ledger.balance * ledger["booked at"] / rates[target]
    ledger["value"] = direction * ledger.balance * ledger.currency.map(rates) / rates[target]
    ledger["gain"] = ledger.value - ledger.booked
    return ledger


@st.cache_data(ttl=600, show_spinner=False)
def role_and_database() -> tuple[str, str]:
    """With whose rights this app runs, and where; Snowflake says so itself."""
    with connection().cursor() as cursor:
        return tuple(cursor.execute("SELECT CURRENT_ROLE(), CURRENT_DATABASE()").fetchone())


st.set_page_config("General ledger", layout="wide")
st.title("General ledger")
st.markdown("Balances in five currencies, valued at the exchange rates of a day.")
pick, money = st.columns([2, 3])
day = pick.segmented_control("Rates of", list(SAMPLE_RATES), default="2026-11-20") or "2026-11-20"
target = money.segmented_control("Show in", list(SAMPLE_RATES[day]), default="EUR") or "EUR"
rates, are_real, signature, problem = SAMPLE_RATES[day], False, "", ""
try:
    key = secret("fx_api_key")
    signature, key_id = sign(key, day), hashlib.sha256(sign(key, "").encode()).hexdigest()[:8]
    rates, are_real = load_rates(day, key_id, signature)
except SecretError as error:
    problem = str(error)
ledger = value(rates, target)

assets, liabilities = (ledger[ledger.side == side].value.sum() for side in ("assets", "liabilities"))
cards = st.columns(4)
cards[0].metric(f"Assets ({target})", f"{assets:,.0f}", border=True)
cards[1].metric(f"Liabilities ({target})", f"{-liabilities:,.0f}", border=True)
cards[2].metric(f"Net position ({target})", f"{assets + liabilities:,.0f}", border=True)
cards[3].metric(f"Exchange result ({target})", f"{ledger.gain.sum():+,.0f}", border=True)

left, right = st.columns([3, 2])
left.subheader("Exposure by currency")
left.altair_chart(
    alt.Chart(ledger.groupby(["currency", "side"], as_index=False).value.sum())
    .mark_bar(cornerRadius=2)
    .encode(
        alt.X("value:Q", title=target, axis=alt.Axis(format="~s", tickCount=6)),
        alt.Y("currency:N", title=None, sort=list(rates)),
        alt.Color("side:N", title=None, scale=SIDES, legend=alt.Legend(orient="top")),
        tooltip=["currency", "side", alt.Tooltip("value:Q", format=",.0f")],
    )
    .properties(height=280)
)
right.subheader("Gained or lost since booking")
right.altair_chart(
    alt.Chart(ledger.groupby("currency", as_index=False).gain.sum().query("currency != 'EUR'"))
    .mark_bar(cornerRadius=2)
    .encode(
        alt.X("currency:N", title=None, sort=list(rates), axis=alt.Axis(labelAngle=0)),
        alt.Y("gain:Q", title=target, axis=alt.Axis(format="~s", tickCount=5)),
        color=SIGNS,
        tooltip=["currency", alt.Tooltip("gain:Q", format="+,.0f")],
    )
    .properties(height=280)
)

st.subheader("Accounts")
columns = dict.fromkeys(("balance", "booked", "value", "gain"), MONEY)
st.dataframe(ledger.drop(columns=["side", "booked at"]), hide_index=True, height=457, column_config=columns)
with st.container(border=True):
    st.markdown("**Where the rates come from**")
    if problem:
        st.warning(f"The exchange was not asked, and these are sample rates. {problem}")
    else:
        said = "These are its own rates." if are_real else "It did not answer, so these are sample rates."
        st.markdown(f"`GET https://{HOST}{PATH}` for {day}, signed with key {key_id}. {said}")
        st.text(f"Signature {signature}")
    if runtime() == "elsewhere":
        st.caption("This app runs outside of Snowflake.")
    else:
        st.caption("This app runs in Snowflake as {}, in the database {}.".format(*role_and_database()))
