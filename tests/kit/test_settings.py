"""What is missing is named aloud, and the way around Access is open on a developer's own machine only."""

from __future__ import annotations

import pytest
from streamlit_access import AccessSettingsError
from streamlit_access.development import development_user
from streamlit_access.settings import read_settings

WHOLE = {"ACCESS_TEAM_DOMAIN": "example.cloudflareaccess.com", "ACCESS_AUD": "5" * 64}
ME = {"ACCESS_DEVELOPMENT_USER": "me.too@example.com"}


def test_two_variables_are_enough() -> None:
    found = read_settings(WHOLE)
    assert (found.team_domain, found.audience) == ("example.cloudflareaccess.com", "5" * 64)
    assert (found.certs_url, found.certs_authority) == (None, None)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ACCESS_TEAM_DOMAIN": ""}, "ACCESS_TEAM_DOMAIN is not set"),
        ({"ACCESS_AUD": ""}, "ACCESS_AUD is not set"),
        ({"ACCESS_AUD": " "}, "ACCESS_AUD is not set"),
        ({"ACCESS_TEAM_DOMAIN": "https://example.cloudflareaccess.com"}, "without https://"),
        ({"ACCESS_TEAM_DOMAIN": "example"}, "not `example`"),
        ({"ACCESS_TEAM_DOMAIN": "a.example/b"}, "ACCESS_TEAM_DOMAIN is the host name"),
        ({"ACCESS_CERTS_URL": "http://mirror.example/certs"}, "ACCESS_CERTS_URL must begin with https://"),
        ({"ACCESS_CERTS_URL": "file:///etc/passwd"}, "ACCESS_CERTS_URL must begin with https://"),
        ({"ACCESS_CERTS_CA": "/nowhere/ca.pem"}, "ACCESS_CERTS_CA names `/nowhere/ca.pem`"),
    ],
    ids=str,
)
def test_a_wrong_setting_is_named(changes: dict[str, str], words: str) -> None:
    with pytest.raises(AccessSettingsError) as found:
        read_settings({**WHOLE, **changes})
    assert words in str(found.value)


@pytest.mark.parametrize("host", ["localhost", "localhost:8501", "127.0.0.1:8501", "[::1]:8501", "LOCALHOST:80"])
def test_a_developer_is_who_they_say(host: str) -> None:
    user = development_user(ME, host, ["Host", "Origin"])
    assert user is not None
    assert (user.email, user.name, user.is_verified) == ("me.too@example.com", "Me Too", False)


@pytest.mark.parametrize(
    ("environment", "host", "header", "words"),
    [
        ({"ACCESS_AUD": "5"}, "localhost", "Host", "beside ACCESS_AUD"),
        ({"ACCESS_AUD": ""}, "localhost", "Host", "beside ACCESS_AUD"),
        ({"ACCESS_TEAM_DOMAIN": "x"}, "localhost", "Host", "beside ACCESS_TEAM_DOMAIN"),
        ({}, "localhost", "Cf-Access-Jwt-Assertion", "through Cloudflare"),
        ({}, "localhost", "cf-ray", "through Cloudflare"),
        ({}, "apps.example.com", "Host", "as localhost only"),
        ({}, "192.168.1.5:8501", "Host", "as localhost only"),
        ({}, "localhost.example.com", "Host", "as localhost only"),
        ({}, "127.0.0.1.example.com:8501", "Host", "as localhost only"),
        ({}, "", "Host", "as localhost only"),
    ],
)
def test_nobody_is_a_developer_anywhere_else(environment: dict[str, str], host: str, header: str, words: str) -> None:
    with pytest.raises(AccessSettingsError) as found:
        development_user({**ME, **environment}, host, [header])
    assert words in str(found.value)
    assert "ACCESS_DEVELOPMENT_USER" in str(found.value)


@pytest.mark.parametrize("environment", [{}, {"ACCESS_DEVELOPMENT_USER": ""}, WHOLE], ids=str)
def test_without_the_variable_nobody_is_a_developer(environment: dict[str, str]) -> None:
    assert development_user(environment, "localhost", []) is None
