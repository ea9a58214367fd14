"""`secret`, `credentials` and `cloud_token`: the same call in every place, and no value where none belongs."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from types import SimpleNamespace

import pytest
from streamlit_runtime import CloudToken, Credentials, SecretError, cloud_token, credentials, runtime, secret

from tests.kit.snowflake_places import Places

KEY, PASSWORD = "fx-6f0c41d2", 'p"w\\ö\n'
LOGIN = {"username": "gatehouse", "password": PASSWORD}
CLOUD = {"access_key_id": "ASIA1", "secret_access_key": "cloud-key-77", "token": "cloud-token-88"}
FUNCTION = '"APPS"."PUBLIC"."GET_LEDGER_FX_API_KEY"'
CALL = f"SELECT {FUNCTION}()"
GENERIC = {"fx_api_key": {"get_generic_secret_string": FUNCTION, "get_secret_type": f"{FUNCTION}_TYPE"}}
OBJECT = {
    "crm": {"get_username_password": "CRM", "get_secret_type": "T"},
    "aws": {"get_cloud_provider_token": "AWS", "get_secret_type": "T"},
}


class SnowflakeError(Exception):
    """As the connector raises them."""

    def __init__(self, errno: int) -> None:
        super().__init__(f"{errno:06}: SQL compilation error")
        self.errno = errno


@pytest.mark.parametrize("place", ["warehouse", "container", "function", "elsewhere", "secrets.toml"])
def test_one_call_gives_a_text_everywhere(place: str, places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    if place == "warehouse":
        places.warehouse({"fx_api_key": ("GENERIC_STRING", KEY)})
    elif place == "container":
        places.container({"fx_api_key": KEY})
    elif place == "function":
        places.container()
        places.functions(GENERIC)
        places.connected({CALL: [KEY]})
    elif place == "elsewhere":
        monkeypatch.setenv("fx_api_key", KEY)
    else:
        places.toml({"fx_api_key": KEY})
    assert secret("fx_api_key") == KEY
    assert runtime() == {"function": "container", "secrets.toml": "elsewhere"}.get(place, place)


@pytest.mark.parametrize("place", ["warehouse", "container", "function", "elsewhere", "secrets.toml"])
def test_one_call_gives_a_user_name_and_password_everywhere(
    place: str, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    if place == "warehouse":
        places.warehouse({"crm": ("PASSWORD", SimpleNamespace(**LOGIN))})
    elif place == "container":
        places.container({"crm": LOGIN})
    elif place == "function":
        places.container()
        places.functions(OBJECT)
        # Snowflake writes an OBJECT over several lines.
        places.connected({"SELECT CRM()": ['{\n  "password": "p\\"w\\\\ö\\n",\n  "username": "gatehouse"\n}']})
    elif place == "elsewhere":
        monkeypatch.setenv("crm_USERNAME", LOGIN["username"])
        monkeypatch.setenv("crm_PASSWORD", LOGIN["password"])
    else:
        places.toml({"crm": LOGIN})
    assert credentials("crm") == Credentials("gatehouse", PASSWORD)


@pytest.mark.parametrize("place", ["warehouse", "function", "secrets.toml"])
def test_one_call_gives_a_cloud_token_everywhere(place: str, places: Places) -> None:
    if place == "warehouse":
        places.warehouse({"aws": ("CLOUD_PROVIDER_TOKEN", SimpleNamespace(**CLOUD))})
    elif place == "function":
        places.functions(OBJECT)
        places.connected({"SELECT AWS()": [str(CLOUD).replace("'", '"')]})
    else:
        places.toml({"aws": CLOUD})
    assert cloud_token("aws") == CloudToken("ASIA1", "cloud-key-77", "cloud-token-88")


def test_an_access_token_is_read_as_a_secret_too(places: Places) -> None:
    places.warehouse({"exchange": ("OAUTH2", "access-token")})
    assert secret("exchange") == "access-token"


def test_an_access_token_comes_by_function_too(places: Places) -> None:
    places.functions({"exchange": {"get_oauth_access_token": "TOKEN", "get_secret_type": "TYPE"}})
    places.connected({"SELECT TOKEN()": ["access-token"]})
    assert secret("exchange") == "access-token"


@pytest.mark.parametrize("place", ["warehouse", "container", "elsewhere"])
def test_a_secret_that_is_delivered_by_function_comes_from_nowhere_else(
    place: str, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line that somebody left in secrets.toml does not take the place of what apps.yaml says."""
    if place == "warehouse":
        places.warehouse({"fx_api_key": ("GENERIC_STRING", "another")})
    elif place == "container":
        places.container({"fx_api_key": "another"})
    monkeypatch.setenv("fx_api_key", "another")
    places.functions(GENERIC)
    places.connected({CALL: [KEY]})
    assert secret("fx_api_key") == KEY


def test_a_function_is_called_once_in_five_minutes(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the new value of a secret that was rotated arrives; nothing is pickled meanwhile."""
    now = [1000.0]
    monkeypatch.setattr("streamlit.runtime.caching.cache_utils.TTLCACHE_TIMER", lambda: now[0])
    monkeypatch.setattr("pickle.dumps", lambda *_: pytest.fail("a secret was pickled"))
    places.functions(GENERIC)
    connection = places.connected({CALL: [KEY, "rotated"]})
    assert [secret("fx_api_key") for _ in range(3)] == [KEY] * 3
    now[0] += 299
    assert secret("fx_api_key") == KEY
    now[0] += 2
    assert secret("fx_api_key") == "rotated"
    assert connection.asked == [CALL] * 2


def test_a_session_that_snowflake_has_forgotten_is_made_again(places: Places) -> None:
    places.functions(GENERIC)
    connection = places.connected({CALL: [SnowflakeError(390114), KEY]})
    assert secret("fx_api_key") == KEY
    assert connection.resets == 1


def test_a_failure_is_not_kept(places: Places) -> None:
    """Whoever grants what was missing reloads the page."""
    places.functions(GENERIC)
    connection = places.connected({CALL: [SnowflakeError(2140), KEY]})
    message = refusal(lambda: secret("fx_api_key"))
    assert f"{FUNCTION}() failed with Snowflake's error 002140" in message
    assert secret("fx_api_key") == KEY
    assert connection.resets == 0


def warehouse(places: Places) -> None:
    places.warehouse({"crm": ("PASSWORD", SimpleNamespace(**LOGIN)), "empty": ("GENERIC_STRING", "")})


def container(places: Places) -> None:
    places.container({"crm": LOGIN, "empty": ""})


def functions(places: Places) -> None:
    places.container()
    calls = {**OBJECT, "empty": {"get_generic_secret_string": "EMPTY"}, "null": {"get_username_password": "NULL"}}
    places.functions({**calls, "broken": {"get_username_password": "BROKEN"}})
    broken = f'{{"username": "gatehouse", "password": "{KEY}'
    places.connected({"SELECT EMPTY()": [None], "SELECT NULL()": ["null"], "SELECT BROKEN()": [broken]})


def toml(places: Places) -> None:
    places.toml({"crm": LOGIN, "half": {"username": "gatehouse"}, "number": 4711, "text": KEY})


@pytest.mark.parametrize(
    ("place", "call", "sentence"),
    [
        (warehouse, lambda: secret("x"), "`x` cannot be read with `_snowflake.get_secret_type`"),
        (warehouse, lambda: secret("crm"), "`crm` has several parts. Read it with `credentials`."),
        (warehouse, lambda: secret("empty"), "`empty` is empty in Snowflake."),
        (warehouse, lambda: credentials("x"), "`x` cannot be read with `_snowflake.get_username_password`"),
        (warehouse, lambda: credentials("empty"), "Is a secret of that type attached to the app under this name?"),
        (warehouse, lambda: cloud_token("crm"), "`crm` cannot be read with `_snowflake.get_cloud_provider_token`"),
        (container, lambda: secret("x"), "`x` is neither an environment variable nor in st.secrets."),
        (container, lambda: secret("empty"), "`empty` is empty in st.secrets."),
        (container, lambda: secret("crm"), "`crm` has several parts. Read it with `credentials` or `cloud_token`."),
        (container, lambda: cloud_token("crm"), "`crm` has no access_key_id and no secret_access_key and no token"),
        (functions, lambda: secret("crm"), "its functions are get_secret_type, get_username_password"),
        (functions, lambda: secret("empty"), "`empty` is empty in what its function returns."),
        (functions, lambda: credentials("null"), "`null` has no username and no password in what its function returns"),
        (functions, lambda: credentials("broken"), "`broken` has no username and no password in what its function"),
        (functions, lambda: credentials("crm"), "`crm` cannot be read: CRM() failed with KeyError."),
        (toml, lambda: secret("x"), "`x` is neither an environment variable nor in .streamlit/secrets.toml."),
        (toml, lambda: secret("number"), "`number` is not a text in .streamlit/secrets.toml."),
        (toml, lambda: credentials("half"), "`half` has no password in .streamlit/secrets.toml."),
        (toml, lambda: credentials("text"), "`text` has no username and no password in .streamlit/secrets.toml."),
        (lambda _: None, lambda: secret("x"), "`x` is neither an environment variable nor in .streamlit/secrets.toml."),
    ],
)
def test_what_is_missing_is_named_with_the_place(
    place: Callable[[Places], None], call: Callable[[], object], sentence: str, places: Places
) -> None:
    place(places)
    assert sentence in refusal(call)


def test_without_a_connection_the_function_is_named(places: Places) -> None:
    places.functions(GENERIC)
    places.unconnected(ModuleNotFoundError("No module named 'snowflake'"))
    assert f"{FUNCTION}() failed with ModuleNotFoundError" in refusal(lambda: secret("fx_api_key"))


def test_the_printed_form_hides_values() -> None:
    printed = repr(Credentials("gatehouse", PASSWORD)) + str(CloudToken(**CLOUD))
    assert printed == "Credentials(username='gatehouse')CloudToken(access_key_id='ASIA1')"


def refusal(call: Callable[[], object]) -> str:
    """The sentence of a refusal, after a search for values in all that a log would print of it."""
    with pytest.raises(SecretError) as found:
        call()
    printed = "".join(traceback.format_exception(found.value))
    assert not any(value in printed for value in values((KEY, PASSWORD, *CLOUD.values())))
    return str(found.value)


def values(texts: Iterable[str]) -> set[str]:
    """Texts as they are and as a traceback would quote them."""
    return {form for text in texts for form in (text, repr(text)[1:-1])}
