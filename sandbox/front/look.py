"""How the pages of the front door look: one small style sheet, no script, no request to anywhere else."""

from __future__ import annotations

from html import escape

from starlette.responses import HTMLResponse

# Text on every ground has a contrast of 4.5 or more, in both schemes.
PALETTE = """
:root { color-scheme: light dark; --ground:#f3f5f8; --card:#fff; --ink:#17202e; --soft:#566277; --line:#dfe4ec;
  --edge:#858f9f; --accent:#1f5fd1; --accent-ink:#fff; --hover:#eef3fd; --bad:#b3261e; --bad-ground:#fdecea;
  --good:#146c36; --good-ground:#e2f4e8; --warn:#8a4b00; --warn-ground:#fdf0d9; --chip:#edf1f7; }
@media (prefers-color-scheme: dark) { :root { --ground:#10151d; --card:#1a212c; --ink:#e8edf5; --soft:#9dabc0;
  --line:#2d3848; --edge:#6c7a8f; --accent:#7aa9ff; --accent-ink:#0d1522; --hover:#222d3d; --bad:#ff9d94;
  --bad-ground:#3a1f1e; --good:#7fdca0; --good-ground:#17351f; --warn:#f5c264; --warn-ground:#3b2c10;
  --chip:#273244; } }
"""
STYLE = (
    PALETTE
    + """
* { box-sizing:border-box }
body { margin:0; min-height:100vh; background:var(--ground); color:var(--ink); display:flex; flex-direction:column;
  align-items:center; padding:clamp(1rem,6vh,4.5rem) 1rem 2rem; font:16px/1.5 system-ui,"Segoe UI",Roboto,
  "Liberation Sans",sans-serif; }
main { width:100%; max-width:34rem; background:var(--card); border:1px solid var(--line); border-radius:14px;
  padding:1.75rem; box-shadow:0 1px 2px #0001,0 12px 32px #0000000f; overflow-wrap:anywhere }
h1 { font-size:1.4rem; line-height:1.25; margin:0 0 .4rem; letter-spacing:-.01em }
h2 { font-size:.95rem; margin:1.5rem 0 .5rem }
p { margin:.4rem 0 }
.soft { color:var(--soft) } .small { font-size:.875rem }
.kicker { display:flex; align-items:center; gap:.5rem; font-size:.8125rem; font-weight:600; color:var(--soft);
  margin:0 0 1rem }
.kicker svg { flex:none }
.refused .kicker { color:var(--bad) }
ul.plain { list-style:none; margin:1.25rem 0 0; padding:0; display:grid; gap:.5rem }
.row { display:flex; gap:.5rem; align-items:stretch }
button,.button { font:inherit; color:inherit; text-align:left; background:var(--card); border:1px solid var(--edge);
  border-radius:10px; padding:.65rem .85rem; cursor:pointer; text-decoration:none; display:block }
button:hover,.button:hover { background:var(--hover); border-color:var(--accent) }
:focus-visible { outline:3px solid var(--accent); outline-offset:2px }
.row > button:first-child,.wide { flex:1; width:100% }
.person { display:grid; grid-template-columns:2.5rem 1fr; gap:0 .8rem; align-items:center }
.face { grid-row:span 2; width:2.5rem; height:2.5rem; border-radius:50%; display:grid; place-items:center;
  background:var(--accent); color:var(--accent-ink); font-size:.875rem; font-weight:600 }
.chips { grid-column:2; display:flex; flex-wrap:wrap; gap:.3rem; margin-top:.2rem }
.chip { background:var(--chip); border-radius:6px; padding:.05rem .45rem; font-size:.8125rem }
.side { font-size:.8125rem; max-width:7rem; text-align:center; display:grid; align-items:center }
.primary { background:var(--accent); color:var(--accent-ink); border-color:var(--accent); font-weight:600;
  text-align:center }
.primary:hover { background:var(--accent); filter:brightness(1.08) }
.actions { display:flex; flex-wrap:wrap; gap:.6rem; margin-top:1.5rem }
input { font:inherit; color:inherit; background:var(--card); border:1px solid var(--edge); border-radius:10px;
  padding:.6rem .8rem; flex:1; min-width:0 }
label { display:block; font-weight:600; margin:1.5rem 0 .4rem; font-size:.95rem }
.note { background:var(--bad-ground); color:var(--bad); border-radius:10px; padding:.7rem .9rem; margin:1rem 0 0 }
dl { display:grid; grid-template-columns:max-content 1fr; gap:.3rem 1.1rem; margin:1.25rem 0 0 }
dt { color:var(--soft) } dd { margin:0 }
ol.why { margin:.5rem 0 0; padding:0; list-style:none; border:1px solid var(--line); border-radius:10px }
ol.why li { padding:.65rem .9rem } ol.why li + li { border-top:1px solid var(--line) }
ol.why strong { display:block }
code { font:0.9em ui-monospace,"DejaVu Sans Mono",monospace }
pre { background:var(--chip); border-radius:10px; padding:.7rem .9rem; margin:.9rem 0; white-space:pre-wrap }
footer { max-width:34rem; width:100%; margin-top:1.25rem; text-align:center }
@media (max-width:26rem) { main { padding:1.25rem } .row { flex-direction:column } .side { max-width:none }
  dl { grid-template-columns:1fr; gap:0 } dd { margin-bottom:.5rem } }
"""
)

_GATE = (
    '<svg width="18" height="18" viewBox="0 0 18 18" fill="none" stroke="currentColor" stroke-width="1.8"'
    ' stroke-linecap="round" aria-hidden="true"><path d="M3 16V8a6 6 0 0 1 12 0v8M1.5 16h15M9 5v11M3 11h12"/></svg>'
)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
SAFETY = {
    "cache-control": "no-store",
    "content-security-policy": _POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


def page(
    title: str, body: str, *, kicker: str, footer: str = "", status: int = 200, kind: str = "", summary: str = ""
) -> HTMLResponse:
    """A whole page around a body that is HTML already; the other texts are escaped here.

    `summary` is the page in a sentence, for those who do not look at it.
    """
    foot = f'<footer class="soft small">{escape(footer)}</footer>' if footer else ""
    described = f'<meta name="description" content="{escape(summary)}">' if summary else ""
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1">{described}<style>{STYLE}</style></head>'
        f'<body><main class="{escape(kind)}"><p class="kicker">{_GATE}{escape(kicker)}</p>'
        f"<h1>{escape(title)}</h1>{body}</main>{foot}</body></html>\n"
    )
    return HTMLResponse(text, status, SAFETY)


def notice(title: str, sentence: str, *, kicker: str, status: int, footer: str = "") -> HTMLResponse:
    """A page that says one thing."""
    body = f"<p>{escape(sentence)}</p>"
    return page(title, body, kicker=kicker, footer=footer, status=status, kind="refused", summary=sentence)
