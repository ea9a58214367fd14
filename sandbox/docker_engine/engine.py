"""The engine: what exists, what runs, and what one says to the other."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from sandbox.cloudflare_api.document import Json, section
from sandbox.docker_engine.addresses import choose_ports, names_for
from sandbox.docker_engine.build import BuildPlan, Built, build
from sandbox.docker_engine.containers import Containers
from sandbox.docker_engine.context import unpack
from sandbox.docker_engine.dockerfile import DockerfileError
from sandbox.docker_engine.images import Images
from sandbox.docker_engine.launch import Launch, launch, write_launchers
from sandbox.docker_engine.networks import Networks
from sandbox.docker_engine.output import Output
from sandbox.docker_engine.program import end_leftovers
from sandbox.docker_engine.records import Container, Image, Network, now
from sandbox.docker_engine.refusals import RefusalError, no_such_image, unsupported
from sandbox.docker_engine.run import Run, revives
from sandbox.front.files import write_json

STOP_GRACE = 10.0
_SHUTDOWN_GRACE = 3.0


@dataclass(frozen=True)
class Asked:
    """What a build is asked for."""

    dockerfile: str = "Dockerfile"
    arguments: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    target: str = ""
    names: tuple[str, ...] = ()


class Engine:
    """One engine over one directory."""

    def __init__(self, directory: Path, extras: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.directory, self._extras = directory, extras
        self.images = Images(directory / "images")
        self.networks = Networks(directory / "networks.json")
        self.containers = Containers(directory / "containers")
        self._launchers = directory / "bin"
        self._runs: dict[str, Run] = {}
        self._turns: dict[str, asyncio.Lock] = {}

    async def open(self) -> None:
        """End what an engine before has left, and run again what is to run."""
        write_launchers(self._launchers)
        end_leftovers(container.id for container in self.containers.all())
        for container in self.containers.all():
            if container.state.alive:
                self.containers.change(container.id, status="exited", pid=0, code=255, finished=now(), health=None)
        reviving = [container for container in self.containers.all() if revives(container)]
        # One that cannot be started any more says so in its own state.
        await asyncio.gather(*(self.start(container) for container in reviving), return_exceptions=True)

    async def close(self) -> None:
        """End every container; what is to run again is known to the next engine."""
        await asyncio.gather(*(run.stop(signal.SIGTERM, _SHUTDOWN_GRACE, by_hand=False) for run in self._running()))

    async def build(self, archive: Path, asked: Asked) -> tuple[Image, tuple[str, ...]]:
        """An image from a context, and what is printed meanwhile; raises DockerfileError."""
        with self.images.place() as folder:
            # Several builds may run at once; what they made is taken in here, one after the other.
            built = await asyncio.to_thread(self._interpret, Path(folder), archive, asked)
            image = self.images.add(built)
        for name in asked.names:
            self.images.tag(image, name)
        return image, built.lines

    def _interpret(self, folder: Path, archive: Path, asked: Asked) -> Built:
        context, made = folder / "context", folder / "made"
        context.mkdir()
        made.mkdir()
        unpack(archive, context, asked.dockerfile)
        file = context / asked.dockerfile
        if not file.resolve().is_relative_to(context.resolve()) or not file.is_file():
            raise DockerfileError(f"Cannot locate specified Dockerfile: {asked.dockerfile}")
        plan = BuildPlan(file.read_text("utf-8"), context, asked.arguments, asked.target, self.images.begin)
        built = build(plan, made)
        if not asked.labels:
            return built
        labels = {**(built.config.get("Labels") or {}), **asked.labels}
        return replace(built, config={**built.config, "Labels": labels})

    def remove_image(self, name: str, force: bool) -> list[Json]:
        """Take an image's name away, and the image with its last one."""

        def user(image: Image) -> str | None:
            return next((one.id for one in self.containers.all() if one.image_id == image.id), None)

        return self.images.remove(name, force, user)

    def create(self, name: str, asked: Json) -> Container:
        """A container that does not run yet."""
        host = section(asked, "HostConfig")
        if any(host.get("PortBindings", {}).values() if host.get("PortBindings") else ()) or host.get(
            "PublishAllPorts"
        ):
            raise unsupported("publishing a port")
        try:
            image = self.images.get(str(asked.get("Image") or ""))
        except RefusalError as refusal:
            raise no_such_image(str(asked.get("Image"))) from refusal
        networks = self._asked_networks(host, section(asked, "NetworkingConfig"))
        container = self.containers.create(name, asked, image, self.images.files(image.id))
        taken = {port for other in self.containers.all() for port in other.ports.values()}
        ports = choose_ports(container.config["ExposedPorts"], {}, taken)
        return self.containers.put(replace(container, networks=networks, ports=ports))

    async def start(self, container: Container) -> bool:
        """Start it; False when it runs already."""
        async with self._turn(container):
            if container.id in self._runs and not self._runs[container.id].over.is_set():
                return False
            run = Run(container.id, self.containers, self._prepare, self._tell_names)
            await run.start()
            self._runs[container.id] = run
            return True

    async def stop(self, container: Container, grace: float | None) -> bool:
        """Stop it; False when it does not run."""
        async with self._turn(container):
            run = self._run(container)
            if run is None:
                return False
            seconds = grace if grace is not None else float(container.config.get("StopTimeout") or STOP_GRACE)
            await run.stop(stop_signal(container), seconds, by_hand=True)
            return True

    def kill(self, container: Container, number: int) -> None:
        """Send a signal; refuses where nothing runs."""
        run = self._run(container)
        if run is None:
            raise RefusalError(409, f"Cannot kill container: {container.name}: Container {container.id} is not running")
        configured = container.config.get("StopSignal")
        run.kill(number, number == signal.SIGKILL or not configured or number == stop_signal(container))

    async def remove(self, container: Container, force: bool) -> None:
        """Forget it; one that runs only by force."""
        async with self._turn(container):
            # Whoever had the turn before may have started or removed it.
            container = self.containers.get(container.id)
            run = self._run(container)
            if run is not None and not force:
                raise RefusalError(
                    409,
                    f"You cannot remove a {container.state.status} container {container.id}. "
                    "Stop the container before attempting removal or force remove",
                )
            if run is not None:
                await run.stop(signal.SIGKILL, STOP_GRACE, by_hand=True)
            self._runs.pop(container.id, None)
            self.containers.remove(container)
            self._tell_names()
        self._turns.pop(container.id, None)

    def rename(self, container: Container, name: str) -> None:
        """Give it another name, by which its networks know it from now on."""
        self.containers.rename(container, name)
        self._tell_names()

    def update(self, container: Container, wanted: Json) -> None:
        """Change what `docker update` changes: the restart policy counts from now on, limits are only kept."""
        known = {name: value for name, value in wanted.items() if value is not None}
        self.containers.put(replace(container, host={**container.host, **known}))

    def run_of(self, container: Container) -> Run | None:
        """What runs of a container, or ran last."""
        return self._runs.get(container.id)

    def output(self, container: Container) -> Output:
        """What a container has said."""
        return Output(self.containers.folder(container.id) / "output.log")

    def members(self, network: Network) -> tuple[Container, ...]:
        """The running containers of a network."""
        return tuple(one for one in self.containers.all() if network.name in one.networks and one.state.alive)

    def connect(self, network: Network, container: Container, endpoint: Json) -> None:
        """Put a container into a network."""
        if network.name in container.networks:
            raise RefusalError(403, f"endpoint with name {container.name} already exists in network {network.name}")
        self.containers.put(replace(container, networks={**container.networks, network.name: endpoint}))
        self._tell_names()

    def disconnect(self, network: Network, container: Container) -> None:
        """Take a container out of a network."""
        if network.name not in container.networks:
            raise RefusalError(403, f"container {container.id} is not connected to network {network.name}")
        left = {name: endpoint for name, endpoint in container.networks.items() if name != network.name}
        self.containers.put(replace(container, networks=left))
        self._tell_names()

    def _asked_networks(self, host: Json, asked: Json) -> dict[str, Json]:
        endpoints = section(asked, "EndpointsConfig")
        mode = str(host.get("NetworkMode") or "default")
        if mode.startswith("container:"):
            raise unsupported("a network of another container")
        named = {self._network(name).name: endpoint or {} for name, endpoint in endpoints.items()}
        return named if named and mode == "default" else {self._network(mode).name: {}, **named}

    def _network(self, name: str) -> Network:
        return self.networks.get("bridge" if name == "default" else name)

    def _prepare(self, container: Container) -> Launch:
        others = {port for one in self.containers.all() if one.id != container.id for port in one.ports.values()}
        ports = choose_ports(container.config["ExposedPorts"], container.ports, others)
        if ports != container.ports:
            container = self.containers.put(replace(container, ports=ports))
        folder = self.containers.folder(container.id)
        write_json(folder / "hosts.json", dict(names_for(container, self.containers.all())))
        return launch(container, folder, self._launchers, self._extras)

    def _tell_names(self) -> None:
        everyone = self.containers.all()
        for container in everyone:
            if container.state.alive:
                names: Mapping[str, str] = names_for(container, everyone)
                write_json(self.containers.folder(container.id) / "hosts.json", dict(names))

    def _running(self) -> tuple[Run, ...]:
        return tuple(run for run in self._runs.values() if not run.over.is_set())

    def _run(self, container: Container) -> Run | None:
        run = self._runs.get(container.id)
        return None if run is None or run.over.is_set() else run

    def _turn(self, container: Container) -> asyncio.Lock:
        return self._turns.setdefault(container.id, asyncio.Lock())


def stop_signal(container: Container) -> int:
    """The signal that asks a container to end."""
    return signal_number(str(container.config.get("StopSignal") or "SIGTERM"))


def signal_number(text: str) -> int:
    """`SIGHUP`, `HUP` or `1`."""
    if text.isdigit():
        return int(text)
    name = text.upper()
    try:
        return signal.Signals[name if name.startswith("SIG") else f"SIG{name}"].value
    except KeyError:
        raise RefusalError(400, f"Invalid signal: {text}") from None
