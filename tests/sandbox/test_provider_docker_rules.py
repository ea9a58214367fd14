"""What the Docker provider stand-in decides without a daemon: hosts, names, defaults, and what takes a new object."""

from __future__ import annotations

import grpc
import pulumi_docker
import pytest

from sandbox.containers.extras import Extras
from sandbox.plugins.docker import container_attributes, image, network
from sandbox.plugins.docker.attributes import inputs_of, plan
from sandbox.plugins.docker.connection import HostError, checked_host
from sandbox.plugins.docker.container import described, request
from sandbox.plugins.docker.durations import nanoseconds, spelled
from sandbox.plugins.docker.provider import DockerProvider
from sandbox.plugins.engine_log import EngineLog
from sandbox.plugins.values import UNKNOWN, Properties, Secret
from tests.sandbox.provider_harness import engine_of, urn

NETWORK = "docker:index/network:Network"
IMAGE = "docker:index/remoteImage:RemoteImage"
CONTAINER = "docker:index/container:Container"
TABLES = {NETWORK: network.ATTRIBUTES, IMAGE: image.ATTRIBUTES, CONTAINER: container_attributes.ATTRIBUTES}
ARGUMENTS = {
    NETWORK: pulumi_docker.NetworkArgs,
    IMAGE: pulumi_docker.RemoteImageArgs,
    CONTAINER: pulumi_docker.ContainerArgs,
}


@pytest.fixture
def provider() -> DockerProvider:
    ready = DockerProvider(EngineLog(""))
    ready.configure({"host": "unix:///nowhere/docker.sock"})
    return ready


@pytest.mark.parametrize("kind", TABLES)
def test_every_attribute_is_one_of_the_sdk(kind: str) -> None:
    """By the names that the SDK puts on the wire."""
    known = {str(value.fget._pulumi_name) for value in vars(ARGUMENTS[kind]).values() if isinstance(value, property)}
    assert set(TABLES[kind]) <= known


@pytest.mark.parametrize(
    "host",
    ["tcp://10.0.0.1:2375", "tcp://docker.example.com:2376", "ssh://root@127.0.0.1", "npipe:////./pipe/x", "", "x"],
)
def test_hosts_beyond_this_machine_are_refused(host: str) -> None:
    with pytest.raises(HostError, match="not on this machine"):
        checked_host(host)


@pytest.mark.parametrize(
    "host", ["unix:///var/run/docker.sock", "tcp://127.0.0.1:2375", "tcp://localhost:1", "tcp://[::1]:1"]
)
def test_hosts_of_this_machine_are_taken(host: str) -> None:
    assert checked_host(host) == host


def test_configuring_another_host_fails(provider: DockerProvider) -> None:
    with (
        pytest.raises(grpc.RpcError, match="not on this machine"),
        engine_of(provider, {"host": "tcp://10.0.0.1:2375"}),
    ):
        pass


def test_the_environment_names_the_host_where_the_program_does_not(
    provider: DockerProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://10.0.0.1:2375")
    assert [name for name, _ in provider.config_faults({})] == ["host"]
    assert provider.config_faults({"host": "unix:///x"}) == []
    assert provider.config_faults({"host": UNKNOWN}) == []
    assert [name for name, _ in provider.config_faults({"host": "unix:///x", "context": "far"})] == ["context"]


def test_names_are_made_up_once(provider: DockerProvider) -> None:
    first, faults = provider.check(urn(NETWORK, "inner"), NETWORK, {}, {})
    assert faults == [] and str(first["name"]).startswith("inner-") and len(str(first["name"])) == len("inner-") + 7
    assert provider.check(urn(NETWORK, "inner"), NETWORK, {}, first)[0] == first
    assert provider.check(urn(NETWORK, "inner"), NETWORK, {"name": "own"}, first)[0] == {"name": "own"}


@pytest.mark.parametrize(
    ("kind", "inputs", "at"),
    [
        (CONTAINER, {"name": "x"}, "image"),
        (IMAGE, {}, "name"),
        (CONTAINER, {"name": "x", "image": "i", "ports": [{"internal": 1}]}, "ports"),
        (CONTAINER, {"name": "x", "image": "i", "gpus": "all"}, "gpus"),
        (IMAGE, {"name": "x", "build": {"context": ".", "builder": "b"}}, "build"),
    ],
)
def test_what_would_have_to_be_ignored_is_refused(
    provider: DockerProvider, kind: str, inputs: Properties, at: str
) -> None:
    assert [name for name, _ in provider.check(urn(kind, "x"), kind, inputs, {})[1]] == [at]


BASIC: Properties = {"name": "x", "image": "i"}


@pytest.mark.parametrize(
    ("change", "replaces"),
    [
        ({"name": "y"}, True),
        ({"image": "j"}, True),
        ({"envs": ["A=1"]}, True),
        ({"command": ["run"]}, True),
        ({"readOnly": True}, True),
        ({"capabilities": {"drops": ["ALL"]}}, True),
        ({"securityOpts": ["no-new-privileges"]}, True),
        ({"hosts": [{"host": "a", "ip": "192.0.2.1"}]}, True),
        ({"labels": [{"label": "a", "value": "b"}]}, True),
        ({"networksAdvanced": [{"name": "n"}]}, True),
        ({"networkMode": "none"}, True),
        ({"user": "1:1"}, True),
        ({"restart": "always"}, False),
        ({"memory": 64}, False),
        ({"tmpfs": {"/run": ""}}, False),
        ({"healthcheck": {"tests": ["NONE"]}}, False),
        ({"wait": True}, False),
        ({"waitTimeout": 5}, False),
        ({"destroyGraceSeconds": 5}, False),
        ({"mustRun": False}, False),
    ],
)
def test_what_takes_a_new_container(provider: DockerProvider, change: Properties, replaces: bool) -> None:
    found = provider.diff(CONTAINER, {**BASIC, **change}, plan(container_attributes.ATTRIBUTES, BASIC))
    assert found.changed == tuple(change)
    assert found.replaces == (tuple(change) if replaces else ())
    assert found.delete_first, "two containers cannot have one name"


@pytest.mark.parametrize(
    ("kind", "before", "after", "replaces"),
    [
        (NETWORK, {"name": "x"}, {"name": "y"}, True),
        (NETWORK, {"name": "x"}, {"name": "x", "internal": True}, True),
        (NETWORK, {"name": "x", "options": {"a": "1"}}, {"name": "x", "options": {"a": "2"}}, True),
        (IMAGE, {"name": "x"}, {"name": "y"}, True),
        (IMAGE, {"name": "x"}, {"name": "x", "triggers": {"a": "1"}}, True),
        (IMAGE, {"name": "x", "build": {"context": "a"}}, {"name": "x", "build": {"context": "b"}}, True),
        (IMAGE, {"name": "x"}, {"name": "x", "keepLocally": True}, False),
    ],
)
def test_what_takes_a_new_network_or_image(
    provider: DockerProvider, kind: str, before: Properties, after: Properties, replaces: bool
) -> None:
    found = provider.diff(kind, after, plan(TABLES[kind], before))
    assert len(found.changed) == 1
    assert bool(found.replaces) == replaces


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        (CONTAINER, {"envs": ["A=1", "B=2"]}, {"envs": ["B=2", "A=1"]}),
        (CONTAINER, {"envs": [Secret("A=1")]}, {"envs": ["A=1"]}),
        (
            CONTAINER,
            {"networksAdvanced": [{"name": "n", "aliases": ["a", "b"]}, {"name": "m"}]},
            {"networksAdvanced": [{"name": "m", "aliases": []}, {"name": "n", "aliases": ["b", "a"]}]},
        ),
        (
            CONTAINER,
            {"healthcheck": {"tests": ["X"]}},
            {"healthcheck": {"tests": ["X"], "retries": 0, "timeout": "0s"}},
        ),
        (CONTAINER, {"readOnly": False}, {}),
        (IMAGE, {"build": {"context": "a"}}, {"build": {"context": "a", "dockerfile": "Dockerfile"}}),
    ],
)
def test_what_means_the_same_is_no_change(
    provider: DockerProvider, kind: str, one: Properties, other: Properties
) -> None:
    assert provider.diff(kind, {**BASIC, **one}, plan(TABLES[kind], {**BASIC, **other})).changed == ()
    assert provider.diff(kind, {**BASIC, **other}, plan(TABLES[kind], {**BASIC, **one})).changed == ()


def test_what_is_left_open_is_the_daemons(provider: DockerProvider) -> None:
    state = {
        **plan(container_attributes.ATTRIBUTES, BASIC),
        "hostname": "abc",
        "command": ["x"],
        "user": "1",
        "init": False,
    }
    assert provider.diff(CONTAINER, BASIC, state).changed == ()


def test_memory_without_swap_differs_for_ever_as_with_the_official_provider(provider: DockerProvider) -> None:
    state = {**plan(container_attributes.ATTRIBUTES, {**BASIC, "memory": 64}), "memorySwap": 128}
    assert provider.diff(CONTAINER, {**BASIC, "memory": 64}, state).changed == ("memorySwap",)
    assert provider.diff(CONTAINER, {**BASIC, "memory": 64, "memorySwap": 128}, state).changed == ()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("0s", "0s"),
        ("30s", "30s"),
        ("90s", "1m30s"),
        ("1m", "1m0s"),
        ("500ms", "500ms"),
        ("1.5s", "1.5s"),
        ("2h", "2h0m0s"),
        ("1h1m1s", "1h1m1s"),
        ("20us", "20µs"),
        ("7ns", "7ns"),
    ],
)
def test_durations_come_back_as_go_prints_them(written: str, read: str) -> None:
    assert spelled(nanoseconds(written)) == read


def test_a_request_says_all_that_was_wanted() -> None:
    wanted: Properties = {
        **BASIC,
        "envs": [Secret("A=1")],
        "capabilities": {"adds": ["CHOWN"], "drops": ["ALL"]},
        "healthcheck": {"tests": ["CMD", "true"], "interval": "2s", "retries": 3},
        "tmpfs": {"/run": "size=1m"},
        "memory": 64,
        "cpus": "0.5",
        "restart": "unless-stopped",
        "readOnly": True,
    }
    extras = Extras(
        {"A": "extras", "B": "2"}, {"h": "192.0.2.1"}, {"/ca.pem": "/run/ca.pem"}, {"gatehouse.sandbox": "s"}
    )
    assert request(plan(container_attributes.ATTRIBUTES, wanted), extras) == {
        "Image": "i",
        "Env": ["A=1", "B=2"],
        "Labels": {"gatehouse.sandbox": "s", "gatehouse.sandbox.hosts": "h:192.0.2.1"},
        "Healthcheck": {"Test": ["CMD", "true"], "Interval": 2 * 10**9, "Timeout": 0, "StartPeriod": 0, "Retries": 3},
        "HostConfig": {
            "Init": False,
            "NetworkMode": "bridge",
            "RestartPolicy": {"Name": "unless-stopped"},
            "CapAdd": ["CHOWN"],
            "CapDrop": ["ALL"],
            "Tmpfs": {"/run": "size=1m"},
            "Memory": 64 * 2**20,
            "NanoCpus": 5 * 10**8,
            "ReadonlyRootfs": True,
            "ExtraHosts": ["h:192.0.2.1"],
            "Binds": ["/ca.pem:/run/ca.pem:ro"],
        },
    }


def test_a_secret_stays_one_when_the_daemon_says_something_else() -> None:
    answer = {
        "Id": "c", "Name": "/x", "Image": "sha256:1", "State": {"Running": True},
        "Config": {"Image": "i", "Cmd": ["--token", "new"]}, "HostConfig": {},
    }  # fmt: skip
    state: Properties = {"name": "x", "image": "i", "command": ["--token", Secret("old")]}
    assert isinstance(described(answer, state, Extras())["command"], Secret)


def test_an_import_takes_over_what_is_not_a_default() -> None:
    outputs = {**plan(container_attributes.ATTRIBUTES, {**BASIC, "readOnly": True}), "hostname": "", "id": "c"}
    assert inputs_of(container_attributes.ATTRIBUTES, outputs, {}) == {**BASIC, "readOnly": True}
