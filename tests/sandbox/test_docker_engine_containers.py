"""The stand-in engine's containers: created, shown, started, stopped, refused, as dockerd does."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from docker.errors import APIError, NotFound
from docker.types import EndpointConfig

from sandbox.docker_engine.addresses import relocated, relocated_words
from tests.sandbox.engine_world import APP, EngineProgram, engine_program, until

PYTHON = "localhost/gatehouse/python:sandbox"


@pytest.fixture(scope="module")
def module_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineProgram]:
    with engine_program(tmp_path_factory.mktemp("containers")) as engine:
        yield engine


@pytest.fixture
def engine(module_engine: EngineProgram) -> Iterator[EngineProgram]:
    yield module_engine
    module_engine.clear()


def status(refused: pytest.ExceptionInfo[APIError]) -> int:
    return int(refused.value.response.status_code)  # type: ignore[union-attr]


def test_ping_version_and_info_say_what_this_is(engine: EngineProgram) -> None:
    assert engine.client.ping()
    assert engine.client.version()["ApiVersion"] == "1.41"
    info = engine.client.info()
    assert info["OperatingSystem"] == "Gatehouse sandbox: local processes"
    assert "nothing is isolated" in info["Warnings"][0]
    assert engine.socket.stat().st_mode & 0o777 == 0o600
    too_new = engine.client.api._url("/containers/json").replace("v1.41", "v1.50")
    answer = engine.client.api.get(too_new)
    assert answer.status_code == 400
    assert "client version 1.50 is too new. Maximum supported API version is 1.41" in answer.text
    assert engine.client.api.get(engine.client.api._url("/swarm")).json() == {"message": "page not found"}


def test_a_container_listens_on_a_port_of_its_own(engine: EngineProgram) -> None:
    environment = {"SEEN_AS": "0.0.0.0:8501", "URL": "http://localhost:8501/x", "OTHER": "127.0.0.1:9999", "N": "8501"}
    environment |= {"PLACES": "/srv/greeting.txt:/usr/nowhere:/srv", "BASE_URL_PATH": "/srv"}
    container = engine.run(environment=environment)
    said = engine.ask(container)
    port = engine.port(container)
    assert port != 8501
    own = said["env"]
    assert (own["ADDRESS"], own["PORT"]) == ("127.0.0.1", str(port))
    assert (own["SEEN_AS"], own["URL"]) == (f"127.0.0.1:{port}", f"http://127.0.0.1:{port}/x")
    assert (own["OTHER"], own["N"], own["FROM_EXTRAS"]) == ("127.0.0.1:9999", "8501", "1")
    root = engine.directory / "engine/containers" / str(container.id) / "root"
    assert (own["PLACES"], own["BASE_URL_PATH"]) == (f"{root}/srv/greeting.txt:/usr/nowhere:{root}/srv", "/srv")
    assert said["cwd"] == f"{root}/srv"
    assert said["argv"] == [f"{root}/srv/main.py", f"--port={port}", f"--file={root}/srv/greeting.txt"]
    container.reload()
    assert {name: container.attrs["Config"][name] for name in ("Env", "Cmd")} == {
        "Env": ["ADDRESS=0.0.0.0", "PORT=8501", *(f"{name}={value}" for name, value in environment.items())],
        "Cmd": ["python", "/srv/main.py", "--port=8501", "--file=/srv/greeting.txt"],
    }
    assert container.attrs["NetworkSettings"]["Ports"] == {"8501/tcp": None}


def test_a_program_of_the_container_sees_the_sandbox_and_nothing_of_the_engine(
    engine: EngineProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_SHELL", "1")
    engine.stop()
    engine.start()
    said = engine.ask(engine.run())
    assert "SECRET_OF_THE_SHELL" not in said["env"]
    assert said["env"]["HOME"].startswith(str(engine.directory))


def test_secrets_are_on_no_command_line_and_in_no_open_file(engine: EngineProgram) -> None:
    container = engine.run(environment={"TUNNEL_TOKEN": "very-secret-token"})
    container.reload()
    line = Path(f"/proc/{container.attrs['State']['Pid']}/cmdline").read_bytes()
    assert b"very-secret-token" not in line
    holding = [path for path in (engine.directory / "engine").rglob("*") if path.is_file()]
    found = [path for path in holding if b"very-secret-token" in path.read_bytes()]
    assert [path.name for path in found] == ["container.json"]
    assert found[0].stat().st_mode & 0o777 == 0o600
    assert found[0].parent.stat().st_mode & 0o777 == 0o700


def test_each_container_has_its_own_copy_of_the_files(engine: EngineProgram) -> None:
    first, second = engine.run("first"), engine.run("second")
    engine.ask(first, "/break")
    folders = [engine.directory / "engine/containers" / str(one.id) / "root/srv" for one in (first, second)]
    assert [(folder / "broken").exists() for folder in folders] == [True, False]


def test_names_are_unique_and_well_formed(engine: EngineProgram) -> None:
    container = engine.client.containers.create(APP, name="app")
    with pytest.raises(APIError, match=r"Conflict\. The container name") as refused:
        engine.client.containers.create(APP, name="app")
    assert status(refused) == 409
    assert f'"/app" is already in use by container "{container.id}"' in str(refused.value.explanation)
    with pytest.raises(APIError, match="Invalid container name") as refused:
        engine.client.containers.create(APP, name="a b")
    assert status(refused) == 400
    container.rename("other")
    assert engine.client.containers.get("other").id == container.id
    engine.client.containers.create(APP, name="app")
    with pytest.raises(APIError) as refused:
        container.rename("app")
    assert status(refused) == 409


def test_what_is_not_there_is_not_found(engine: EngineProgram) -> None:
    with pytest.raises(NotFound, match="No such container: nobody"):
        engine.client.containers.get("nobody")
    with pytest.raises(NotFound, match="No such image: nothing"):
        engine.client.containers.create("nothing:1")
    with pytest.raises(NotFound, match="network nowhere not found"):
        engine.client.containers.create(APP, network="nowhere")


def test_what_the_stand_in_leaves_out_is_refused(engine: EngineProgram) -> None:
    with pytest.raises(APIError, match="publishing a port is not supported") as refused:
        engine.client.containers.create(APP, ports={"8501/tcp": 8501})
    assert status(refused) == 501
    container = engine.run()
    with pytest.raises(APIError, match="running a command in it") as refused:
        container.exec_run("ls")
    assert status(refused) == 501


def test_a_command_that_is_not_there(engine: EngineProgram) -> None:
    with pytest.raises(APIError, match=r"executable file not found in \$PATH") as refused:
        engine.run(command=["no-such-program"])
    assert status(refused) == 400
    state = engine.client.containers.get("app").attrs["State"]
    assert (state["Status"], state["ExitCode"]) == ("created", 127)
    assert "no-such-program" in state["Error"]


def test_started_stopped_and_started_on_the_same_port(engine: EngineProgram) -> None:
    container = engine.client.containers.create(APP, name="app")
    assert container.status == "created"
    container.start()
    engine.ask(container)
    port = engine.port(container)
    assert engine.client.api.post(engine.client.api._url("/containers/app/start")).status_code == 304
    container.stop(timeout=5)
    container.reload()
    assert (container.status, container.attrs["State"]["Running"]) == ("exited", False)
    assert engine.client.api.post(engine.client.api._url("/containers/app/stop")).status_code == 304
    container.restart()
    assert engine.ask(container)["env"]["PORT"] == str(port)


def test_one_that_does_not_listen_to_sigterm_is_ended(engine: EngineProgram) -> None:
    deaf = "import signal,time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    container = engine.client.containers.run(PYTHON, ["python", "-c", deaf], detach=True, name="deaf")
    until(lambda: container.logs() == b"deaf\n")
    container.stop(timeout=1)
    assert container.wait()["StatusCode"] == 137


def test_kill_sends_a_signal_and_refuses_what_does_not_run(engine: EngineProgram) -> None:
    container = engine.run(restart_policy={"Name": "always"})
    container.kill("SIGTERM")
    assert container.wait() == {"StatusCode": 143, "Error": None}
    with pytest.raises(APIError, match="is not running") as refused:
        container.kill()
    assert status(refused) == 409
    with pytest.raises(APIError, match="Invalid signal: SIGNONSENSE") as refused:
        container.kill("SIGNONSENSE")
    assert status(refused) == 400


def test_one_that_runs_is_removed_only_by_force(engine: EngineProgram) -> None:
    container = engine.run()
    with pytest.raises(APIError, match="You cannot remove a running container") as refused:
        container.remove()
    assert status(refused) == 409
    container.remove(force=True)
    with pytest.raises(NotFound):
        container.reload()
    assert not (engine.directory / "engine/containers" / str(container.id)).exists()


def test_logs_are_kept_by_stream_and_can_be_followed(engine: EngineProgram) -> None:
    container = engine.run()
    heard: list[bytes] = []
    following = threading.Thread(target=lambda: heard.extend(container.logs(stream=True, follow=True)))
    following.start()
    engine.ask(container, "/one")
    until(lambda: b"asked /one" in container.logs())
    assert container.logs(stderr=False) == b"listening\n"
    assert container.logs(tail=1) == b"asked /one\n"
    stamped = container.logs(stderr=False, timestamps=True).decode()
    assert stamped.startswith("20")
    assert stamped.endswith("Z listening\n")
    assert container.logs(since=2_000_000_000) == b""
    container.stop()
    following.join(10)
    assert b"".join(heard).splitlines()[0] == b"listening"
    assert b"asked /one" in b"".join(heard)


def test_a_last_line_without_an_end_and_a_very_long_one(engine: EngineProgram) -> None:
    program = "import sys; sys.stdout.write('x' * 50000 + 'end')"
    container = engine.client.containers.run(PYTHON, ["python", "-c", program], detach=True, name="long")
    container.wait()
    assert container.logs() == b"x" * 50000 + b"end"


def test_lists_can_be_filtered(engine: EngineProgram) -> None:
    engine.client.networks.create("apps")
    web = engine.run("web", labels={"team": "red", "kind": "app"}, network="apps")
    engine.client.containers.create(APP, name="idle", labels={"team": "blue"})
    names = lambda **how: {one.name for one in engine.client.containers.list(**how)}  # noqa: E731
    assert names() == {"web"}
    assert names(all=True) == {"web", "idle"}
    assert names(all=True, filters={"label": "team=blue"}) == {"idle"}
    assert names(all=True, filters={"label": ["team", "kind=app"]}) == {"web"}
    assert names(all=True, filters={"name": "we"}) == {"web"}
    assert names(filters={"status": "created"}) == {"idle"}
    assert names(all=True, filters={"network": "apps"}) == {"web"}
    assert names(all=True, filters={"ancestor": APP}) == {"web", "idle"}
    assert names(all=True, filters={"id": str(web.id)[:12]}) == {"web"}
    with pytest.raises(APIError, match="Invalid filter 'colour'"):
        names(filters={"colour": "red"})


def test_settings_come_back_as_they_were_asked_for(engine: EngineProgram) -> None:
    container = engine.run(
        read_only=True,
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
        tmpfs={"/tmp": ""},  # noqa: S108
        user="65532:65532",
        restart_policy={"Name": "unless-stopped"},
        mem_limit="64m",
    )
    host = container.attrs["HostConfig"]
    assert (host["ReadonlyRootfs"], host["CapDrop"], host["SecurityOpt"]) == (True, ["ALL"], ["no-new-privileges"])
    assert (host["Tmpfs"], host["Memory"], host["PortBindings"]) == ({"/tmp": ""}, 64 << 20, {})  # noqa: S108
    assert host["RestartPolicy"]["Name"] == "unless-stopped"
    assert container.attrs["Config"]["User"] == "65532:65532"


def test_networks_and_who_is_in_them(engine: EngineProgram) -> None:
    network = engine.client.networks.create("apps", internal=True, labels={"a": "b"})
    assert (network.attrs["Internal"], network.attrs["Labels"]) == (True, {"a": "b"})
    with pytest.raises(APIError, match="network with name apps already exists") as refused:
        engine.client.networks.create("apps")
    assert status(refused) == 409
    with pytest.raises(NotFound, match="network nowhere not found"):
        engine.client.networks.get("nowhere")
    container = engine.run(network="apps")
    network.reload()
    assert [one.id for one in network.containers] == [container.id]
    with pytest.raises(APIError, match=r"network apps id \w+ has active endpoints") as refused:
        network.remove()
    assert status(refused) == 403
    with pytest.raises(APIError, match="endpoint with name app already exists in network apps") as refused:
        network.connect(container)
    assert status(refused) == 403
    network.disconnect(container)
    with pytest.raises(APIError, match="is not connected to network apps"):
        network.disconnect(container)
    network.remove()
    with pytest.raises(APIError, match="bridge is a pre-defined network and cannot be removed") as refused:
        engine.client.networks.get("bridge").remove()
    assert status(refused) == 403
    names = {one.name for one in engine.client.networks.list()}
    assert names == {"bridge", "host", "none"}


def test_members_of_a_network_know_each_others_names_and_ports(engine: EngineProgram) -> None:
    apps = engine.client.networks.create("apps")
    engine.client.networks.create("outbound")
    web = engine.client.containers.create(
        APP, name="web", network="apps", networking_config={"apps": EndpointConfig("1.41", aliases=["campaigns"])}
    )
    web.start()
    asking = engine.run("asking", network="outbound")
    assert "campaigns:8501" not in engine.ask(asking)["hosts"]
    apps.connect(asking)
    real = f"127.0.0.1:{engine.port(web)}"
    hosts = engine.ask(asking)["hosts"]
    assert {hosts["campaigns:8501"], hosts["web:8501"], hosts[f"{web.short_id}:8501"]} == {real}
    assert hosts["asking:8501"] == f"127.0.0.1:{engine.port(asking)}"
    web.stop()
    assert "campaigns:8501" not in engine.ask(asking)["hosts"]
    web.start()
    assert engine.ask(asking)["hosts"]["campaigns:8501"] == real
    apps.disconnect(asking)
    assert "web:8501" not in engine.ask(asking)["hosts"]


def test_dockers_own_network_knows_no_names(engine: EngineProgram) -> None:
    engine.run("one")
    assert "one:8501" not in engine.ask(engine.run("two"))["hosts"]


@pytest.mark.skipif(shutil.which("docker") is None, reason="the docker command is not installed on this machine")
def test_the_docker_command_works(engine: EngineProgram) -> None:
    def docker(*words: str) -> str:
        done = subprocess.run(
            ["docker", *words],
            env={"DOCKER_HOST": f"unix://{engine.socket}", "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nowhere"},
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    docker("network", "create", "apps")
    docker("run", "-d", "--name", "app", "--network", "apps", "--network-alias", "web", APP)
    assert "Up" in docker("ps")
    assert "8501/tcp" in docker("ps")
    until(lambda: "listening" in docker("logs", "app"))
    assert docker("inspect", "-f", "{{.State.Running}}", "app") == "true\n"
    assert "localhost/test/app" in docker("images")
    assert "apps" in docker("network", "ls")
    assert "nothing is isolated" in docker("info")
    assert docker("stop", "app") == "app\n"
    assert "Exited" in docker("ps", "-a")
    assert docker("rm", "app") == "app\n"
    assert docker("network", "rm", "apps") == "apps\n"


def test_where_a_setting_names_the_containers_own_address() -> None:
    ports = {"8501/tcp": 40000, "80/tcp": 40001}
    cases = {
        ("ADDRESS", "0.0.0.0"): "127.0.0.1",  # noqa: S104
        ("LISTEN", ":8501"): "127.0.0.1:40000",
        ("X", "0.0.0.0:8501"): "127.0.0.1:40000",
        ("X", "[::]:80"): "127.0.0.1:40001",
        ("X", "http://localhost:80/a?b=http://127.0.0.1:8501"): "http://127.0.0.1:40001/a?b=http://127.0.0.1:40000",
        ("X", "127.0.0.1:8502"): "127.0.0.1:8502",
        ("X", "127.0.0.1:85011"): "127.0.0.1:85011",
        ("X", "10.127.0.0.1:80"): "10.127.0.0.1:80",
        ("X", "0.0.0.0/0"): "0.0.0.0/0",
        ("X", "wiki:80"): "wiki:80",
        ("SERVER_PORT", "8501"): "40000",
        ("YEAR", "8501"): "8501",
    }
    assert {case: relocated(*case, ports) for case in cases} == cases
    words = ["run", "--server.port", "8501", "--server.port=8501", "-p", "80", "8501", "--size=8501"]
    assert relocated_words(words, ports) == [
        "run",
        "--server.port",
        "40000",
        "--server.port=40000",
        "-p",
        "40001",
        "8501",
        "--size=8501",
    ]
