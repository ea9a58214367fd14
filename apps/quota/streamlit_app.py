"""Sales quota: what each team has promised for the quarter, and what it has booked.

The link into the CRM is signed, so that it opens without a second login. The signature is HMAC-SHA256 with the secret
`crm_signing_key` over three lines, the last without an end: `GET`, the path (`/quota/2026-Q4`), and the day that the
link is made for (`2026-11-20`).
"""

import hashlib
import hmac

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st
from streamlit_runtime import SecretError, secret

CRM = "https://crm.example.com"
TODAY = pd.Timestamp("2026-11-20")  # the sample is as of this day, so every run shows the same numbers
QUARTERS = {"2026-Q4": "2026-10-01", "2026-Q3": "2026-07-01", "2026-Q2": "2026-04-01"}  # and their first days
#  person        team        target for a quarter, and how well they usually do
PEOPLE = {
    "Aya Ito": ("Japan", 520_000, 1.12),
    "Ren Mori": ("Japan", 410_000, 0.93),
    "Bo Novak": ("Europe", 480_000, 1.04),
    "Clara Duarte": ("Europe", 450_000, 1.21),
    "Lena Vogt": ("Europe", 380_000, 0.78),
    "Sam Okafor": ("Americas", 560_000, 0.98),
    "Tess Rivera": ("Americas", 430_000, 1.07),
}
TEAMS = ("Japan", "Europe", "Americas")
COLORS = alt.Scale(domain=TEAMS, range=["#0f766e", "#d2a23a", "#3b82c4"])


@st.cache_data
def load_bookings() -> pd.DataFrame:
    """Every booking up to today, from a fixed seed: deals of a few sizes on working days."""
    rng = np.random.default_rng(2026)
    rows = []
    for quarter, first in QUARTERS.items():
        days = pd.bdate_range(first, periods=64)
        for person, (team, target, form) in PEOPLE.items():
            count = int(rng.integers(14, 22))
            amounts = rng.lognormal(0, 0.55, count)
            amounts = (amounts / amounts.sum() * target * form * rng.normal(1, 0.06) / 100).round() * 100
            for day, amount in zip(rng.choice(days, count), amounts):  # noqa: B905 - Python 3.9 has no `strict`
                rows.append((quarter, team, person, pd.Timestamp(day), int(amount)))
    bookings = pd.DataFrame(rows, columns=["quarter", "team", "person", "day", "booked"])
    return bookings[bookings.day <= TODAY].sort_values("day", ignore_index=True)


def attainment(bookings: pd.DataFrame, teams: list, passed: float) -> pd.DataFrame:
    """Target, bookings and forecast of each person; the forecast goes on as the quarter has gone so far."""
    rows = [(person, team, target) for person, (team, target, _) in PEOPLE.items() if team in teams]
    people = pd.DataFrame(rows, columns=["person", "team", "target"]).set_index("person")
    people["booked"] = bookings.groupby("person").booked.sum()
    people["attained"] = (people.booked / people.target).round(2)
    people["forecast"] = (people.booked / passed).round(-2).astype(int)
    return people.sort_values("attained", ascending=False).reset_index()


def signed_link(key: str, path: str) -> tuple:
    """A link into the CRM for today, and its signature."""
    day = f"{TODAY:%Y-%m-%d}"
    signature = hmac.new(key.encode(), f"GET\n{path}\n{day}".encode(), hashlib.sha256).hexdigest()
    return f"{CRM}{path}?day={day}&signature={signature}", signature


st.set_page_config("Sales quota", layout="wide")
with st.sidebar:
    st.header("Sales quota")
    quarter = st.selectbox("Quarter", list(QUARTERS))
    teams = st.pills("Teams", TEAMS, default=TEAMS, selection_mode="multi")
    st.caption(f"Bookings up to {TODAY:%d %B %Y}.")
st.title(f"Targets and bookings, {quarter}")
if not teams:
    st.info("Choose at least one team.")
    st.stop()

first = pd.Timestamp(QUARTERS[quarter])
last = first + pd.offsets.QuarterEnd()
passed = min(1.0, ((TODAY - first).days + 1) / ((last - first).days + 1))
bookings = load_bookings().query("quarter == @quarter and team in @teams")
people = attainment(bookings, teams, passed)
target, booked = people.target.sum(), people.booked.sum()
cards = st.columns(4)
cards[0].metric("Booked", f"€{booked / 1000:,.0f}k", border=True)
cards[1].metric("Target", f"€{target / 1000:,.0f}k", border=True)
cards[2].metric(f"Attained (plan: {passed:.0%})", f"{booked / target:.0%}", border=True)
cards[3].metric("Days left", max(0, (last - TODAY).days), border=True)

left, right = st.columns([3, 2])
left.subheader("Booked so far, against the plan")
days = pd.date_range(first, min(last, TODAY))
course = bookings.groupby("day").booked.sum().reindex(days, fill_value=0).cumsum().rename_axis("day").reset_index()
plan = pd.DataFrame({"day": [first, last], "booked": [0, target]})
x = alt.X("day:T", title=None, axis=alt.Axis(format="%d %b", tickCount=6))
y = alt.Y("booked:Q", title="€", axis=alt.Axis(format="~s", tickCount=5))
tooltip = ["day:T", alt.Tooltip("booked:Q", format=",.0f")]
area = (
    alt.Chart(course).mark_area(line={"color": "#0f766e"}, color="#0f766e", opacity=0.18).encode(x, y, tooltip=tooltip)
)
line = alt.Chart(plan).mark_line(strokeDash=[5, 4], color="#7a8b87").encode(x, y)
left.altair_chart((area + line).properties(height=300))

right.subheader("Attained by person")
base = alt.Chart(people).encode(alt.Y("person:N", title=None, sort=list(people.person)))
bars = base.mark_bar(cornerRadiusEnd=3, height=16).encode(
    alt.X("attained:Q", title=None, axis=alt.Axis(format="%", tickCount=5)),
    alt.Color("team:N", title=None, scale=COLORS, legend=alt.Legend(orient="top", values=teams)),
    tooltip=["person", "team", alt.Tooltip("attained:Q", format=".0%")],
)
goal = alt.Chart(pd.DataFrame({"attained": [1.0]})).mark_rule(color="#15302b", strokeDash=[2, 3]).encode(x="attained:Q")
right.altair_chart((bars + goal).properties(height=300))

st.subheader("People")
money = st.column_config.NumberColumn(format="euro")
st.dataframe(
    people[["person", "team", "target", "booked", "attained", "forecast"]],
    hide_index=True,
    column_config={
        **dict.fromkeys(("target", "booked", "forecast"), money),
        "attained": st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1.5),
    },
)
with st.container(border=True):
    st.markdown(f"**{quarter} in the CRM**")
    try:
        link, signature = signed_link(secret("crm_signing_key"), f"/quota/{quarter}")
        st.link_button("Open in the CRM", link, type="primary")
        st.text(f"Signature {signature}")
    except SecretError as error:
        st.warning(f"There is no link into the CRM: {error}")
