"""The viewer: who gets to see which app, and what cannot be got around."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from sandbox.snowflake_api.apps import StreamlitApp, User

from .served import World, needs_environment
from .world import FINANCE, OWNER, SALES

HELLO = "import streamlit as st\nst.title('Hello')"
SEEN = """
import streamlit as st
report(user=st.user.to_dict(), headers=dict(st.context.headers), cookies=dict(st.context.cookies))
"""


@pytest.fixture(scope="module")
def ledger(world: World) -> StreamlitApp:
    return world.create("Ledger", HELLO)


@pytest.fixture(scope="module")
def pipeline(world: World) -> StreamlitApp:
    return world.create("Pipeline", HELLO, roles=(SALES,))


@pytest.fixture
def mika(world: World) -> Iterator[httpx.Client]:
    with world.visiting("MIKA") as client:
        yield client


def path(app: StreamlitApp) -> str:
    return f"/streamlit-apps/{app.url_id}/"


def test_a_login_sets_a_cookie_that_scripts_and_other_sites_do_not_get(world: World) -> None:
    with world.browser() as client:
        assert client.get("/").headers["location"] == "/login"
        page = client.get("/login").text
        assert "Mika Tanaka" in page
        assert "Sam Okafor" in page
        answer = client.post("/login", data={"person": "MIKA"}, headers={"origin": world.origin})
        cookie = answer.headers["set-cookie"]
        assert f"snowflake_{world.port}=" in cookie
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Mika Tanaka" in client.get("/").text


def test_nobody_logs_in_as_a_stranger(world: World) -> None:
    with world.browser() as client:
        answer = client.post("/login", data={"person": "MALLORY"}, headers={"origin": world.origin})
        assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)
        client.cookies.set(f"snowflake_{world.port}", "guessed")
        assert client.get("/").headers["location"] == "/login"


def test_logging_out_ends_the_session_and_not_only_the_cookie(world: World, mika: httpx.Client) -> None:
    kept = dict(mika.cookies)
    mika.post("/logout", headers={"origin": world.origin})
    mika.cookies.update(kept)
    assert mika.get("/").headers["location"] == "/login"


def test_a_user_who_has_gone_is_logged_out(world: World) -> None:
    world.apps.people.append(User("BRIEF", "Only Here", (FINANCE,)))
    with world.visiting("Only Here") as client:
        assert client.get("/").status_code == 200
        world.apps.people.pop()
        assert client.get("/").headers["location"] == "/login"


def test_the_list_has_what_one_may_open(mika: httpx.Client, ledger: StreamlitApp, pipeline: StreamlitApp) -> None:
    page = mika.get("/").text
    for text in ("Ledger", "APPS.FINANCE.LEDGER", "Container runtime", OWNER, FINANCE, path(ledger)):
        assert text in page
    assert "Pipeline" not in page
    assert pipeline.url_id not in page


def test_texts_of_the_account_are_no_html(world: World, mika: httpx.Client) -> None:
    app = world.create("Odd", None)
    world.apps.change(app, title="<script>alert(1)</script>")
    try:
        assert "<script>alert" not in mika.get("/").text
        assert "<script>alert" not in mika.get(path(app)).text
    finally:
        del world.apps.apps[app.url_id]


@needs_environment
def test_an_app_is_started_by_its_first_visitor(world: World, mika: httpx.Client) -> None:
    app = world.create("First", HELLO)
    first = mika.get(path(app))
    assert (first.status_code, first.headers["refresh"]) == (503, "1")
    assert "First is starting" in first.text
    # What a page asks for afterwards waits.
    assert mika.get(f"{path(app)}_stcore/health", headers={"accept": "*/*"}).text == "ok"
    assert "<title>Streamlit</title>" in mika.get(path(app)).text
    assert mika.get(path(app).rstrip("/")).headers["location"] == path(app)


def test_login_leads_back_to_the_app_and_nowhere_else(world: World, ledger: StreamlitApp) -> None:
    with world.browser() as client:
        answer = client.get(f"{path(ledger)}page?q=1")
        assert answer.headers["location"] == f"/login?back=%2Fstreamlit-apps%2F{ledger.url_id}%2Fpage%3Fq%3D1"
        assert f'value="/streamlit-apps/{ledger.url_id}/page?q=1"' in client.get(answer.headers["location"]).text
        for back, target in ((path(ledger), path(ledger)), ("https://evil.test/", "/"), ("//evil.test", "/")):
            form = {"person": "MIKA", "back": back}
            assert client.post("/login", data=form, headers={"origin": world.origin}).headers["location"] == target
    with world.browser() as client:
        assert client.get(f"{path(ledger)}_stcore/health", headers={"accept": "*/*"}).status_code == 401


def test_what_one_may_not_see_looks_like_what_is_not_there(
    world: World, mika: httpx.Client, pipeline: StreamlitApp
) -> None:
    paths = (path(pipeline), "/streamlit-apps/nothing/", f"{path(pipeline)}_stcore/health")
    answers = [mika.get(one) for one in paths]
    assert {one.status_code for one in answers} == {404}
    assert len({one.text for one in answers}) == 1
    with world.browser() as client:
        assert {client.get(one).headers["location"].partition("?")[0] for one in paths} == {"/login"}
    with pytest.raises(InvalidStatus, match="404"), world.stream(mika, pipeline):
        pass


def test_an_app_without_a_live_version(world: World, mika: httpx.Client) -> None:
    app = world.create("Draft", None)
    answer = mika.get(path(app))
    assert answer.status_code == 404
    assert "no live version" in answer.text
    assert "It has no live version yet." in mika.get("/").text


@needs_environment
def test_a_websocket_ends_when_usage_is_revoked(world: World, mika: httpx.Client) -> None:
    app = world.create("Revoked", HELLO)
    with world.stream(mika, app) as stream:
        assert stream.subprotocol == "streamlit"
        stream.ping().wait(5)
        world.apps.roles[app.url_id] = ()
        with pytest.raises(ConnectionClosed) as closed:
            stream.recv(timeout=10)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1008
    assert mika.get(path(app)).status_code == 404


@needs_environment
def test_a_websocket_ends_at_logout(world: World, mika: httpx.Client, ledger: StreamlitApp) -> None:
    with world.stream(mika, ledger) as stream:
        mika.post("/logout", headers={"origin": world.origin})
        with pytest.raises(ConnectionClosed):
            stream.recv(timeout=10)


@needs_environment
def test_a_websocket_of_another_site_is_refused(world: World, mika: httpx.Client, ledger: StreamlitApp) -> None:
    for origin in ("http://evil.test", f"http://127.0.0.1:{world.port + 1}", "null"):
        with pytest.raises(InvalidStatus, match="403"), world.stream(mika, ledger, Origin=origin):
            pass


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_forms_of_other_sites_are_refused(mika: httpx.Client, ledger: StreamlitApp, method: str) -> None:
    for told in ({"origin": "http://evil.test"}, {"origin": "null"}, {}):
        for place in ("/login", "/logout", f"/start/{ledger.url_id}", f"{path(ledger)}_stcore/message"):
            answer = mika.request(method, place, headers=told)
            assert (answer.status_code, "another site" in answer.text) == (403, True)
    assert "Mika Tanaka" in mika.get("/").text


def test_pages_of_other_sites_embed_nothing(mika: httpx.Client, ledger: StreamlitApp) -> None:
    for site in ("cross-site", "same-site"):
        told = {"sec-fetch-site": site, "sec-fetch-mode": "no-cors"}
        assert mika.get(f"{path(ledger)}media/x", headers=told).status_code == 403
        assert mika.get("/", headers={**told, "sec-fetch-mode": "navigate"}).status_code == 200


@pytest.mark.parametrize("place", ["/", "/login", "/streamlit-apps/ledger/", "/__sandbox/apps"])
def test_only_loopback_names_are_answered(world: World, mika: httpx.Client, place: str) -> None:
    for host in ("evil.test", f"evil.test:{world.port}", f"127.0.0.1:{world.port + 1}", "127.0.0.1", ""):
        answer = mika.get(place, headers={"host": host})
        assert (answer.status_code, "not known by that name" in answer.text) == (403, True)
    assert mika.get(place, headers={"host": f"localhost:{world.port}"}).status_code != 403


@needs_environment
def test_the_app_learns_who_looks_and_not_how_they_are_logged_in(world: World, mika: httpx.Client) -> None:
    app = world.create("Seen", SEEN)
    world.wake(app)
    mika.cookies.set("own", "of the app")
    with world.stream(mika, app, **{"Sf-Context-Current-User": "ACCOUNTADMIN", "sf-context-more": "x"}) as stream:
        stream.send(RERUN)
        until = time.monotonic() + 10
        while not (world.directory / "Seen.json").exists():
            assert time.monotonic() < until
            time.sleep(0.05)
    time.sleep(0.1)
    found = json.loads((world.directory / "Seen.json").read_text())
    assert found["user"] == {"user_name": "MIKA"}
    assert found["cookies"] == {"own": "of the app"}
    told = {name.lower(): value for name, value in found["headers"].items()}
    assert told["sf-context-current-user"] == "MIKA"
    assert "sf-context-more" not in told
    assert "snowflake_" not in str(told)


RERUN = bytes([0x5A, 0x00])
"""The message with which a browser asks for the first run: `BackMsg(rerun_script=ClientState())`."""


@needs_environment
def test_bodies_pass_both_ways(world: World, mika: httpx.Client, ledger: StreamlitApp) -> None:
    world.wake(ledger)
    told = {"origin": world.origin, "accept": "*/*"}
    upload = mika.put(f"{path(ledger)}_stcore/upload_file/no-session/1", content=b"x" * 300_000, headers=told)
    # Streamlit itself has read it, and misses the token of its page.
    assert (upload.status_code, upload.headers["server"].partition("/")[0]) == (403, "TornadoServer")
    script = mika.get(f"{path(ledger)}").text.partition('src="./')[2].partition('"')[0]
    answer = mika.get(f"{path(ledger)}{script}", headers={"accept": "*/*"})
    assert answer.status_code == 200
    assert len(answer.content) > 100_000
    assert mika.head(f"{path(ledger)}_stcore/health", headers={"accept": "*/*"}).status_code in (200, 405)


@needs_environment
def test_half_an_answer_is_not_taken_for_a_whole_one(world: World, mika: httpx.Client) -> None:
    app = world.create("Cut", HELLO, files={"static/large.txt": "x" * 30_000_000})
    running = world.wake(app)
    place, plain = f"{path(app)}app/static/large.txt", {"accept-encoding": "identity"}
    with pytest.raises(httpx.RemoteProtocolError), mika.stream("GET", place, headers=plain) as answer:
        chunks = answer.iter_raw(1000)
        assert next(chunks) == b"x" * 1000
        os.kill(running.pid, signal.SIGKILL)
        for _ in chunks:
            pass


@needs_environment
def test_a_crash_shows_the_last_lines_and_a_way_to_start_again(world: World, mika: httpx.Client) -> None:
    app = world.create("Crash", "import os\nprint('<last words>', flush=True)\nos._exit(3)")
    world.reach(app)
    answer = mika.get(path(app))
    assert answer.status_code == 502
    assert "exit code 3" in answer.text
    assert "&lt;last words&gt;" in answer.text
    assert "APPS.FINANCE.CRASH.log" in answer.text
    assert mika.get(f"{path(app)}_stcore/health", headers={"accept": "*/*"}).status_code == 502
    with world.visiting("SAM") as sam:
        assert sam.post(f"/start/{app.url_id}", headers={"origin": world.origin}).status_code == 404
    assert mika.get(path(app)).status_code == 502
    answer = mika.post(f"/start/{app.url_id}", headers={"origin": world.origin})
    assert answer.headers["location"] == path(app)
    assert mika.get(path(app)).status_code == 503


def test_an_invitation_logs_in_once(world: World, ledger: StreamlitApp) -> None:
    with world.browser() as client:
        asked = {"person": "mika tanaka", "url_id": ledger.url_id}
        link = client.post("/__sandbox/invitations", json=asked).json()["url"]
        assert link.startswith(f"{world.origin}/invitations/")
        answer = client.get(link)
        assert answer.headers["location"] == path(ledger)
        assert "Mika Tanaka" in client.get("/").text
        assert client.get(link).status_code == 400
    with world.browser() as client:
        link = client.post("/__sandbox/invitations", json={"person": "SAM"}).json()["url"]
        assert client.get(link).headers["location"] == "/"


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"person": "nobody"}, "nobody in the account is called nobody; there are: MIKA, SAM"),
        ({"person": "MIKA", "url_id": "gone"}, "there is no app with the id gone"),
    ],
)
def test_an_invitation_to_nothing(world: World, asked: dict[str, str], error: str) -> None:
    with world.browser() as client:
        answer = client.post("/__sandbox/invitations", json=asked)
        assert (answer.status_code, answer.json()) == (400, {"error": error})
        told = {"origin": "http://evil.test"}
        assert client.post("/__sandbox/invitations", json=asked, headers=told).status_code == 403


@needs_environment
@pytest.mark.usefixtures("ledger")
def test_what_sandbox_asks_of_all_apps(world: World) -> None:
    def rows(query: str) -> dict[str, dict[str, object]]:
        with world.browser() as client:
            return {row["name"]: row for row in client.get(f"/__sandbox/apps{query}").json()}

    draft = world.create("Draft", None)
    asleep = world.create("Asleep", HELLO, runtime="warehouse")
    before, after = rows(""), rows("?wake=1")
    assert before["APPS.FINANCE.ASLEEP"]["status"] == "not started"
    assert after["APPS.FINANCE.ASLEEP"] == {
        "name": "APPS.FINANCE.ASLEEP",
        "title": "Asleep",
        "url_id": asleep.url_id,
        "url": f"{world.origin}{path(asleep)}",
        "owner": OWNER,
        "runtime": "warehouse",
        "roles": [FINANCE],
        "users": ["MIKA"],
        "status": "serving",
    }
    assert after["APPS.FINANCE.LEDGER"]["status"] == "serving"
    assert after["APPS.FINANCE.DRAFT"]["status"] == "no live version"
    assert draft.live is None
