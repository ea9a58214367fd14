"""Connectors come, are refused, are lost and go; the API shows it."""

from __future__ import annotations

import asyncio
import base64
import json
import signal
from collections.abc import Iterator

import pytest

from sandbox.cloudflare_api import Store
from sandbox.edge.protocol.registration import Refused, Registration
from sandbox.edge.tunnel.admission import admit
from sandbox.edge.upstream import NoConnectorError
from tests.sandbox.tunnel_world import APP, RequestHead, TunnelWorld, free_port, tunnel_world, until


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TunnelWorld]:
    with tunnel_world(tmp_path_factory.mktemp("tunnel")) as world:
        yield world


def test_a_connector_registers_is_shown_and_says_goodbye(world: TunnelWorld) -> None:
    tunnel = world.tunnel("whole-life")
    assert world.shown(tunnel)["status"] == "inactive"
    connector = world.connector(tunnel.token).wait()
    shown = world.shown(tunnel)
    assert shown["status"] == "healthy"
    [line] = shown["connections"]
    ready = connector.ready()
    assert ready is not None
    assert ready.json() == {"status": 200, "readyConnections": 1, "connectorId": line["client_id"]}
    assert line["origin_ip"] == "127.0.0.1"
    refused = world.api.delete(f"/cfd_tunnel/{tunnel.id}")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, 1022)

    connector.program.send_signal(signal.SIGTERM)
    assert connector.program.wait(5) == 0
    assert "unregistered connection 0" in connector.said()
    assert (world.shown(tunnel)["status"], world.shown(tunnel)["connections"]) == ("down", [])
    assert world.api.delete(f"/cfd_tunnel/{tunnel.id}").status_code == 200


def test_a_wrong_secret_is_refused_for_good(world: TunnelWorld) -> None:
    tunnel = world.tunnel("secret")
    said = json.loads(base64.b64decode(tunnel.token))
    wrong = base64.b64encode(json.dumps({**said, "s": base64.b64encode(b"x" * 32).decode()}).encode()).decode()
    other_account = base64.b64encode(json.dumps({**said, "a": "f" * 32}).encode()).decode()
    connectors = [world.connector(token) for token in (wrong, other_account)]
    assert [connector.program.wait(10) for connector in connectors] == [1, 1]
    assert connectors[0].said().splitlines()[-1] == "Unauthorized: Invalid tunnel secret"
    assert connectors[1].said().splitlines()[-1] == "Unauthorized: Tunnel not found"
    assert world.shown(tunnel)["status"] == "inactive"


def test_a_refusal_that_may_pass_is_tried_again(world: TunnelWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    tunnel = world.tunnel("busy")
    asked: list[int] = []

    def busy_twice(store: Store, registration: Registration) -> object:
        asked.append(registration.attempts)
        return Refused("busy", retry=True) if len(asked) < 3 else admit(store, registration)

    monkeypatch.setattr("sandbox.edge.tunnel.edge.admit", busy_twice)
    connector = world.connector(tunnel.token).wait()
    assert asked == [0, 1, 2]
    assert connector.said().count("the edge refused: busy") == 2


def test_a_connector_that_finds_no_edge_can_be_stopped(world: TunnelWorld) -> None:
    """Neither one that is not there, nor one that takes the call and says nothing."""

    async def silent() -> asyncio.Server:
        tls = world.certificates.server_context()
        return await asyncio.start_server(lambda *_: None, "127.0.0.1", 0, ssl=tls)

    tunnel, server = world.tunnel("nowhere"), world.loop.run(silent())
    ports = (free_port(), server.sockets[0].getsockname()[1])
    connectors = [world.connector(tunnel.token, TUNNEL_EDGE=f"127.0.0.1:{port}") for port in ports]
    for connector in connectors:
        until(lambda one=connector: (answer := one.ready()) is not None and answer.status_code == 503)
        connector.program.send_signal(signal.SIGTERM)
        assert connector.program.wait(5) == 0
    server.close()


def test_a_killed_connector_is_gone_at_once_and_comes_back(world: TunnelWorld) -> None:
    tunnel = world.tunnel("killed")
    world.configure(tunnel, {"hostname": APP, "service": f"http://{world.origin}"})
    world.connector(tunnel.token).wait().stop()
    until(lambda: world.shown(tunnel)["status"] == "down")
    with pytest.raises(NoConnectorError):
        world.fetch(tunnel)
    world.connector(tunnel.token).wait()
    assert world.shown(tunnel)["status"] == "healthy"
    until(lambda: world.fetch(tunnel).status == 200)


def test_connectors_come_back_to_an_edge_that_was_restarted(world: TunnelWorld) -> None:
    tunnel = world.tunnel("restarted")
    world.configure(tunnel, {"hostname": APP, "service": f"http://{world.origin}"})
    connector = world.connector(tunnel.token).wait()
    world.stop_edge()
    assert world.shown(tunnel)["status"] == "down"
    until(lambda: (answer := connector.ready()) is not None and answer.status_code == 503)
    world.start_edge()
    connector.wait()
    assert world.shown(tunnel)["status"] == "healthy"
    assert world.fetch(tunnel).status == 200


def test_several_connections_take_turns(world: TunnelWorld) -> None:
    tunnel = world.tunnel("several")
    world.configure(tunnel, {"hostname": APP, "service": f"http://{world.origin}"})
    several = world.connector(tunnel.token, TUNNEL_HA_CONNECTIONS="3")
    until(lambda: len(world.shown(tunnel)["connections"]) == 3)
    single = world.connector(tunnel.token).wait()
    rows = world.api.get(f"/cfd_tunnel/{tunnel.id}/connections").json()["result"]
    assert sorted(len(row["conns"]) for row in rows) == [1, 3]
    several.stop()
    until(lambda: len(world.shown(tunnel)["connections"]) == 1)
    until(lambda: world.fetch(tunnel).status == 200)
    assert [world.fetch(tunnel).status for _ in range(5)] == [200] * 5
    single.stop()


def test_connections_that_the_api_drops_are_cut_and_register_again(world: TunnelWorld) -> None:
    tunnel = world.tunnel("dropped")
    world.connector(tunnel.token).wait()
    [before] = world.shown(tunnel)["connections"]
    world.api.delete(f"/cfd_tunnel/{tunnel.id}/connections").raise_for_status()
    until(lambda: world.shown(tunnel)["status"] == "healthy")
    [after] = world.shown(tunnel)["connections"]
    assert (after["client_id"], after["id"] != before["id"]) == (before["client_id"], True)


def test_a_request_under_way_ends_before_the_connector(world: TunnelWorld) -> None:
    """Unregistering takes no new requests and lets the old ones finish."""
    tunnel = world.tunnel("graceful")
    world.configure(tunnel, {"hostname": APP, "service": f"http://{world.echo}"})
    connector = world.connector(tunnel.token).wait()
    until(lambda: connector.said().count("updated to configuration") == 1)
    key = (("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA=="),)
    pipe = world.loop.run(world.edge.upstream.websocket(tunnel.id, RequestHead("GET", APP, "/", key)))
    connector.program.send_signal(signal.SIGTERM)
    until(lambda: world.shown(tunnel)["status"] == "down")
    assert connector.program.poll() is None
    ping = bytes([0x89, 0x80, 0, 0, 0, 0])
    world.loop.run(pipe.send(ping))
    assert world.loop.run(pipe.receive()) == bytes([0x8A, 0])
    world.loop.run(pipe.close())
    assert connector.program.wait(5) == 0
