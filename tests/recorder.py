"""Runs the Pulumi program without an engine and records what it would register.

The recording is an inventory: URN tail with the parent chain → inputs. Secrets stay marked, so that a test can tell
where a secret value stands; dependencies are kept, so that a test can tell what waits for what.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import json
import logging
import re
import runpy
import textwrap
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml

PROJECT_ROOT = Path(__file__).parent.parent
EXAMPLES = PROJECT_ROOT / "tests" / "examples"
STACKS_OF_EXAMPLES = [
    (path.parent.parent.name, path.name.split(".")[1]) for path in sorted(EXAMPLES.glob("*/stacks/Pulumi.*.yaml"))
]
ORGANIZATION = "organization"
TODAY = date(2026, 11, 22)
SECRET_KEY, SECRET_MARK = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"
ZONES = {
    "9f8e7d6c5b4a39281706f5e4d3c2b1a0": ("example.com", "active", "0a1b2c3d4e5f60718293a4b5c6d7e8f9"),
    "dddddddddddddddddddddddddddddddd": ("pending.example", "pending", "0a1b2c3d4e5f60718293a4b5c6d7e8f9"),
    "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee": ("elsewhere.example", "active", "ffffffffffffffffffffffffffffffff"),
}
Program = Callable[[], None]
_CHECKOUT = re.compile(r"file://[^']*?/(?=(apps|kit|\.gatehouse)/)")


@dataclass(frozen=True)
class Secret:
    """A value that Pulumi encrypts."""

    value: object


@dataclass(frozen=True)
class Recorded:
    """One registration. `dependencies` are URN tails; `custom` tells a resource from a component.

    A resource is replaced when its `trigger` changes.
    """

    type: str
    name: str
    inputs: Mapping[str, Any]
    dependencies: frozenset[str]
    custom: bool
    protect: bool = False
    trigger: str = ""


@dataclass
class Recording:
    """All registrations by URN tail, and what the stack exports."""

    resources: dict[str, Recorded] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)

    def of_type(self, kind: str) -> dict[str, Recorded]:
        """The resources whose type token ends in `kind`, such as `DnsRecord`."""
        return {urn: item for urn, item in self.resources.items() if item.type.rpartition(":")[2] == kind}

    def waits_for(self, urn: str) -> set[str]:
        """Everything that exists before this resource does."""
        found: set[str] = set()
        left = [urn]
        while left:
            for dependency in self.resources[left.pop()].dependencies - found:
                found.add(dependency)
                left.append(dependency)
        return found

    def inventory(self) -> str:
        """The recording as YAML, sorted, with secrets hidden."""
        blocks = [f"{urn}:{_block(self._entry(self.resources[urn]))}" for urn in sorted(self.resources)]
        return "\n".join([*blocks, f"outputs:{_block(plain(self.outputs))}", ""])

    @staticmethod
    def _entry(item: Recorded) -> dict[str, Any]:
        options = {"(protected)": item.protect, "(replaced when it changes)": item.trigger}
        return {**{name: value for name, value in options.items() if value}, **plain(item.inputs)}


class _Indented(yaml.SafeDumper):
    """Block lists stand deeper than their key, and nothing is abbreviated by anchors."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        del indentless
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: object) -> bool:
        del data
        return True


def _block(document: Mapping[str, Any]) -> str:
    # Keys of this length would be written in YAML's two-line form, so the top level is written here.
    if not document:
        return " {}"
    text = yaml.dump(dict(document), Dumper=_Indented, sort_keys=True, allow_unicode=True, width=110)
    return "\n" + textwrap.indent(text.rstrip(), "  ")


def plain(value: Any) -> Any:
    """The value for people: secrets and this machine's folders hidden, whole numbers without a point."""
    if isinstance(value, Secret):
        return "[secret]"
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, str):
        # Uploads name files of this machine.
        return _CHECKOUT.sub("file://CHECKOUT/", value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def marked(value: Any) -> Any:
    """Pulumi's wire form of a secret, as Secret."""
    if isinstance(value, Mapping):
        if value.get(SECRET_KEY) == SECRET_MARK:
            return Secret(marked(value["value"]))
        return {key: marked(item) for key, item in value.items()}
    return [marked(item) for item in value] if isinstance(value, list) else value


def tail(urn: str) -> str:
    return urn.split("::", 2)[2].removeprefix("pulumi:pulumi:Stack$")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """asyncio complains about tasks that a failed program leaves behind, exactly as Pulumi's own start-up expects."""
    logger = logging.getLogger("asyncio")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def record(
    program: Program,
    *,
    stack: str,
    root: Path = PROJECT_ROOT,
    config: Mapping[str, object] | None = None,
    references: Mapping[str, Mapping[str, object]] | None = None,
) -> Recording:
    """Run a program as one stack. `config` is decrypted configuration, `references` the outputs of other stacks."""
    recording = Recording()
    context = contextvars.copy_context()
    with _quiet():
        context.run(_run, program, stack, root, config or {}, references or {}, recording)
    return recording


def _run(
    program: Program,
    stack: str,
    root: Path,
    config: Mapping[str, object],
    references: Mapping[str, Mapping[str, object]],
    recording: Recording,
) -> None:
    import pulumi
    from pulumi.runtime import mocks, settings
    from pulumi.runtime.stack import run_in_stack

    from tests.monitor import Monitor

    monitor = Monitor(recording, references)
    settings.configure(
        mocks.MockSettings(  # type: ignore[no-untyped-call]
            monitor=monitor,
            monitor_features=set(monitor.features),
            engine=mocks.MockEngine(None),
            project="gatehouse",
            stack=stack,
            dry_run=False,
            organization=ORGANIZATION,
            root_directory=str(root),
            outputs=set(),
            lock=threading.Lock(),
        )
    )
    settings.set_root_resource(None)  # type: ignore[arg-type]  # its own initial value
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    pulumi.runtime.set_all_config(texts, list(texts))
    asyncio.run(run_in_stack(program))


def decrypted(root: Path, stack: str) -> dict[str, object]:
    """The configuration of a stack file as Pulumi hands it to the program; ciphertext `X` decrypts to `secret X`."""
    text = (root / "stacks" / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8")
    config = yaml.safe_load(text).get("config", {})

    def decrypt(value: Any) -> Any:
        if isinstance(value, dict):
            return (
                f"secret {value['secure']}" if set(value) == {"secure"} else {k: decrypt(v) for k, v in value.items()}
            )
        return [decrypt(item) for item in value] if isinstance(value, list) else value

    return {key: decrypt(value) for key, value in config.items()}


def record_project(
    root: Path, stack: str, references: Mapping[str, Mapping[str, object]] | None = None, today: date = TODAY
) -> Recording:
    """The resources of one stack of a project, on a fixed day."""

    def program() -> None:
        import pulumi

        from infra.containers import plan_containers
        from infra.load import load_estate
        from infra.provision import provision
        from infra.settings import load_settings
        from infra.uploads import plan_uploads

        estate, _ = load_estate(root, stack, today)
        containers, uploads = plan_containers(estate, root), plan_uploads(estate, root)
        for name, value in provision(estate, load_settings(estate), containers, uploads, today).items():
            pulumi.export(name, value)

    return record(program, stack=stack, root=root, config=decrypted(root, stack), references=references)


@functools.cache
def recorded_example(name: str, stack: str) -> Recording:
    """The resources of one stack of `examples/<name>`; the stack that owns its singletons is recorded first."""
    root = EXAMPLES / name
    account = str(decrypted(root, stack)["gatehouse:account"])
    references = {}
    if account not in ("self", "only"):
        references[f"{ORGANIZATION}/gatehouse/{account}"] = recorded_example(name, account).outputs
    return record_project(root, stack, references)


def run_entrypoint() -> None:
    """Run infra/ as Pulumi's language host does: in its directory, with `.` as program and first on the path."""
    with contextlib.chdir(PROJECT_ROOT / "infra"):
        runpy.run_path(".", run_name="__main__")
