"""The pages of Access that say no: which application refused whom, and why."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from sandbox.cloudflare_api.access import AccessObjects, Outcome, Visitor
from sandbox.cloudflare_api.document import Json
from sandbox.front.explain import Finding, findings
from sandbox.front.look import notice, page
from sandbox.front.sessions import Session
from sandbox.front.visits import Visit

_KICKER = "Access"


def refused(
    objects: AccessObjects, application: Json, visit: Visit, session: Session | None, visitor: Visitor, outcome: Outcome
) -> Response:
    """The 403 page, or the redirect that the application has in its place."""
    custom = application.get("custom_deny_url" if session else "custom_non_identity_deny_url")
    if custom:
        return RedirectResponse(str(custom), 302, headers={"cache-control": "no-store"})
    name = str(application.get("name") or application.get("domain"))
    body = f"<p>{escape(_sentence(application, session))}</p>{_facts(objects, visit, session, visitor)}"
    found = findings(objects, application, visitor) if session else ()
    body += _reasons(outcome, found)
    if session:
        logout = escape("/cdn-cgi/access/logout?" + urlencode({"back": visit.host + visit.path}))
        body += f'<p class="actions"><a class="button primary" href="{logout}">Log out and use another account</a></p>'
    told = {
        "kicker": f"{_KICKER} · 403",
        "footer": f"Ask the owner of {name} for access. Ray {visit.ray}",
        "summary": " ".join((_capital(outcome.reason), *(f"{one.policy}: {one.sentence}." for one in found))),
    }
    return page(f"No access to {name}", body, **told, status=403, kind="refused")


def _sentence(application: Json, session: Session | None) -> str:
    own = application.get("custom_deny_message")
    if own:
        return str(own)
    return f"{session.email if session else 'This client'} does not have access to this application."


def _facts(objects: AccessObjects, visit: Visit, session: Session | None, visitor: Visitor) -> str:
    rows = [("Address", visit.host + visit.path)]
    if session:
        provider = objects.identity_providers.get(session.idp_id, {}).get("name") or session.idp_id
        rows += [("Logged in as", f"{session.name} ({session.email})"), ("Through", str(provider))]
        rows += [("Groups", ", ".join(session.groups))] if session.groups else []
    rows += [("From", ", ".join(filter(None, (visitor.country, visitor.ip))))]
    return "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows) + "</dl>"


def _reasons(outcome: Outcome, found: tuple[Finding, ...]) -> str:
    lines = "".join(
        f"<li><strong>{escape(one.policy)}</strong>"
        f'<span class="soft small">{escape(one.action)} policy. {escape(one.sentence)}.</span></li>'
        for one in found
    )
    listed = f'<ol class="why">{lines}</ol>' if lines else ""
    return f"<h2>Why</h2><p>{escape(_capital(outcome.reason))}</p>{listed}"


def _capital(reason: str) -> str:
    return f"{reason[:1].upper()}{reason[1:]}."


def unreadable(why: str) -> Response:
    """The answer to a path that two programs could read differently."""
    return notice(
        "This address cannot be read safely", f"The path was refused: {why}.", kicker=f"{_KICKER} · 400", status=400
    )


def unmatched(visit: Visit) -> Response:
    """The organization closes what no application covers."""
    sentence = f"No application covers {visit.host}{visit.path}, and this organization closes such addresses."
    return notice("Nothing is open here", sentence, kicker=f"{_KICKER} · 403", status=403, footer=f"Ray {visit.ray}")


def stale(sentence: str) -> Response:
    """A login that cannot go on."""
    return notice("This login cannot go on", sentence, kicker=f"{_KICKER} · 400", status=400)
