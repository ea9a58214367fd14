"""Campaign performance: what each marketing channel costs, and what it brings in."""

from datetime import UTC, datetime

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st
from streamlit_access import AccessUser, access_user

LAST_WEEK = pd.Timestamp("2026-11-16")  # a Monday; the sample ends here, so every run shows the same numbers
#             channel      spend a week, clicks per euro, orders per click, euro per order
CHANNELS = {
    "Search": (5200, 1.9, 0.041, 78),
    "Social": (4100, 2.6, 0.018, 64),
    "Newsletter": (900, 3.4, 0.029, 71),
    "Affiliates": (2600, 1.4, 0.034, 83),
    "Video": (3300, 1.1, 0.012, 96),
}
COLORS = alt.Scale(domain=list(CHANNELS), range=["#3b82c4", "#e0723f", "#3f9d77", "#d2a23a", "#8f6bc1"])
AGENCY = ("Social", "Video")  # all that people of the agency get to see


def channels_of(user: AccessUser) -> tuple[str, ...]:
    """The claim comes with the verified token, so nobody can leave it out."""
    return AGENCY if "contractor" in user.claim("employment") else tuple(CHANNELS)


@st.cache_data
def load_weeks() -> tuple[pd.DataFrame, datetime]:
    """A year of weeks per channel (a season, a slow trend, some noise, from a fixed seed), and when it was read."""
    rng = np.random.default_rng(20261116)
    weeks = pd.date_range(end=LAST_WEEK, periods=52, freq="W-MON")
    season = 1 + 0.12 * np.sin(np.linspace(1.2, 2 * np.pi + 1.2, 52))
    frames = []
    for channel, (spend, clicks, orders, value) in CHANNELS.items():
        paid = spend * season * rng.normal(1, 0.08, 52)
        clicked = paid * clicks * rng.normal(1, 0.07, 52)
        ordered = clicked * orders * np.linspace(0.94, 1.08, 52) * rng.normal(1, 0.09, 52)
        columns = {"spend": paid, "clicks": clicked, "orders": ordered, "revenue": ordered * value}
        frames.append(pd.DataFrame({"week": weeks, "channel": channel, **columns}).round(dict.fromkeys(columns, 0)))
    return pd.concat(frames, ignore_index=True), datetime.now(UTC)


def show_totals(now: pd.DataFrame, before: pd.DataFrame) -> None:
    """Four figures, each compared with the same number of weeks before; lower is better for the last."""
    totals, earlier = now.sum(numeric_only=True), before.sum(numeric_only=True)
    figures = [
        ("Spend", totals.spend, earlier.spend, "€{:,.0f}", "off"),
        ("Revenue", totals.revenue, earlier.revenue, "€{:,.0f}", "normal"),
        ("Return on spend", totals.revenue / totals.spend, earlier.revenue / earlier.spend, "{:.2f}×", "normal"),
        ("Cost per order", totals.spend / totals.orders, earlier.spend / earlier.orders, "€{:.2f}", "inverse"),
    ]
    for column, (label, value, previous, form, color) in zip(st.columns(4), figures, strict=True):
        column.metric(label, form.format(value), f"{value / previous - 1:+.1%}", delta_color=color, border=True)


st.set_page_config("Campaign performance", layout="wide")
user = access_user()  # whoever is not verified sees why, and nothing below this line

st.title("Campaign performance")
st.markdown(f"Hello **{user.name}**, these are your channels up to the week of {LAST_WEEK:%d %B}.")
allowed = channels_of(user)
pick, span = st.columns([3, 1])
channels = pick.pills("Channels", allowed, default=allowed, selection_mode="multi")
count = span.segmented_control("Weeks", [4, 13, 26], default=13) or 13
if not channels:
    st.info("Choose at least one channel.")
    st.stop()
with st.container(horizontal=True, vertical_alignment="center"):
    if st.button("Refresh figures", icon=":material/refresh:"):
        load_weeks.clear()
        st.session_state.refreshed = st.session_state.get("refreshed", 0) + 1
    everything, read = load_weeks()
    st.caption(f"Read at {read:%H:%M:%S} UTC · refreshes: {st.session_state.get('refreshed', 0)}")

chosen = everything.query("channel in @channels")
weeks = sorted(chosen.week.unique())
now = chosen[chosen.week.isin(weeks[-count:])]
show_totals(now, chosen[chosen.week.isin(weeks[-2 * count : -count])])

st.subheader("Revenue by week")
st.altair_chart(
    alt.Chart(now)
    .mark_area(opacity=0.9, interpolate="monotone")
    .encode(
        alt.X("week:T", title=None, axis=alt.Axis(format="%d %b", tickCount={"interval": "week", "step": 2})),
        alt.Y("revenue:Q", title="Revenue (€)", axis=alt.Axis(format="~s", tickCount=5)),
        alt.Color("channel:N", title=None, scale=COLORS, legend=alt.Legend(orient="top", columns=3, values=channels)),
        tooltip=["week:T", "channel:N", alt.Tooltip("revenue:Q", format=",.0f")],
    )
    .properties(height=300)
)

st.subheader("Channels")
table = now.groupby("channel")[["spend", "clicks", "orders", "revenue"]].sum()
table["return"], table["cost per order"] = table.revenue / table.spend, table.spend / table.orders
table["trend"] = now.groupby("channel").revenue.agg(list)
whole = dict.fromkeys(("spend", "clicks", "orders", "revenue"), st.column_config.NumberColumn(format="localized"))
best = float(table["return"].max())
st.dataframe(
    table.sort_values("return", ascending=False),
    column_config={
        **whole,
        "return": st.column_config.ProgressColumn(format="%.2f×", min_value=0, max_value=best),
        "cost per order": st.column_config.NumberColumn(format="euro"),
        "trend": st.column_config.LineChartColumn("revenue by week"),
    },
)
st.caption("Spend and revenue in euro. The small lines have a scale of their own.")
with st.expander("Who you are, and how this app knows", icon=":material/verified_user:"):
    st.table(user.facts)
