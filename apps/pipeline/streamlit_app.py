"""Sales pipeline: what is open, in which stage, and when how much of it is likely to be won."""

from datetime import UTC, datetime

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st
from streamlit_access import access_user

TODAY = pd.Timestamp("2026-11-20")  # the sample is as of this day, so every run shows the same numbers
STAGES = {"Lead": 0.10, "Qualified": 0.25, "Proposal": 0.50, "Negotiation": 0.75}  # chance of winning
OWNERS = {
    "aya@example.com": "Aya Ito",
    "bo@example.com": "Bo Novak",
    "clara@example.com": "Clara Duarte",
    "sam@example.com": "Sam Okafor",
}
FIRST = ("Northwind", "Blue Harbor", "Kestrel", "Alder", "Meridian", "Sunfield", "Granite", "Juniper")
SECOND = ("Logistics", "Foods", "Energy", "Health", "Retail", "Systems")
AMOUNTS = alt.Scale(domain=["value", "forecast"], range=["#9fc3e6", "#2f74b8"])
SHADES = alt.Scale(domain=list(STAGES), range=["#bcd7ef", "#86b6e3", "#4a90cf", "#2465a6"])


@st.cache_data
def load_deals() -> tuple[pd.DataFrame, datetime]:
    """Forty-eight open deals from a fixed seed (the later the stage, the fewer and the nearer), and when read."""
    rng = np.random.default_rng(7)
    names = [f"{first} {second}" for first in FIRST for second in SECOND]
    stages = rng.choice(list(STAGES), len(names), p=[0.38, 0.28, 0.21, 0.13])
    chance = pd.Series(stages).map(STAGES)
    deals = pd.DataFrame({"deal": names, "stage": stages, "chance": chance})
    deals["owner"] = rng.choice(list(OWNERS.values()), len(names))
    deals["value"] = (rng.lognormal(10.4, 0.6, len(names)) / 500).round() * 500
    days = (110 * (1.15 - chance) * rng.uniform(0.3, 1.6, len(names))).round()
    deals["closes"] = TODAY + pd.to_timedelta(days, unit="D")
    deals["quiet"] = rng.integers(0, 45, len(names))  # days since the last contact
    deals["forecast"] = (deals.value * deals.chance).round()
    return deals, datetime.now(UTC)


st.set_page_config("Sales pipeline", layout="wide")
user = access_user()  # whoever is not verified sees why, and nothing below this line

st.title("Sales pipeline")
own = OWNERS.get(user.email, "")
st.markdown(f"Hello **{own or user.name}**, {'your deals come first' if own else 'these are all open deals'}.")
pick, size = st.columns([2, 1])
choices = ["Everybody", *OWNERS.values()]
owner = pick.selectbox("Owner", choices, choices.index(own) if own else 0)
least = size.slider("Deals of at least", 0, 100_000, 0, 5_000, format="€%d")
with st.container(horizontal=True, vertical_alignment="center"):
    if st.button("Refresh figures", icon=":material/refresh:"):
        load_deals.clear()
        st.session_state.refreshed = st.session_state.get("refreshed", 0) + 1
    everything, read = load_deals()
    st.caption(f"Read at {read:%H:%M:%S} UTC · refreshes: {st.session_state.get('refreshed', 0)}")
deals = everything.query("value >= @least")
deals = deals if owner == "Everybody" else deals.query("owner == @owner")
if deals.empty:
    st.info("No open deal fits.")
    st.stop()

quarter = deals[deals.closes <= TODAY + pd.offsets.QuarterEnd()]
cards = st.columns(4)
cards[0].metric("Open deals", len(deals), border=True)
cards[1].metric("Open value", f"€{deals.value.sum():,.0f}", border=True)
cards[2].metric("Weighted forecast", f"€{deals.forecast.sum():,.0f}", border=True)
cards[3].metric("of which this quarter", f"€{quarter.forecast.sum():,.0f}", border=True)

left, right = st.columns(2)
left.subheader("By stage")
stages = deals.groupby("stage")[["value", "forecast"]].sum().reindex(list(STAGES)).dropna().reset_index()
bars = stages.melt("stage", var_name="amount", value_name="euro")
left.altair_chart(
    alt.Chart(bars)
    .mark_bar(cornerRadiusEnd=3)
    .encode(
        alt.X("euro:Q", title="€", axis=alt.Axis(format="~s", tickCount=5)),
        alt.Y("stage:N", title=None, sort=list(STAGES)),
        alt.Color("amount:N", title=None, scale=AMOUNTS, legend=alt.Legend(orient="top")),
        alt.YOffset("amount:N", sort=["value", "forecast"]),
        tooltip=["stage", "amount", alt.Tooltip("euro:Q", format=",.0f")],
    )
    .properties(height=280)
)
right.subheader("Forecast by month of closing")
months = (
    deals.assign(month=deals.closes.dt.strftime("%Y-%m"))
    .groupby(["month", "stage", "chance"], as_index=False)
    .forecast.sum()
)
right.altair_chart(
    alt.Chart(months)
    .mark_bar()
    .encode(
        alt.X("month:O", title=None, axis=alt.Axis(labelAngle=0)),
        alt.Y("forecast:Q", title="€", axis=alt.Axis(format="~s", tickCount=5)),
        alt.Color("stage:N", title=None, scale=SHADES, legend=alt.Legend(orient="top", columns=2)),
        alt.Order("chance:Q", sort="descending"),
        tooltip=["month", "stage", alt.Tooltip("forecast:Q", format=",.0f")],
    )
    .properties(height=280)
)

st.subheader("Needs a call")
st.caption("Nobody has spoken with these for three weeks or more; the largest forecast comes first.")
silent = deals.query("quiet >= 21").sort_values("forecast", ascending=False)
st.dataframe(
    silent[["deal", "stage", "owner", "closes", "quiet", "value", "forecast"]],
    hide_index=True,
    column_config={
        "closes": st.column_config.DateColumn(format="D MMM YYYY"),
        "quiet": st.column_config.ProgressColumn("days quiet", format="%d", min_value=0, max_value=45),
        "value": st.column_config.NumberColumn("value (€)", format="localized"),
        "forecast": st.column_config.NumberColumn("forecast (€)", format="localized"),
    },
)
with st.expander("Who you are, and how this app knows", icon=":material/verified_user:"):
    st.table(user.facts)
