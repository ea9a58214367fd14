"""The sample estate in real containers: who reaches what on the network, and what the containers may do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import psutil
import pytest
from playwright.sync_api import expect

from sandbox.containers.daemon import of_this_sandbox
from sandbox.places import Places
from tests.browser import chromium, needs_chromium
from tests.end_to_end import neighbours
from tests.end_to_end.dockerd import docker_daemon
from tests.end_to_end.neighbours import Target
from tests.end_to_end.test_front_door import log_in, project, visit_of
from tests.end_to_end.world import World

pytestmark = pytest.mark.network
APPS, OUTBOUND = "gatehouse-sandbox-apps", "gatehouse-sandbox-outbound"
CONNECTOR = "gatehouse-sandbox-connector-1"
OF_A_DAEMON = 2375, 2376
Inspected = dict[str, Any]


class DockerWorld(World):
    """The sample project, whose containers run in a real daemon."""

    limit = 900  # seconds: images are made, and packages come over the network

    def __init__(self, folder: Path, host: str) -> None:
        super().__init__(folder)
        self.docker_host = host

    @property
    def mine(self) -> dict[str, list[str]]:
        return of_this_sandbox(Places(self.project, self.state))


@pytest.fixture(scope="module")
def docker_host() -> Iterator[str]:
    with docker_daemon() as host:
        yield host


@pytest.fixture(scope="module")
def api(docker_host: str) -> Iterator[docker.DockerClient]:
    client = docker.DockerClient(base_url=docker_host, timeout=120)
    yield client
    client.close()


@pytest.fixture(scope="module")
def served(docker_host: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerWorld]:
    """Deployed and serving."""
    world = DockerWorld(tmp_path_factory.mktemp("docker"), docker_host)
    try:
        text = world.ok("up")
        assert "Docker: Docker" in text and text.count("serving") >= len(project()[0].tunnelled), text
        yield world
    finally:
        world.sandbox("reset")
        world.sandbox("down")


@pytest.fixture(scope="module")
def containers(served: DockerWorld, api: docker.DockerClient) -> dict[str, Inspected]:
    """Every container of the stack, by its name."""
    found = api.containers.list(filters=served.mine)
    return {str(one.name): one.attrs for one in found}


@pytest.fixture(scope="module")
def inner(containers: dict[str, Inspected]) -> set[Target]:
    """Every port that listens in a container, of which a program on this machine reaches each."""
    found = {target for one in containers.values() for target in neighbours.inner_sockets(one)}
    reached = neighbours.from_here(found)
    ports = {port for _, port in reached}
    assert {8501, 2000} <= ports, f"neither apps nor connectors listen: {sorted(reached)}"
    return found


@pytest.fixture(scope="module")
def outer(served: DockerWorld) -> set[Target]:
    """Every port of this sandbox on this machine, at every address, and ports that a daemon might open."""
    own = {port for _, port in neighbours.listening([psutil.Process(served.running.program.pid)])}
    return {(address, port) for address in neighbours.addresses() for port in {*own, *OF_A_DAEMON}}


@pytest.fixture(scope="module")
def allowed(served: DockerWorld, api: docker.DockerClient) -> set[Target]:
    """All that anybody may connect to: the edge, the front door, and the services that the sandbox plays itself.

    Containers find them at the address of Docker's bridge, and so does whoever else has a way to that address.
    """
    gateway = api.networks.get("bridge").attrs["IPAM"]["Config"][0]["Gateway"]
    services = served.running.whereabouts().services.values()
    return {(gateway, port) for port in (served.ports["edge"], served.ports["https"], *services)}


@pytest.fixture(scope="module")
def stranger(api: docker.DockerClient) -> Iterator[str]:
    """A network of somebody else on the same daemon."""
    network = api.networks.create("gatehouse-test-stranger", driver="bridge")
    yield str(network.name)
    network.remove()


def test_the_estate_runs_in_containers(containers: dict[str, Inspected]) -> None:
    sources = {f"gatehouse-sandbox-{app.name}" for app, home in project()[0].tunnelled if home.source}
    assert set(containers) == {*sources, CONNECTOR}
    assert {one["State"]["Health"]["Status"] for one in containers.values()} == {"healthy"}


def test_nothing_is_published(containers: dict[str, Inspected]) -> None:
    for name, one in containers.items():
        assert not any((one["NetworkSettings"]["Ports"] or {}).values()), name
        assert not one["HostConfig"]["PortBindings"], name
        assert not one["HostConfig"]["PublishAllPorts"], name
        assert one["HostConfig"]["NetworkMode"] == "bridge", name
        assert "bridge" not in one["NetworkSettings"]["Networks"], f"{name} is on the network that all share"


def test_networks_keep_apps_and_connectors_apart_from_others(
    containers: dict[str, Inspected], api: docker.DockerClient
) -> None:
    for name, one in containers.items():
        assert set(one["NetworkSettings"]["Networks"]) == {APPS, OUTBOUND}, name
    assert api.networks.get(APPS).attrs["Internal"]
    assert api.networks.get(OUTBOUND).attrs["Options"]["com.docker.network.bridge.enable_icc"] == "false"


def test_containers_have_no_rights(containers: dict[str, Inspected]) -> None:
    for name, one in containers.items():
        host, user = one["HostConfig"], one["Config"]["User"].partition(":")[0]
        assert host["ReadonlyRootfs"] and not host["Privileged"], name
        assert host["CapDrop"] == ["ALL"] and not host["CapAdd"], name
        assert any(option.startswith("no-new-privileges") for option in host["SecurityOpt"]), name
        assert user not in ("", "0", "root"), name
        assert all(not mount["RW"] for mount in one["Mounts"] if mount["Type"] == "bind"), name
        lines = Path(f"/proc/{one['State']['Pid']}/status").read_text().splitlines()
        status = dict(line.split(":\t", 1) for line in lines)
        assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 0, name
        assert status["NoNewPrivs"] == "1" and "0" not in status["Uid"].split(), name


def test_images_hold_no_secret(containers: dict[str, Inspected], api: docker.DockerClient) -> None:
    variables = dict(line.split("=", 1) for line in containers[CONNECTOR]["Config"]["Env"])
    secret = variables["TUNNEL_TOKEN"].encode()
    assert len(secret) > 40
    for image in {one["Image"] for one in containers.values()}:
        told = json.dumps([api.api.history(image), api.api.inspect_image(image)]).encode()
        assert secret not in told
    assert not any(found_in(api, containers[name]["Image"], secret) for name in (CONNECTOR, "gatehouse-sandbox-close"))
    marked = b"def access_user("
    assert found_in(api, containers["gatehouse-sandbox-close"]["Image"], marked), "the search finds what is there"


def found_in(api: docker.DockerClient, image: str, wanted: bytes) -> bool:
    """Whether bytes stand anywhere in the layers of an image."""
    before = b""
    for chunk in api.api.get_image(image):
        if wanted in before + chunk:
            return True
        before = chunk[-len(wanted) :]
    return False


@pytest.mark.parametrize("place", ["stranger", "outbound", "bridge"])
def test_containers_of_others_reach_no_app(
    place: str, stranger: str, api: docker.DockerClient, inner: set[Target], outer: set[Target], allowed: set[Target]
) -> None:
    network = {"stranger": stranger, "outbound": OUTBOUND, "bridge": "bridge"}[place]
    reached = neighbours.from_a_container(api, network, {*inner, *outer, *allowed})
    assert reached == allowed, f"reached beyond what is allowed: {sorted(reached - allowed)}"


def test_where_apps_are_met_are_apps_and_connectors_only(
    api: docker.DockerClient, inner: set[Target], outer: set[Target], allowed: set[Target]
) -> None:
    reached = neighbours.from_a_container(api, APPS, {*inner, *outer, *allowed})
    assert {8501, 2000} <= {port for _, port in reached & inner}, "who is let in does connect"
    assert reached - inner <= allowed, f"reached beyond what is allowed: {sorted(reached - inner - allowed)}"


def test_a_machine_beside_reaches_no_app(inner: set[Target], outer: set[Target], allowed: set[Target]) -> None:
    with neighbours.beside() as command:
        here = {("10.213.77.1", port) for _, port in outer}
        reached = neighbours.connections({*inner, *outer, *here, *allowed}, command)
    assert reached == allowed, f"reached beyond what is allowed: {sorted(reached - allowed)}"


@needs_chromium
@pytest.mark.parametrize(("name", "app"), [("Mika", "campaigns"), ("Fiona", "close"), ("Sam", "pipeline")])
def test_apps_know_who_has_logged_in(served: DockerWorld, name: str, app: str) -> None:
    with chromium(served.ports["https"], served.authority) as browser:
        page = browser.new_page()
        page.set_default_timeout(60_000)
        assert log_in(page, visit_of(name, app)) == 200
        expect(page.get_by_test_id("stAppViewContainer")).to_contain_text(f"Hello {name}")


def test_a_second_update_and_a_refresh_change_nothing(served: DockerWorld) -> None:
    assert "unchanged" in (text := served.ok("up")) and "created" not in text and "replaced" not in text, text
    ended = served.pulumi("refresh", "--yes", "--skip-preview")
    assert ended.code == 0 and "changed" not in ended.text.replace("unchanged", ""), ended


def test_down_and_up_bring_the_same_containers_back(
    served: DockerWorld, containers: dict[str, Inspected], api: docker.DockerClient
) -> None:
    served.ok("down")
    assert api.containers.list(filters=served.mine) == []
    text = served.ok("up")
    back = {str(one.name): one.id for one in api.containers.list(filters=served.mine)}
    assert back == {name: one["Id"] for name, one in containers.items()}, text


def test_reset_leaves_nothing(served: DockerWorld, api: docker.DockerClient) -> None:
    served.ok("reset")
    assert api.containers.list(all=True, filters=served.mine) == []
    assert api.networks.list(filters=served.mine) == []
    assert api.images.list(filters=served.mine) == []
