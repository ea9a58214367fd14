"""Who is refused, and what the page and the audit log say of it."""

from __future__ import annotations

import json
from typing import Any

from .world import ACCOUNT, CAMPAIGNS, PIPELINE, STATUS, TEAM, Browser, FrontWorld, told

Json = dict[str, Any]


def test_scripts_get_401_and_no_redirect(front: FrontWorld) -> None:
    reply = front.call("GET", CAMPAIGNS, [("X-Requested-With", "XMLHttpRequest")])
    assert (reply.status, reply.all("location")) == (401, [])


def test_an_application_may_have_its_own_words_for_a_refusal(front: FrontWorld) -> None:
    own = front.ids["sales"]  # the policy
    idps: Json = {"allowed_idps": [front.ids["workspace"]], "auto_redirect_to_identity": True}
    front.application("help", "wiki.example.com/help", [own], custom_deny_message="Ask <Sam>.", **idps)
    front.application("moved", "wiki.example.com/moved", [own], custom_deny_url=f"https://{TEAM}/moved", **idps)
    browser = Browser(front)
    assert "Ask &lt;Sam&gt;." in browser.log_in("https://wiki.example.com/help", "mika").text
    assert browser.get("https://wiki.example.com/moved").url == f"https://{TEAM}/moved"


def test_a_preflight_passes_where_the_application_says_so(front: FrontWorld) -> None:
    own: Json = {"options_preflight_bypass": True, "service_auth_401_redirect": True}
    front.application("api", "wiki.example.com/api", [], **own)
    url = "https://wiki.example.com/api"
    assert "cf-access-jwt-assertion" not in told(front.call("OPTIONS", url))
    assert front.call("GET", url).status == 401
    assert front.call("OPTIONS", CAMPAIGNS).status == 302


def test_a_removed_application_closes(front: FrontWorld) -> None:
    browser = Browser(front)
    browser.log_in(CAMPAIGNS, "mika")
    front.api("DELETE", f"access/apps/{front.ids['campaigns']}")
    front.origin.heads.clear()
    assert browser.get(CAMPAIGNS).status == 403
    assert front.origin.heads == []


def test_a_policy_that_asks_for_an_approval_admits_nobody(front: FrontWorld) -> None:
    own = front.policy("approved", "allow", [{"everyone": {}}], approval_required=True)
    front.application("slow", "wiki.example.com/slow", [own], allowed_idps=[front.ids["workspace"]])
    reply = Browser(front).log_in("https://wiki.example.com/slow", "mika")
    assert (reply.status, "asks for an approval" in reply.text) == (403, True)


def test_policies_that_cannot_be_evaluated_admit_nobody(front: FrontWorld) -> None:
    browser = Browser(front)
    browser.log_in(CAMPAIGNS, "mika")
    app = front.store.get("applications", f"accounts/{ACCOUNT}", front.ids["campaigns"]) or {}
    broken = {**app, "policies": [{"id": "gone", "precedence": 1}]}
    front.store.put("applications", f"accounts/{ACCOUNT}", front.ids["campaigns"], broken)
    front.store.commit()
    reply = browser.ask("GET", CAMPAIGNS)
    assert (reply.status, "cannot be evaluated" in reply.text) == (403, True)


def test_the_refusal_says_which_application_and_why(front: FrontWorld) -> None:
    reply = Browser(front).log_in(PIPELINE, "mika")
    for phrase in (
        "No access to pipeline",
        "mika@example.com does not have access",
        "apps.example.com/streamlit/sales/",
        "It is for the group sales",
        "No policy matches",
        "/cdn-cgi/access/logout",
    ):
        assert phrase in reply.text
    assert '<html lang="en">' in reply.text
    assert reply.header("cache-control") == "no-store"
    assert "default-src 'none'" in reply.header("content-security-policy")


def test_texts_of_others_are_escaped_in_pages(front: FrontWorld) -> None:
    evil = "<script>alert(1)</script>"
    front.control("PATCH", "/people/mika", {"name": evil, "identities": {"workspace": {"groups": [evil]}}})
    browser = Browser(front)
    page = browser.get(CAMPAIGNS)
    refused = browser.choose(page, "mika")
    assert refused.status == 403
    for text in (page.text, refused.text):
        assert evil not in text
        assert "&lt;script&gt;" in text


def test_the_audit_log_says_who_where_and_why(front: FrontWorld) -> None:
    browser = Browser(front)
    browser.log_in(PIPELINE + "?secret=1", "mika")
    front.call("GET", CAMPAIGNS, [("cookie", "CF_Authorization=a.b.c")])
    front.call("GET", STATUS)
    browser.get(f"https://{TEAM}/cdn-cgi/access/logout")
    assert front.directory is not None
    text = (front.directory / "audit.jsonl").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert [(one["event"], one["decision"]) for one in lines] == [
        ("request", "login_required"),
        ("login", "deny"),
        ("request", "login_required"),
        ("logout", "ended"),
    ]
    denied = lines[1]
    assert (denied["email"], denied["application"], denied["reason"]) == (
        "mika@example.com",
        "pipeline",
        "no policy matches",
    )
    assert (denied["country"], denied["ip"], denied["path"]) == ("JP", "192.0.2.7", "/streamlit/sales/")
    assert "a token was refused" in lines[2]["reason"]
    assert "secret=1" not in text
    assert front.control("GET", "/audit").json()["decisions"] == lines
