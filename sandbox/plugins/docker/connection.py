"""The official client, what its errors mean to the engine, and waiting that can be ended."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import docker
import requests
from docker.errors import APIError, DockerException

from sandbox.containers.daemon import client, is_on_this_machine
from sandbox.containers.extras import Extras
from sandbox.invocation import command
from sandbox.plugins.engine_log import EngineLog
from sandbox.plugins.service import NothingDoneError, UnknownOutcomeError

_LONGEST_STEP = 1200.0
"""Seconds without a sign from the daemon, as with the official provider; a build may be silent for long."""


class HostError(Exception):
    """The address is not one that a stand-in may talk to."""


def checked_host(host: str) -> str:
    """The address, if it is on this machine; stand-ins never talk to anybody else."""
    if not is_on_this_machine(host):
        raise HostError(
            f"`{host}` is not on this machine: the provider stand-in only talks to a unix socket or a loopback "
            "address; install the official plugin (`pulumi plugin install resource docker`) for another daemon"
        )
    return host


def taken(error: APIError, noun: str, removal: str) -> NothingDoneError:
    """A name is taken by something that the state does not know: it is not adopted, and there are two ways out."""
    return NothingDoneError(
        f"{error.explanation}\nThe state does not know that {noun}. Remove it ({removal}) and run this again, "
        f"or begin from nothing:\n  {command()} reset"
    )


class Connection:
    """One daemon for all operations: a client for each, the engine's log, and the sandbox's extras."""

    def __init__(self, host: str, log: EngineLog, extras: Extras) -> None:
        self.host = checked_host(host)
        self.extras = extras
        self._log = log
        self._cancelled = threading.Event()

    @contextmanager
    def api(self) -> Iterator[docker.APIClient]:
        """A client; what it raises becomes a word of the engine."""
        try:
            with client(self.host, _LONGEST_STEP) as api:
                yield api
        except APIError as error:
            raise NothingDoneError(str(error.explanation or error)) from error
        except requests.exceptions.ConnectionError as error:
            raise UnknownOutcomeError(f"the connection to the Docker daemon at {self.host} was lost") from error
        except (DockerException, requests.exceptions.RequestException) as error:
            raise NothingDoneError(f"the Docker daemon at {self.host}: {error}") from error

    def say(self, urn: str, text: str) -> None:
        """Show what is going on."""
        self._log.status(urn, text)

    def pause(self, seconds: float) -> bool:
        """Wait; whether the operation was cancelled meanwhile."""
        return self._cancelled.wait(seconds)

    def cancel(self) -> None:
        """End all waiting."""
        self._cancelled.set()
