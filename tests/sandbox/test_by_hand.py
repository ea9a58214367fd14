"""What `sandbox open` prints where it cannot start a browser: commands that work as they stand, and no more of them."""

from __future__ import annotations

from pathlib import Path

from sandbox.by_hand import Aim, by_hand

DOOR = {"https": 8443, "http": 8080}
WIKI = "https://wiki.example.com/"
LEDGER = "http://127.0.0.1:8788/streamlit-apps/6324eb/"


def lines(aim: Aim, person: str | None = None) -> list[str]:
    """The text, for a machine called `here`."""
    links = iter((f"{aim.url}first", f"{aim.url}second"))
    said = by_hand("there is no display", aim, person, (lambda: next(links)) if person else (lambda: aim.url), "here")
    return said.splitlines()


def behind_access(url: str, *more: int) -> Aim:
    hosts = ("wiki.example.com", "example.cloudflareaccess.com", "idp.sandbox.test")
    return Aim(url, hosts, 8443, Path("/state/ca.pem"), "abc=", more)


def in_snowflake() -> Aim:
    return Aim(LEDGER, (), 0, None, "", (8788,))


def test_a_visitor_without_a_login() -> None:
    assert lines(behind_access(WIKI)) == [
        "there is no display. Ask from here, as a visitor without a login:",
        f"  curl --include --cacert /state/ca.pem --connect-to ::127.0.0.1:8443 {WIKI}",
        "Or look from a machine with a browser, while this one is connected to it:",
        "  ssh -L 8443:127.0.0.1:8443 here",
        (
            "  chromium --user-data-dir=/tmp/gatehouse "
            "'--host-resolver-rules=MAP wiki.example.com:443 127.0.0.1:8443, "
            "MAP example.cloudflareaccess.com:443 127.0.0.1:8443, MAP idp.sandbox.test:443 127.0.0.1:8443' "
            "--ignore-certificate-errors-spki-list=abc= --no-first-run --no-default-browser-check --disable-quic "
            f"{WIKI}"
        ),
    ]


def test_a_person_has_a_link_for_each_command() -> None:
    said = lines(behind_access(WIKI), "mika")
    assert said[0] == "there is no display. Ask from here, as mika:"
    assert said[1].endswith(f" --location --cookie '' {WIKI}first")
    assert "--user-data-dir=/tmp/gatehouse-mika" in said[4]
    assert said[4].endswith(f" {WIKI}second")
    assert said[5] == "Each link is good once, for two minutes."


def test_an_app_in_snowflake_has_a_port_of_its_own_and_no_certificate() -> None:
    assert lines(in_snowflake(), "fiona") == [
        "there is no display. Ask from here, as fiona:",
        f"  curl --include --location --cookie '' {LEDGER}first",
        "Or look from a machine with a browser, while this one is connected to it:",
        "  ssh -L 8788:127.0.0.1:8788 here",
        f"  chromium --user-data-dir=/tmp/gatehouse-fiona --no-first-run --no-default-browser-check {LEDGER}second",
        "Each link is good once, for two minutes.",
    ]


def test_the_portal_leads_to_apps_in_snowflake_too() -> None:
    said = lines(behind_access("https://example.cloudflareaccess.com/", 8788))
    assert said[3] == "  ssh -L 8443:127.0.0.1:8443 -L 8788:127.0.0.1:8788 here"


def test_a_name_that_is_no_file_name() -> None:
    assert "--user-data-dir=/tmp/gatehouse-Fiona_Berg" in lines(in_snowflake(), "Fiona Berg")[4]
