"""A project of its own with a sandbox of its own, driven through the `sandbox` command as a person would."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import snowflake.connector
from snowflake.connector import DictCursor, SnowflakeConnection

from sandbox import local_cloudflare, local_snowflake
from sandbox.local_cloudflare import Cloudflare
from sandbox.local_snowflake import Snowflake
from sandbox.places import Places

ROOT = Path(__file__).parents[2]
LIMIT = 180  # seconds for one command; the slowest takes a tenth of it
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True)
class Ended:
    """What a command printed, both streams together, and how it ended."""

    code: int
    text: str

    def __str__(self) -> str:
        return f"exit {self.code}\n{self.text}"


class World:
    """A copy of the project's files and an empty sandbox beside it."""

    limit = LIMIT
    docker_host = "unix:///nowhere/docker.sock"
    """Where no daemon is: containers are local processes here, whatever daemon the machine has."""

    def __init__(self, folder: Path) -> None:
        self.project = folder / "project"
        self.state = folder / "state"
        (self.project / "stacks").mkdir(parents=True)
        for name in ("infra", "apps", "kit"):
            shutil.copytree(
                ROOT / name, self.project / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
            )
        stacks = (f"stacks/{path.name}" for path in (ROOT / "stacks").glob("*.yaml"))
        for file in (".dockerignore", "Pulumi.yaml", "apps.yaml", "people.yaml", *stacks):
            shutil.copy(ROOT / file, self.project / file)

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "sandbox.cli", "-C", str(self.project), *arguments]

    @property
    def environment(self) -> dict[str, str]:
        own = {"GATEHOUSE_SANDBOX_DIR": str(self.state), "DOCKER_HOST": self.docker_host}
        return {**os.environ, **own, "NO_COLOR": "1", "COLUMNS": "200"}

    def sandbox(self, *arguments: str, stdin: str = "") -> Ended:
        """Run one `sandbox` command to its end."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=ROOT,
            env=self.environment,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=self.limit,
            check=False,
        )
        return Ended(done.returncode, done.stdout)

    def pulumi(self, *arguments: str, stdin: str = "") -> Ended:
        return self.sandbox("pulumi", *arguments, stdin=stdin)

    def ok(self, *arguments: str, stdin: str = "") -> str:
        """Run a command that must succeed."""
        ended = self.sandbox(*arguments, stdin=stdin)
        assert ended.code == 0, f"sandbox {' '.join(arguments)}: {ended}"
        return ended.text

    def edit(self, file: str, old: str, new: str) -> None:
        """Change a file of the project; the old text must be there once."""
        path = self.project / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    @cached_property
    def origin(self) -> str:
        """Where the local API listens; it keeps its port."""
        found = re.search(r"CLOUDFLARE_BASE_URL='?(http://[^/']+)", self.ok("env"))
        assert found
        return found[1]

    def control(self, method: str, path: str, json: object = None) -> Any:
        """Ask the sandbox's own endpoints."""
        answer = httpx.request(method, f"{self.origin}/__sandbox/{path}", json=json, trust_env=False)
        answer.raise_for_status()
        return answer.json()

    @property
    def cloudflare(self) -> Cloudflare | None:
        """The program behind it all, while it runs."""
        return local_cloudflare.found(Places(self.project, self.state))

    @property
    def running(self) -> Cloudflare:
        """The same; refused as a connection is where it does not run."""
        if self.cloudflare is None:
            raise ConnectionRefusedError("the sandbox does not run")
        return self.cloudflare

    @property
    def snowflake(self) -> Snowflake:
        """The local Snowflake, which must run."""
        found = local_snowflake.found(Places(self.project, self.state))
        assert found is not None, "the local Snowflake does not run"
        return found

    def statements(self) -> list[str]:
        """What was executed in Snowflake since the log was cleared and was meant to change something."""
        entries: Any = self.snowflake.asked("/__sandbox/statements")
        reads = ("SELECT", "SHOW", "DESCRIBE")
        return [entry["sql"] for entry in entries["statements"] if not entry["sql"].startswith(reads)]

    def forget_statements(self) -> None:
        httpx.delete(f"{self.snowflake.origin}/__sandbox/statements", trust_env=False).raise_for_status()

    def connection(self, user: str, password: str, role: str | None = None) -> SnowflakeConnection:
        """A session of the real connector, to be closed."""
        return snowflake.connector.connect(
            host="127.0.0.1",
            port=self.snowflake.program.ports["api"],
            protocol="http",
            account="EXAMPLE-SANDBOX",
            user=user,
            password=password,
            role=role,
            session_parameters={"CLIENT_TELEMETRY_ENABLED": False},
            # The connector warns of another default to come.
            enable_server_session_keep_alive_auto_detection=False,
        )

    def query(self, statement: str) -> list[dict[str, Any]]:
        """Ask Snowflake as its administrator."""
        with (
            self.connection("ADMIN", "sandbox-admin-password") as connection,
            connection.cursor(DictCursor) as cursor,
        ):
            found: list[dict[str, Any]] = cursor.execute(statement).fetchall()
            return found

    @property
    def ports(self) -> dict[str, int]:
        """Where edge and front door listen."""
        return dict(self.running.program.ports)

    @property
    def authority(self) -> Path:
        """The certificate that vouches for the front door."""
        return self.state / "cloudflare" / "tls" / "ca.pem"

    def at_identity_provider(self, method: str, path: str, json: object = None) -> Any:
        """Ask who there is, or say it."""
        answer = self.running.at_front_door(method, "idp.sandbox.test", f"/__sandbox/{path}", json)
        answer.raise_for_status()
        return answer.json()

    def objects(self) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = self.control("GET", "objects")
        return found

    def names(self) -> list[str]:
        """What exists, as `collection name`, sorted. A tunnel's configuration lives and dies with it."""
        return sorted(
            f"{collection} {item['name']}"
            for collection, items in self.objects().items()
            for item in items
            if collection != "configurations"
        )

    def writes(self) -> list[tuple[str, str]]:
        """Method and path of every request since the journal was cleared that was meant to change something."""
        entries = self.control("GET", "journal")["requests"]
        return [(entry["method"], entry["path"]) for entry in entries if entry["method"] in WRITES]

    def forget_requests(self) -> None:
        self.control("DELETE", "journal")

    def faults(self, *rules: dict[str, object]) -> None:
        """Let the API fail on order, and no longer as it was ordered before."""
        self.control("DELETE", "faults")
        for rule in rules:
            self.control("POST", "faults", rule)

    @staticmethod
    def end_group(leader: int, how: signal.Signals) -> None:
        """Signal a process that a test started in a session of its own, and all of its children."""
        os.killpg(leader, how)
