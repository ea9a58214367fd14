"""The Docker provider stand-in, over the stand-in engine and over a real daemon: what it makes, keeps and refuses."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import docker
import grpc
import pytest
from docker.errors import NotFound
from pulumi.runtime.proto import provider_pb2

from sandbox.containers import VARIABLE, Extras
from sandbox.plugins.docker.provider import DockerProvider
from sandbox.plugins.engine_log import EngineLog
from sandbox.plugins.values import Properties, Secret, reveal
from tests.sandbox.docker_daemons import REAL, daemon
from tests.sandbox.provider_harness import Engine, engine_of, urn

NETWORK = urn("docker:index/network:Network", "net")
IMAGE = urn("docker:index/remoteImage:RemoteImage", "img")
CONTAINER = urn("gatehouse:App$docker:index/container:Container", "app")
FILES = {
    "Dockerfile": """
FROM localhost/gatehouse/python:sandbox
ENV ADDRESS=0.0.0.0 PORT=8501
WORKDIR /srv
COPY main.py greeting.txt ./
EXPOSE 8501
CMD ["python3", "/srv/main.py"]
""",
    "greeting.txt": "hello",
    "main.py": """
from http.server import HTTPServer, SimpleHTTPRequestHandler
from os import environ
HTTPServer((environ["ADDRESS"], int(environ["PORT"])), SimpleHTTPRequestHandler).serve_forever()
""",
}
EXTRAS = Extras({"FROM_EXTRAS": "1", "OWN": "extras"}, {"edge.test": "192.0.2.1"}, {}, {"gatehouse.sandbox": "test"})

pytestmark = pytest.mark.network


class Heard(EngineLog):
    """The engine's log, for reading."""

    def __init__(self) -> None:
        super().__init__("")
        self.lines: list[str] = []

    def status(self, urn: str, text: str) -> None:  # noqa: ARG002 # of whom it is said does not matter here
        self.lines.append(text)


@pytest.fixture(scope="module", params=["stand-in", "real"])
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with daemon(request.param, tmp_path_factory.mktemp("daemon")) as address:
        yield address


@pytest.fixture
def api(host: str) -> Iterator[docker.DockerClient]:
    client = docker.DockerClient(base_url=host, timeout=60)
    yield client
    client.close()


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def engine(host: str, heard: Heard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """The provider, with extras that every container gets."""
    EXTRAS.write(tmp_path / "extras.json")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "extras.json"))
    with engine_of(DockerProvider(heard), {"host": host}) as ready:
        yield ready


@pytest.fixture
def name() -> str:
    return f"gatehouse-test-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def network(engine: Engine, name: str) -> Iterator[tuple[str, Properties]]:
    made = engine.create(NETWORK, {"name": name, "internal": True})
    yield made
    engine.delete(NETWORK, *made)


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("context")
    for file, text in FILES.items():
        (folder / file).write_text(text)
    return folder


@pytest.fixture
def image(engine: Engine, context: Path, name: str) -> Iterator[Properties]:
    ident, state = engine.create(IMAGE, build(name, context))
    yield state
    engine.delete(IMAGE, ident, state)


@pytest.fixture
def app(image: Properties, network: tuple[str, Properties], name: str) -> Properties:
    """Inputs of a container."""
    return {
        "name": name,
        "image": image["imageId"],
        "readOnly": True,
        "capabilities": {"drops": ["ALL"]},
        "securityOpts": ["no-new-privileges"],
        "tmpfs": {"/run": "size=16m"},
        "restart": "unless-stopped",
        "envs": ["OWN=program", Secret("TOKEN=hidden")],
        "networksAdvanced": [{"name": network[0], "aliases": ["app"]}],
        "healthcheck": {"tests": check(), "interval": "1s", "timeout": "2s"},
        "wait": True,
        "waitTimeout": 30,
        "destroyGraceSeconds": 1,
    }


def check() -> list[str]:
    return ["CMD", "python3", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8501/greeting.txt')"]


def build(name: str, context: Path, **more: object) -> Properties:
    return {"name": f"localhost/{name}:1", "build": {"context": str(context), **more}}


def refusal(error: pytest.ExceptionInfo[grpc.RpcError]) -> str:
    return str(error.value.details())


def assert_settled(engine: Engine, kind: str, ident: str, state: Properties, inputs: Properties) -> None:
    """Neither an update nor a refresh has anything to change."""
    assert list(engine.diff(kind, ident, state, inputs).diffs) == []
    found, outputs, seen = engine.read(kind, ident, state, inputs)
    assert (found, outputs, seen) == (ident, state, inputs)


def test_a_network_is_made_once_and_removed_in_peace(engine: Engine, api: docker.DockerClient, name: str) -> None:
    inputs: Properties = {
        "name": name,
        "options": {"com.docker.network.bridge.enable_icc": "false"},
        "labels": [{"label": "own", "value": "1"}],
    }
    ident, state = engine.create(NETWORK, inputs)
    try:
        assert (state["driver"], state["scope"], state["ipamDriver"]) == ("bridge", "local", "default")
        assert api.networks.get(ident).attrs["Labels"] == {"own": "1", "gatehouse.sandbox": "test"}
        assert_settled(engine, NETWORK, ident, state, inputs)
        with pytest.raises(grpc.RpcError, match=rf"already exists(.|\n)*docker network rm {name}(.|\n)*reset"):
            engine.create(NETWORK, inputs)
    finally:
        engine.delete(NETWORK, ident, state)
    engine.delete(NETWORK, ident, state)
    assert engine.read(NETWORK, ident, state, inputs)[0] == ""


def test_an_image_is_built_and_its_steps_are_shown(
    engine: Engine, heard: Heard, api: docker.DockerClient, context: Path, name: str
) -> None:
    inputs = build(name, context, buildArgs={"UNUSED": Secret("hidden")})
    ident, state = engine.create(IMAGE, inputs)
    assert state["imageId"] == api.images.get(f"localhost/{name}:1").id
    assert any("FROM localhost/gatehouse/python:sandbox" in line for line in heard.lines)
    assert "hidden" not in "\n".join(heard.lines)
    assert_settled(engine, IMAGE, ident, state, inputs)
    kept = engine.update(IMAGE, ident, state, {**inputs, "keepLocally": True})
    engine.delete(IMAGE, ident, kept)
    assert api.images.get(f"localhost/{name}:1").id == state["imageId"]
    taken, as_it_lies = engine.create(IMAGE, {"name": f"localhost/{name}:1"})
    assert as_it_lies["imageId"] == state["imageId"], "what is here is not pulled"
    engine.delete(IMAGE, taken, as_it_lies)
    engine.delete(IMAGE, ident, state)
    assert engine.read(IMAGE, ident, state, inputs)[0] == ""


def test_a_build_that_fails_shows_where(engine: Engine, host: str, name: str, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM localhost/gatehouse/python:sandbox\nENV A=1\nCOPY nowhere.txt ./\n")
    with pytest.raises(grpc.RpcError) as caught:
        engine.create(IMAGE, build(name, tmp_path))
    assert caught.value.code() == grpc.StatusCode.FAILED_PRECONDITION
    told = refusal(caught)
    assert f"the image `localhost/{name}:1` could not be built" in told
    assert "nowhere.txt" in told
    assert "ENV A=1" in told or host != REAL, "the steps before it; the stand-in engine looks before its first one"


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        ({"build": {"context": "/nowhere/at/all"}}, "could not be built from /nowhere/at/all"),
        ({}, "could not be pulled"),
    ],
)
def test_an_image_that_cannot_be_had_is_refused(engine: Engine, name: str, inputs: Properties, says: str) -> None:
    with pytest.raises(grpc.RpcError, match=says):
        engine.create(IMAGE, {"name": f"localhost:1/{name}:1", **inputs})


def test_a_container_is_healthy_when_it_is_made_and_settled(
    engine: Engine, api: docker.DockerClient, app: Properties, name: str
) -> None:
    ident, state = engine.create(CONTAINER, app)
    try:
        made = api.containers.get(name).attrs
        assert made["State"]["Health"]["Status"] == "healthy"
        assert list(made["NetworkSettings"]["Networks"]) == [name], "it has left the network `bridge`"
        assert made["HostConfig"]["PortBindings"] in (None, {})
        assert [found["networkName"] for found in listed(state["networkDatas"])] == [name]
        assert reveal(state["envs"]) == ["OWN=program", "TOKEN=hidden"]
        assert isinstance(listed(state["envs"])[1], Secret)
        assert_settled(engine, CONTAINER, ident, state, app)
        with pytest.raises(grpc.RpcError) as caught:
            engine.create(CONTAINER, app)
        assert "already in use" in refusal(caught) and "reset" in refusal(caught)
        assert api.containers.get(name).id == ident, "it is neither adopted nor touched"
    finally:
        engine.delete(CONTAINER, ident, state)
    engine.delete(CONTAINER, ident, state)
    assert engine.read(CONTAINER, ident, state, app)[0] == ""


def listed(value: object) -> list[dict[str, object]]:
    assert isinstance(value, list)
    return value


def test_extras_come_in_and_stay_unseen(
    engine: Engine, api: docker.DockerClient, app: Properties, name: str, host: str, tmp_path: Path
) -> None:
    inputs = {**app, "hosts": [{"host": "own.test", "ip": "192.0.2.2"}]}
    ident, state = engine.create(CONTAINER, inputs)
    try:
        made = api.containers.get(name).attrs
        assert {"OWN=program", "FROM_EXTRAS=1"} <= set(made["Config"]["Env"])
        assert made["HostConfig"]["ExtraHosts"] == ["own.test:192.0.2.2", "edge.test:192.0.2.1"]
        assert made["Config"]["Labels"]["gatehouse.sandbox"] == "test"
        assert state["hosts"] == inputs["hosts"]
        assert_settled(engine, CONTAINER, ident, state, inputs)
        replace(EXTRAS, hosts={"edge.test": "192.0.2.3"}).write(tmp_path / "extras.json")
        with engine_of(DockerProvider(Heard()), {"host": host}) as later:
            changed = later.diff(CONTAINER, ident, state, inputs)
            assert list(changed.replaces) == ["__extras"], "the way to the edge has changed"
    finally:
        engine.delete(CONTAINER, ident, state)


def test_what_has_stopped_is_started_again(
    engine: Engine, api: docker.DockerClient, app: Properties, name: str
) -> None:
    ident, state = engine.create(CONTAINER, app)
    try:
        api.containers.get(name).stop(timeout=1)
        _, stopped, seen = engine.read(CONTAINER, ident, state, app)
        assert (stopped["mustRun"], seen) == (False, app)
        assert isinstance(stopped["exitCode"], int)
        changed = engine.diff(CONTAINER, ident, stopped, app)
        assert (list(changed.diffs), list(changed.replaces)) == (["mustRun"], [])
        assert engine.update(CONTAINER, ident, stopped, app)["mustRun"] is True
        assert api.containers.get(name).attrs["State"]["Health"]["Status"] == "healthy"
    finally:
        engine.delete(CONTAINER, ident, state)


def test_a_restart_policy_changes_in_place(
    engine: Engine, api: docker.DockerClient, app: Properties, name: str
) -> None:
    ident, state = engine.create(CONTAINER, app)
    try:
        wanted: Properties = {**app, "restart": "on-failure", "maxRetryCount": 3}
        assert list(engine.diff(CONTAINER, ident, state, wanted).replaces) == []
        changed = engine.update(CONTAINER, ident, state, wanted)
        policy = api.containers.get(name).attrs["HostConfig"]["RestartPolicy"]
        assert policy == {"Name": "on-failure", "MaximumRetryCount": 3}
        assert_settled(engine, CONTAINER, ident, changed, wanted)
    finally:
        engine.delete(CONTAINER, ident, state)


def test_what_does_not_become_healthy_is_kept_and_says_why(
    engine: Engine, api: docker.DockerClient, app: Properties, name: str
) -> None:
    words = ["python3", "-c", "import time; print('no figures today', flush=True); time.sleep(60)"]
    with pytest.raises(grpc.RpcError) as caught:
        engine.create(CONTAINER, {**app, "command": words, "waitTimeout": 3})
    told, made = refusal(caught), api.containers.get(name)
    assert f"the container `{name}` is not healthy after 3 s" in told
    assert "no figures today" in told
    metadata = {item.key: item.value for item in caught.value.trailing_metadata()}
    assert str(made.id).encode() in metadata["grpc-status-details-bin"], "the engine is told of what exists"
    engine.delete(CONTAINER, str(made.id), {"destroyGraceSeconds": 0})
    with pytest.raises(NotFound):
        api.containers.get(name)


def test_what_cannot_be_started_leaves_nothing(
    engine: Engine, api: docker.DockerClient, app: Properties, name: str
) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        engine.create(CONTAINER, {**app, "networksAdvanced": [{"name": "no-such-network"}]})
    assert caught.value.code() == grpc.StatusCode.FAILED_PRECONDITION
    with pytest.raises(NotFound):
        api.containers.get(name)


def test_previews_touch_nothing(engine: Engine, api: docker.DockerClient, app: Properties, name: str) -> None:
    ident, outputs = engine.create(CONTAINER, app, preview=True)
    assert ident == "" and outputs["restart"] == "unless-stopped"
    assert {"networkDatas", "hostname", "exitCode"} <= set(outputs)
    with pytest.raises(NotFound):
        api.containers.get(name)


def test_a_host_that_nobody_serves_is_named() -> None:
    with (
        engine_of(DockerProvider(Heard()), {"host": "unix:///nowhere/docker.sock"}) as ready,
        pytest.raises(grpc.RpcError, match=r"unix:///nowhere/docker\.sock"),
    ):
        ready.create(NETWORK, {"name": "x"})


def test_the_engine_is_told_what_half_done_means(engine: Engine, app: Properties, api: docker.DockerClient) -> None:
    words = ["python3", "-c", "import time; time.sleep(60)"]
    with pytest.raises(grpc.RpcError) as caught:
        engine.create(CONTAINER, {**app, "command": words, "waitTimeout": 1})
    packed = dict(caught.value.trailing_metadata())["grpc-status-details-bin"]
    assert provider_pb2.ErrorResourceInitFailed.DESCRIPTOR.full_name.encode() in packed
    engine.delete(CONTAINER, str(api.containers.get(str(app["name"])).id), {})
