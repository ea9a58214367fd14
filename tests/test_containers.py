"""What runs on a stack's Docker daemon, and what is refused before anything is built."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from infra import bundle, containers
from infra.checks import check
from infra.checks.scope import Scope
from infra.containers import Containers, plan_containers
from infra.estate import Estate
from infra.problems import ConfigError, Problem, Problems
from infra.resolve import resolve
from infra.schema import load_apps
from infra.stack import decode_stack
from tests.build import PREAMBLE, STACK, codes, estate, scope
from tests.recorder import Recording, Secret, recorded_example

PINNED = "sha256:" + "c" * 64
DOCKER = f"  gatehouse:docker: {{connectorImage: 'cloudflared@{PINNED}', pythonImage: 'localhost/python:1'"
APPS = """\
apps:
  campaigns: {owner: marketing, source: apps/campaigns, path: /streamlit/marketing, access: [marketing]}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("apps/campaigns/streamlit_app.py", "apps/campaigns/requirements.txt", "kit/pyproject.toml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("streamlit\n", "utf-8")
    return tmp_path


def with_docker(apps: str = APPS, more: str = "", name: str = "dev") -> Estate:
    return estate(apps, stack=f"{STACK}{DOCKER}{more}}}\n", name=name)


def plan(project: Path, apps: str = APPS, more: str = "", name: str = "dev") -> Containers:
    found = plan_containers(with_docker(apps, more, name), project)
    assert found is not None
    return found


def test_without_the_section_nothing_runs(project: Path) -> None:
    assert plan_containers(estate(APPS), project) is None


def test_what_runs(project: Path) -> None:
    found = plan(project)
    (origin,) = found.origins
    assert (found.apps_network, found.outbound_network) == ("gatehouse-dev-apps", "gatehouse-dev-outbound")
    assert found.connectors == {1: "gatehouse-dev-connector-1", 2: "gatehouse-dev-connector-2"}
    assert (origin.app, origin.container) == ("campaigns", "gatehouse-dev-campaigns")
    assert origin.build_args == {"APP": "apps/campaigns", "PYTHON": "localhost/python:1"}
    assert origin.environment == (
        "STREAMLIT_SERVER_BASE_URL_PATH=streamlit/marketing",
        "STREAMLIT_BROWSER_SERVER_ADDRESS=apps.example.com",
        "ACCESS_TEAM_DOMAIN=example.cloudflareaccess.com",
    )


@pytest.mark.parametrize(("more", "number"), [("", 2), (", replicas: 1", 1), (", replicas: 25", 25)])
def test_replicas(project: Path, more: str, number: int) -> None:
    assert list(plan(project, more=more).connectors) == list(range(1, number + 1))


@pytest.mark.parametrize(
    ("stack", "repository"),
    [("dev", "gatehouse-dev"), ("Dev_EU.2", "gatehouse-dev-eu-2"), ("a..b__c", "gatehouse-a-b-c")],
)
def test_names_of_images_suit_docker(project: Path, stack: str, repository: str) -> None:
    (origin,) = plan(project, name=stack).origins
    start, _, tag = origin.image.rpartition(":")
    assert start == f"localhost/{repository}/campaigns"
    assert len(tag) == 12 and int(tag, 16) >= 0


def test_services_and_apps_elsewhere_have_no_container(project: Path) -> None:
    more = """\
  wiki: {owner: marketing, service: 'http://wiki.internal', subdomain: wiki, access: [marketing]}
  other: {owner: marketing, source: apps/other, path: /other, access: [marketing], only_in: [prod]}
"""
    assert [origin.app for origin in plan(project, APPS + more).origins] == ["campaigns"]


CHANGES = {
    "the app": lambda project: (project / "apps/campaigns/streamlit_app.py").write_text("x", "utf-8"),
    "its requirements": lambda project: (project / "apps/campaigns/requirements.txt").write_text("x", "utf-8"),
    "the kit": lambda project: (project / "kit/pyproject.toml").write_text("x", "utf-8"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_in_an_image_names_it(project: Path, change: str) -> None:
    before = plan(project)
    assert plan(project) == before
    CHANGES[change](project)
    assert plan(project).origins[0].image != before.origins[0].image


def test_the_python_image_names_it_too(project: Path) -> None:
    before = plan(project).origins[0].image
    apps = estate(APPS, stack=(STACK + DOCKER + "}\n").replace("python:1", "python:2"))
    after = plan_containers(apps, project)
    assert after and after.origins[0].image != before


def test_the_address_of_an_app_does_not(project: Path) -> None:
    """Moving an app builds nothing."""
    moved = plan(project, APPS.replace("/streamlit/marketing", "/elsewhere"))
    assert moved.origins[0].image == plan(project).origins[0].image


def test_a_file_that_cannot_be_read_is_said(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(containers, "content_hash", refuse)
    with pytest.raises(ConfigError, match="`apps/campaigns` cannot be read: permission denied"):
        plan(project)


def refused(project: Path, apps: str = APPS) -> list[Problem]:
    """What the checks say about a project on disk."""
    problems = Problems()
    file = load_apps(PREAMBLE + apps, "apps.yaml", problems)
    stack = decode_stack(f"{STACK}{DOCKER}}}\n", "dev", problems)
    assert file is not None and stack is not None
    check(Scope(file, stack, ("account", "dev"), resolve(file, stack, ["dev"], problems), problems, project))
    return problems.found


def test_a_whole_project_is_fine(project: Path) -> None:
    assert refused(project) == []


UNFIT = {
    "a link out": (lambda folder: (folder / "data").symlink_to("/srv/data"), "`apps/campaigns/data` is a link that"),
    "a pipe": (lambda folder: os.mkfifo(folder / "pipe"), "`apps/campaigns/pipe` is neither a file nor a folder"),
    "too much": (lambda folder: os.truncate(_new(folder / "big.csv"), 201 << 20), "has 201 MiB, more than 200"),
    "nothing to install": (lambda folder: (folder / "requirements.txt").unlink(), "has no `requirements.txt`"),
}


def _new(path: Path) -> Path:
    path.touch()
    return path


@pytest.mark.parametrize("what", UNFIT)
def test_folders_that_no_image_can_be_made_of(project: Path, what: str) -> None:
    spoil, sentence = UNFIT[what]
    spoil(project / "apps/campaigns")
    (problem,) = refused(project)
    assert sentence in problem.message


def test_an_unreadable_folder(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(bundle.os, "walk", refuse)
    (problem,) = refused(project)
    assert (problem.code, problem.message) == ("unfit-source", "`apps/campaigns` cannot be read: permission denied")


@pytest.mark.parametrize(
    ("image", "found"),
    [
        (f"cloudflare/cloudflared:2026.8.2@{PINNED}", []),
        (f"registry.example.com:5000/team/cloudflared@{PINNED}", []),
        ("localhost/gatehouse/cloudflared:sandbox", []),
        ("cloudflare/cloudflared", ["unpinned-image"]),
        ("cloudflare/cloudflared:2026.8.2", ["unpinned-image"]),
        ("localhost:5000/cloudflared", ["unpinned-image"]),
        (f"cloudflared@{PINNED[:-1]}", ["unpinned-image"]),
        (f"cloudflared@{PINNED.upper()}", ["unpinned-image"]),
        ("Cloudflare/cloudflared", ["bad-format"]),
        ("cloudflared:a tag", ["bad-format"]),
        ("/cloudflared", ["bad-format"]),
    ],
)
def test_images_are_pinned(image: str, found: list[str]) -> None:
    docker = f"  gatehouse:docker: {{connectorImage: '{image}', pythonImage: localhost/python}}\n"
    assert codes(scope(APPS, stack=STACK + docker).problems) == found


@pytest.mark.parametrize(
    ("service", "found"),
    [
        ("unix:/run/app.sock", ["bad-service"]),
        ("unix+tls:/run/app.sock", ["bad-service"]),
        ("http://localhost:8080", ["bad-service"]),
        ("ssh://127.0.0.1:22", ["bad-service"]),
        ("http://[::1]", ["bad-service"]),
        ("http://localhost.example.com", []),
        ("http://127.example.com", []),
        ("http_status:503", []),
        ("tcp://db.internal:5432", []),
    ],
)
def test_services_are_not_looked_for_inside_a_connector(service: str, found: list[str]) -> None:
    apps = f"apps:\n  x: {{owner: marketing, service: '{service}', subdomain: x, access: [marketing]}}\n"
    assert codes(scope(apps, stack=f"{STACK}{DOCKER}}}\n").problems) == found
    assert codes(scope(apps, stack=STACK).problems) == []


def containers_of(recording: Recording) -> dict[str, dict[str, object]]:
    return {item.name: dict(item.inputs) for item in recording.of_type("Container").values()}


@pytest.fixture(scope="module")
def recorded() -> Recording:
    return recorded_example("containers", "dev")


def test_every_container_is_confined(recorded: Recording) -> None:
    for name, inputs in containers_of(recorded).items():
        assert inputs["readOnly"] and inputs["capabilities"] == {"drops": ["ALL"]}, name
        assert inputs["securityOpts"] == ["no-new-privileges"] and inputs["restart"] == "unless-stopped"
        assert not str(inputs["user"]).startswith(("0", "root"))
        assert inputs["wait"] and not {"ports", "publishAllPorts", "privileged", "networkMode"} & set(inputs)


def test_the_token_reaches_connectors_only(recorded: Recording) -> None:
    for name, inputs in containers_of(recorded).items():
        found = [value for value in inputs["envs"] if isinstance(value, Secret)]  # type: ignore[attr-defined]
        assert found == ([Secret("TUNNEL_TOKEN=canary-tunnel-token")] if name.startswith("connector") else [])


def test_connectors_are_replaced_one_after_another_and_know_no_app(recorded: Recording) -> None:
    urns = {item.name: urn for urn, item in recorded.of_type("Container").items()}
    assert urns["connector-1"] in recorded.resources[urns["connector-2"]].dependencies
    for name in ("connector-1", "connector-2"):
        assert not {urns["campaigns"], urns["forecast"]} & recorded.waits_for(urns[name])


def test_nothing_is_reachable_before_it_runs(recorded: Recording) -> None:
    running = set(recorded.of_type("Container"))
    for record in recorded.of_type("DnsRecord").values():
        assert running <= record.dependencies


def test_connectors_start_behind_every_guard(recorded: Recording) -> None:
    guards = set(recorded.of_type("ZeroTrustAccessApplication")) | set(
        recorded.of_type("ZeroTrustTunnelCloudflaredConfig")
    )
    for urn, item in recorded.of_type("Container").items():
        if item.name.startswith("connector"):
            assert guards <= recorded.waits_for(urn)


def test_an_app_knows_its_own_audience(recorded: Recording) -> None:
    for name, inputs in containers_of(recorded).items():
        if not name.startswith("connector"):
            aud = recorded.outputs["aud"][name]
            assert f"ACCESS_AUD={aud}" in inputs["envs"]  # type: ignore[operator]


def test_the_connector_reaches_apps_where_the_ingress_map_says(recorded: Recording) -> None:
    (config,) = recorded.of_type("ZeroTrustTunnelCloudflaredConfig").values()
    services = {rule["service"] for rule in config.inputs["config"]["ingresses"]}
    aliases = {
        alias
        for inputs in containers_of(recorded).values()
        for network in inputs["networksAdvanced"]  # type: ignore[attr-defined]
        for alias in network.get("aliases", [])
    }
    assert {f"http://{alias}:8501" for alias in aliases} <= services
    assert aliases == {"campaigns", "forecast"}
