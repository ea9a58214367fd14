"""Month close: trial balance, checks and journal, in the currency of your choice; who closes a month signs it."""

from datetime import UTC, datetime

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st
from streamlit_access import access_user

MONTHS = ("2026-08", "2026-09", "2026-10", "2026-11")
#  what happens            debit               credit             least, most, currency, times a month
TEMPLATES = (
    ("Invoice to customer", "1200 Receivables", "4000 Revenue", 6_000, 24_000, "EUR", 7),
    ("Payment received", "1000 Bank", "1200 Receivables", 6_000, 22_000, "EUR", 7),
    ("Licence sold abroad", "1200 Receivables", "4000 Revenue", 3_000, 18_000, "USD", 3),
    ("Cloud invoice", "6100 Hosting", "2000 Payables", 900, 5_200, "USD", 3),
    ("Agency in Tokyo", "6200 Marketing", "2000 Payables", 450_000, 1_400_000, "JPY", 2),
    ("Supplier paid", "2000 Payables", "1000 Bank", 1_000, 9_000, "EUR", 4),
    ("Payroll", "6000 Salaries", "1000 Bank", 58_000, 64_000, "EUR", 1),
)
# Euro for one unit at the end of each month; sample rates, in the order of MONTHS.
RATES = {"EUR": (1, 1, 1, 1), "USD": (0.914, 0.921, 0.908, 0.917), "JPY": (0.00612, 0.00621, 0.00609, 0.00618)}
DIGITS = {"EUR": 2, "USD": 2, "JPY": 0}
KINDS = alt.Scale(domain=["revenue", "cost", "result"], range=["#3b82c4", "#e0723f", "#3f9d77"])
MONEY = st.column_config.NumberColumn(format="accounting")


@st.cache_data
def load_journal() -> tuple[pd.DataFrame, datetime]:
    """Four months of entries from a fixed seed, two of the last without a document yet, and when they were read."""
    rng = np.random.default_rng(41)
    rows = []
    for month in MONTHS:
        for text, debit, credit, least, most, currency, times in TEMPLATES:
            for _ in range(times):
                date = pd.Timestamp(f"{month}-{rng.integers(1, 29):02}")
                amount = round(float(rng.uniform(least, most)), DIGITS[currency])
                rows.append((month, date, text, debit, credit, f"D-{rng.integers(1e4, 1e5)}", amount, currency))
    columns = ["month", "date", "text", "debit", "credit", "document", "amount", "currency"]
    journal = pd.DataFrame(rows, columns=columns).sort_values("date", ignore_index=True)
    journal.loc[journal.index[[-3, -8]], "document"] = ""
    return journal, datetime.now(UTC)


def convert(entries: pd.DataFrame, month: str, target: str) -> pd.Series:
    """Amounts in the target currency at the month's closing rates."""
    at = MONTHS.index(month)
    rates = entries.currency.map({currency: values[at] for currency, values in RATES.items()})
    return (entries.amount * rates / RATES[target][at]).round(DIGITS[target])


def trial_balance(entries: pd.DataFrame) -> pd.DataFrame:
    """Debits and credits per account; both columns add up to the same, or something is wrong."""
    sides = {side: entries.groupby(side).converted.sum() for side in ("debit", "credit")}
    accounts = pd.DataFrame(sides).fillna(0).rename_axis("account").sort_index()
    return accounts.assign(balance=accounts.debit - accounts.credit)


def steps(balance: pd.DataFrame) -> pd.DataFrame:
    """The way from revenue down to the result, a bar for each account of costs."""
    revenue, costs = -balance.balance["4000 Revenue"], balance.balance[balance.index.str.startswith("6")]
    after = revenue - costs.cumsum()
    rows = [("Revenue", 0, revenue, revenue, "revenue")]
    rows += [(name[5:], after[name] + cost, after[name], -cost, "cost") for name, cost in costs.items()]
    rows.append(("Result", 0, after.iloc[-1], after.iloc[-1], "result"))
    return pd.DataFrame(rows, columns=["what", "begin", "end", "amount", "kind"])


st.set_page_config("Month close", layout="wide")
user = access_user()  # whoever is not verified sees why, and nothing below this line

st.title("Month close")
st.markdown(f"Hello **{user.name}**, what you close here is signed with your name.")
pick, money = st.columns([2, 1])
month = pick.segmented_control("Month", MONTHS, default=MONTHS[-1]) or MONTHS[-1]
target = money.segmented_control("Show in", list(RATES), default="EUR") or "EUR"
with st.container(horizontal=True, vertical_alignment="center"):
    if st.button("Refresh figures", icon=":material/refresh:"):
        load_journal.clear()
        st.session_state.refreshed = st.session_state.get("refreshed", 0) + 1
    journal, read = load_journal()
    st.caption(f"Read at {read:%H:%M:%S} UTC · refreshes: {st.session_state.get('refreshed', 0)}")
closed = st.session_state.setdefault("closed", dict.fromkeys(MONTHS[:-1], "the auditors"))  # month: by whom
entries = journal.query("month == @month").assign(converted=lambda found: convert(found, month, target))
balance = trial_balance(entries)

revenue = -balance.balance["4000 Revenue"]
costs = balance.balance[balance.index.str.startswith("6")].sum()
cards = st.columns(4)
figures = {"Revenue": revenue, "Costs": costs, "Result": revenue - costs}
for card, (label, value) in zip(cards, figures.items(), strict=False):
    card.metric(f"{label} ({target})", f"{value:,.0f}", border=True)
cards[3].metric("Status", "closed" if month in closed else "open", border=True)

left, right = st.columns([3, 2])
left.subheader("From revenue to result")
left.altair_chart(
    alt.Chart(steps(balance))
    .mark_bar(cornerRadius=2)
    .encode(
        alt.X("what:N", title=None, sort=None, axis=alt.Axis(labelAngle=0)),
        alt.Y("begin:Q", title=target, axis=alt.Axis(format="~s", tickCount=5)),
        alt.Y2("end:Q"),
        alt.Color("kind:N", scale=KINDS, legend=None),
        tooltip=["what", alt.Tooltip("amount:Q", format=",.2f")],
    )
    .properties(height=280)
)
right.subheader("Before it can be closed")
missing = int((entries.document == "").sum())
first_open = next((each for each in MONTHS if each not in closed), None)
checks = {
    "Debits equal credits": abs(balance.debit.sum() - balance.credit.sum()) < 0.01,
    f"Every entry has a document ({missing} missing)": not missing,
    "Earlier months are closed": month in closed or month == first_open,
}
for check, passed in checks.items():
    right.markdown(f"{':green[✓]' if passed else ':red[✗]'} {check}")
if month in closed:
    right.caption(f"Closed by {closed[month]}.")
    if right.button(f"Reopen {month}"):
        del closed[month]
        st.rerun()
elif right.button(f"Close {month}", type="primary", disabled=not all(checks.values())):
    closed[month] = user.email or user.service_token
    st.rerun()

st.subheader("Trial balance")
st.dataframe(balance, column_config=dict.fromkeys(balance.columns, MONEY))

st.subheader("Journal")
shown = entries.drop(columns="month").rename(columns={"converted": f"in {target}"})
dates = st.column_config.DateColumn(format="D MMM")
st.dataframe(shown, hide_index=True, column_config={"date": dates, "amount": MONEY, f"in {target}": MONEY})
with st.expander("Who you are, and how this app knows", icon=":material/verified_user:"):
    st.table(user.facts)
