"""`cortex_message`: the same question in every place, with what each place says who asks."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable
from typing import Any

import pytest
import requests
from streamlit_runtime import CortexError, CortexMessage, cortex_message

from tests.kit.snowflake_places import HOST, TOKEN, Places

MODEL = "@APPS.PUBLIC.MODELS/audience.yaml"
ENDPOINT = "/api/v2/cortex/analyst/message"
ASKED = {
    "messages": [{"role": "user", "content": [{"type": "text", "text": "How many?"}]}],
    "semantic_model_file": MODEL,
}
CONTENT = [
    {"type": "text", "text": "This is our interpretation:"},
    {"type": "text", "text": "the number of people"},
    {"type": "sql", "statement": "SELECT COUNT(*) FROM people", "confidence": {"verified_query_used": None}},
    {"type": "suggestions", "suggestions": ["Where do they live?", "How old are they?"]},
]
ANSWER = {"message": {"role": "analyst", "content": CONTENT}, "request_id": "r-1", "warnings": []}
UNDERSTOOD = CortexMessage(
    "This is our interpretation:\n\nthe number of people",
    "SELECT COUNT(*) FROM people",
    ("Where do they live?", "How old are they?"),
    "r-1",
)
DRIVER_TOKEN = "ver:1-hint:driver"


class Wire:
    """Requests that would have left, and what comes back for them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sent: list[dict[str, Any]] = []
        self.status, self.body = 200, json.dumps(ANSWER).encode()
        self.error: Exception | None = None
        monkeypatch.setattr("requests.sessions.Session.request", self.request)

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        self.sent.append({"method": method, "url": url, **options})
        if self.error is not None:
            raise self.error
        answer = requests.Response()
        answer.status_code, answer._content = self.status, self.body
        return answer


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    return Wire(monkeypatch)


def test_a_container_asks_with_its_token(places: Places, wire: Wire) -> None:
    """As Snowflake's page does it."""
    places.container()
    assert cortex_message("How many?", MODEL) == UNDERSTOOD
    (sent,) = wire.sent
    assert (sent["method"], sent["url"], sent["json"]) == ("post", f"https://{HOST}{ENDPOINT}", ASKED)
    assert sent["headers"] == {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Authorization": f"Bearer {TOKEN}",
        "X-Snowflake-Authorization-Token-Type": "OAUTH",
    }
    assert not sent["allow_redirects"]
    assert sent["timeout"] == 60


def test_the_token_is_read_for_every_question(places: Places, wire: Wire) -> None:
    places.container()
    cortex_message("How many?", MODEL)
    places.renew("another")
    cortex_message("How many?", MODEL)
    assert [sent["headers"]["Authorization"] for sent in wire.sent] == [f"Bearer {TOKEN}", "Bearer another"]


def test_a_warehouse_asks_through_snowflake(places: Places, wire: Wire) -> None:
    asked = places.warehouse({}, {"status": 200, "content": json.dumps(ANSWER)})
    assert cortex_message("How many?", MODEL) == UNDERSTOOD
    assert asked == [("POST", ENDPOINT, {}, {}, ASKED, None, 60_000)]
    assert not wire.sent


def test_elsewhere_the_connections_own_server_is_asked(places: Places, wire: Wire) -> None:
    places.connected({}, DRIVER_TOKEN, "http://127.0.0.1:8788")
    assert cortex_message("How many?", MODEL) == UNDERSTOOD
    (sent,) = wire.sent
    assert sent["url"] == f"http://127.0.0.1:8788{ENDPOINT}"
    assert sent["headers"]["Authorization"] == f'Snowflake Token="{DRIVER_TOKEN}"'
    assert "X-Snowflake-Authorization-Token-Type" not in sent["headers"]


@pytest.mark.parametrize("content", [[], None, ["odd"], [{"type": "new"}], [{"suggestions": None}]], ids=str)
def test_an_answer_may_lack_everything(content: object, places: Places, wire: Wire) -> None:
    places.container()
    wire.body = json.dumps({"message": {"role": "analyst", "content": content}}).encode()
    assert cortex_message("How many?", MODEL) == CortexMessage("", "", (), "")


@pytest.mark.parametrize(
    ("status", "body", "sentence", "request_id"),
    [
        (
            400,
            {"message": "model not found", "error_code": "392704", "request_id": "r-2"},
            "Cortex did not answer (400): 392704 model not found",
            "r-2",
        ),
        (401, {"code": "390303", "message": "Invalid OAuth access token."}, "(401): 390303 Invalid OAuth", ""),
        (502, "<html>bad gateway</html>", "(502): what came is not JSON", ""),
        (200, [], "(200): what came is not JSON", ""),
        (302, ANSWER, "Cortex did not answer (302): ", "r-1"),
        (200, {"message": "odd"}, "Cortex did not answer (200): odd", ""),
    ],
)
def test_a_refusal_is_said_in_snowflakes_words(
    status: int, body: object, sentence: str, request_id: str, places: Places, wire: Wire
) -> None:
    places.container()
    wire.status, wire.body = status, (body if isinstance(body, str) else json.dumps(body)).encode()
    error = refusal()
    assert sentence in str(error)
    assert (error.status, error.request_id) == (status, request_id)


def test_a_refusal_in_a_warehouse_is_the_same(places: Places) -> None:
    places.warehouse({}, {"status": 400, "content": '{"message": "model not found", "error_code": "392704"}'})
    error = refusal()
    assert (error.status, str(error)) == (400, "Cortex did not answer (400): 392704 model not found")


@pytest.mark.parametrize(
    ("put", "sentence"),
    [
        (lambda places: places.container(), f"https://{HOST} cannot be reached"),
        (lambda places: places.connected({}, DRIVER_TOKEN, "http://127.0.0.1:8788"), "http://127.0.0.1:8788 cannot be"),
        (lambda places: places.warehouse({}, RuntimeError("boom")), "the request failed in Snowflake"),
        (lambda _: None, "there is no connection to Snowflake"),
    ],
    ids=["container", "elsewhere", "warehouse", "no connection"],
)
def test_no_answer_has_no_status(put: Callable[[Places], object], sentence: str, places: Places, wire: Wire) -> None:
    put(places)
    wire.error = requests.ConnectionError("refused")
    error = refusal()
    assert error.status is None
    assert sentence in str(error)


def refusal() -> CortexError:
    """The error for the usual question; a token is in nothing that a log would print of it."""
    with pytest.raises(CortexError) as found:
        cortex_message("How many?", MODEL)
    printed = "".join(traceback.format_exception(found.value))
    assert TOKEN not in printed
    assert DRIVER_TOKEN not in printed
    return found.value
