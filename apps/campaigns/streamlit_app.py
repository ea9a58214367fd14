"""Campaign performance: what each marketing channel costs, and what it brings in."""

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

LAST_WEEK = pd.Timestamp("2026-11-16")  # a Monday; the sample ends here, so every run shows the same numbers
#             channel      spend a week, clicks per euro, orders per click, euro per order
CHANNELS = {
    "Search": (5200, 1.9, 0.041, 78),
    "Social": (4100, 2.6, 0.018, 64),
    "Newsletter": (900, 3.4, 0.029, 71),
    "Affiliates": (2600, 1.4, 0.034, 83),
    "Video": (3300, 1.1, 0.012, 96),
}


@st.cache_data
def load_weeks() -> pd.DataFrame:
    """A year of weeks per channel: a season, a slow trend and some noise, from a fixed seed."""
    rng = np.random.default_rng(20261116)
    weeks = pd.date_range(end=LAST_WEEK, periods=52, freq="W-MON")
    season = 1 + 0.12 * np.sin(np.linspace(1.2, 2 * np.pi + 1.2, 52))
    frames = []
    for channel, (spend, clicks, orders, value) in CHANNELS.items():
        paid = spend * season * rng.normal(1, 0.08, 52)
        clicked = paid * clicks * rng.normal(1, 0.07, 52)
        ordered = clicked * orders * np.linspace(0.94, 1.08, 52) * rng.normal(1, 0.09, 52)
        revenue = ordered * value
        frames.append(
            pd.DataFrame({"week": weeks, "channel": channel, "spend": paid, "clicks": clicked, "orders": ordered})
            .assign(revenue=revenue)
            .round({"spend": 0, "clicks": 0, "orders": 0, "revenue": 0})
        )
    return pd.concat(frames, ignore_index=True)


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
st.title("Campaign performance")
pick, span = st.columns([3, 1])
channels = pick.pills("Channels", list(CHANNELS), default=list(CHANNELS), selection_mode="multi")
count = span.segmented_control("Weeks", [4, 13, 26], default=13) or 13
if not channels:
    st.info("Choose at least one channel.")
    st.stop()

chosen = load_weeks().query("channel in @channels")
weeks = sorted(chosen.week.unique())
now = chosen[chosen.week.isin(weeks[-count:])]
show_totals(now, chosen[chosen.week.isin(weeks[-2 * count : -count])])

st.subheader("Revenue by week")
st.altair_chart(
    alt.Chart(now)
    .mark_area(opacity=0.85)
    .encode(
        alt.X("week:T", title=None, axis=alt.Axis(format="%d %b", tickCount={"interval": "week", "step": 2})),
        alt.Y("revenue:Q", title="€", axis=alt.Axis(format="~s", titleAngle=0)),
        alt.Color("channel:N", title=None, sort=list(CHANNELS), legend=alt.Legend(orient="top")),
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
