"""apps.yaml plus a stack file to an estate: defaults applied, names looked up, only this stack's apps."""

from __future__ import annotations

import pytest

from infra.checks.snowflake import WITH_INTEGRATION
from infra.estate import Countries, Emails, Entry, Estate, InSnowflake, Mfa, Networks, Tunnelled
from infra.spelling import cloudflare_duration, minutes
from tests.build import PREAMBLE, STACK, app, codes, estate, scope

DURATIONS = [("1m", 1, "1m"), ("90m", 90, "90m"), ("120m", 120, "2h"), ("8h", 480, "8h"), ("7d", 10080, "168h")]


@pytest.mark.parametrize(("written", "expected", "cloudflare"), DURATIONS)
def test_durations(written: str, expected: int, cloudflare: str) -> None:
    assert (minutes(written), cloudflare_duration(written)) == (expected, cloudflare)


def home(apps: str, stack: str = STACK) -> Tunnelled:
    found = estate("apps:\n" + apps, stack=stack).apps[0].home
    assert isinstance(found, Tunnelled)
    return found


ADDRESSES = [
    (app("a", "/x/y"), "", "apps.example.com/x/y", "https://apps.example.com/x/y/"),
    (app("a"), "", "a.example.com", "https://a.example.com/"),
    (app("a"), "  gatehouse:subdomains: '*-dev.example.com'\n", "a-dev.example.com", "https://a-dev.example.com/"),
]


@pytest.mark.parametrize(("apps", "more", "domain", "url"), ADDRESSES)
def test_addresses(apps: str, more: str, domain: str, url: str) -> None:
    found = home(apps, STACK + more)
    assert (found.domain, found.url) == (domain, url)


def test_hostnames_of_records_and_of_default_denials() -> None:
    found = estate("apps:\n" + app("a", "/a") + app("b", "/b") + app("wiki"))
    assert found.hostnames == ("apps.example.com", "wiki.example.com")
    assert found.shared_hostnames == ("apps.example.com",)


def test_defaults_of_a_source() -> None:
    found = home("  a: {owner: sales, source: apps/a, path: /a, access: [sales]}\n")
    assert (found.service, found.source, found.tls_verify) == ("http://a:8501", "apps/a", True)


def test_an_origin_is_kept() -> None:
    found = home(app("a", "/a", more=", origin: {host_header: x.example, tls_name: y.example, tls_verify: false}"))
    assert (found.host_header, found.tls_name, found.tls_verify) == ("x.example", "y.example", False)


def entries(access: str, more: str = "") -> tuple[Entry, ...]:
    return estate("apps:\n" + app("a", "/a", access, more)).apps[0].access


def test_entries() -> None:
    short, long, denial, public = entries(
        "[marketing, {allow: [sales, sales], require: [mfa, {country: [JP, JP]}], session: 1h}, {deny: staff},"
        " {public: true, reason: x, require: [{ip: 192.0.2.7}]}]",
        ", session: 90m",
    )
    assert (short.decision, [item.name for item in short.departments], short.session) == ("allow", ["marketing"], "90m")
    assert [item.name for item in long.departments] == ["sales"]
    assert (long.require, long.session) == ((Mfa(), Countries(("JP",))), "1h")
    assert (denial.decision, public.decision, public.departments) == ("deny", "bypass", ())
    assert public.require == (Networks(("192.0.2.7/32",)),)


def test_norway_is_a_country() -> None:
    """YAML 1.1 reads `NO` as false, and a rule about Norway would be gone."""
    (entry,) = entries("[{allow: marketing, require: [{country: [NO, SE]}], exclude: [{country: NO}]}]")
    assert (entry.require, entry.exclude) == ((Countries(("NO", "SE")),), (Countries(("NO",)),))


def test_addresses_of_people_are_lower_case() -> None:
    preamble = PREAMBLE.replace("emails: [cfo@example.com]", "emails: [CFO@Example.com]").replace(
        "domains: [example.com]", "domains: [Example.COM]"
    )
    found = estate("apps:\n" + app("a", "/a", "[{allow: staff, require: [{email: A@Example.com}]}]"), preamble=preamble)
    departments = {item.name: item for item in found.departments}
    assert departments["finance"].emails == ("cfo@example.com",)
    assert departments["staff"].domains == ("example.com",)
    assert found.apps[0].access[0].require == (Emails(("a@example.com",)),)


def test_groups_of_google_are_addresses() -> None:
    """And those of others are names, in which capitals count."""
    groups = "groups: [Marketing@Example.com]"
    preamble = PREAMBLE.replace("groups: [Marketing]", groups)
    for kind, expected in (("google-workspace", "marketing@example.com"), ("okta", "Marketing@Example.com")):
        found = scope("apps:\n" + app("a"), preamble=preamble.replace("type: okta", f"type: {kind}"))
        assert found.estate.departments[0].groups[0].id == expected


def test_a_single_provider_is_the_default() -> None:
    preamble = "identity: {providers: {pin: {type: one-time-pin}}}\ndepartments: {marketing: {emails: [a@b.example]}}\n"
    found = estate("apps:\n" + app("a", "/a"), preamble=preamble)
    assert found.default_provider is not None
    assert found.departments[0].provider.name == found.default_provider.name == "pin"


def test_machines_live_a_year_unless_said_otherwise() -> None:
    preamble = PREAMBLE.replace("{owner: finance}", "{owner: finance, duration: 90d}")
    assert [item.hours for item in estate("apps:\n" + app("a"), preamble=preamble).machines] == [2160, 8760]


STACKS = [("dev", ["a", "b"]), ("prod", ["a"])]


@pytest.mark.parametrize(("name", "expected"), STACKS)
def test_only_in(name: str, expected: list[str]) -> None:
    found = estate("apps:\n" + app("a") + app("b", more=", only_in: [dev]"), name=name)
    assert [item.name for item in found.apps] == expected


def account() -> Estate:
    return estate("apps:\n" + app("a"), stack=STACK.replace("account: account", "account: only"), name="account")


def test_the_account_stack_has_no_apps() -> None:
    with pytest.raises(Exception, match="missing-stack-value"):
        account()  # but it owns the providers, whose values are not in this file


def test_object_ids_of_groups() -> None:
    preamble = PREAMBLE.replace("type: okta", "type: entra-id")
    ids = "  gatehouse:directory: {workspace: {Marketing: 6ba7b810-9dad-11d1-80b4-00c04fd430c8}}\n"
    found = scope("apps:\n" + app("a"), preamble=preamble, stack=STACK + ids)
    groups = {item.name: [group.id for group in item.groups] for item in found.estate.departments}
    assert groups["marketing"] == ["6ba7b810-9dad-11d1-80b4-00c04fd430c8"]
    assert codes(found.problems) == ["missing-stack-value"] * 2  # Sales and Finance


DELIVERIES = [
    ("warehouse", "oauth2-client-credentials", "object"),
    ("container", "generic-string", "object"),
    ("container", "password", "object"),
    ("container", "oauth2-client-credentials", "function"),
]


@pytest.mark.parametrize(("runtime", "kind", "expected"), DELIVERIES)
def test_secrets_in_snowflake_are_delivered_the_best_possible_way(runtime: str, kind: str, expected: str) -> None:
    pool = ", compute_pool: pool" if runtime == "container" else ""
    integration = ", integration: outside" if kind in WITH_INTEGRATION else ""
    found = estate(
        "apps:\n  a: {owner: finance, source: apps/a, access: [finance], snowflake: {external_hosts: [x.example],"
        f" runtime: {runtime}, query_warehouse: wh{pool}, secrets: {{s: {{type: {kind}{integration}}}}}}}}}\n"
    )
    snowflake = found.apps[0].home
    assert isinstance(snowflake, InSnowflake)
    assert (snowflake.query_warehouse, snowflake.main_file) == ("WH", "streamlit_app.py")
    assert [secret.deliver for secret in snowflake.secrets] == [expected]


def test_one_unknown_name_is_one_problem() -> None:
    """Whatever cannot be resolved is left out, and everything else is still looked at."""
    found = scope("apps:\n" + app("a", "/a", "[ghosts]") + app("b", "/a"))
    assert codes(found.problems) == ["duplicate-address", "unknown-department"]
