"""One started program, in a process group of its own that ends with it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterable

import psutil

from sandbox.docker_engine.launch import MARK, Launch
from sandbox.docker_engine.output import Output
from sandbox.docker_engine.refusals import RefusalError

_LAST_WORDS = 2.0


class Program:
    """A running program; `finished` gives its exit code."""

    def __init__(self, program: asyncio.subprocess.Process, output: Output) -> None:
        self._program = program
        self.pid = program.pid
        self._keeping = [
            asyncio.create_task(output.keep(name, reader))
            for name, reader in (("stdout", program.stdout), ("stderr", program.stderr))
            if reader is not None
        ]

    @classmethod
    async def start(cls, launch: Launch, output: Output) -> Program:
        """Start it; refuses what the machine will not run."""
        try:
            program = await asyncio.create_subprocess_exec(
                *launch.words,
                cwd=launch.folder,
                env=launch.environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise RefusalError(400, f"OCI runtime create failed: {launch.words[0]}: {error.strerror}") from error
        return cls(program, output)

    async def finished(self) -> int:
        """Wait for its end, and end what it leaves behind; 128 and the signal where one has ended it."""
        code = await self._program.wait()
        self.signal_all(signal.SIGKILL)
        await asyncio.wait(self._keeping, timeout=_LAST_WORDS)
        for keeping in self._keeping:
            keeping.cancel()
        return code if code >= 0 else 128 - code

    def signal(self, number: int) -> None:
        """A signal for the program itself, as Docker sends it to the first of a container."""
        with contextlib.suppress(ProcessLookupError):
            self._program.send_signal(number)

    def signal_all(self, number: int) -> None:
        """A signal for everything that it has started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)


def end_leftovers(containers: Iterable[str]) -> int:
    """End what an engine that was killed has left running: programs that carry the id of one of its containers."""
    ids = set(containers)
    ended = []
    for program in psutil.process_iter() if ids else ():
        with contextlib.suppress(psutil.Error, OSError):
            if program.environ().get(MARK) in ids:
                # psutil ends it only if this id still belongs to the program that was looked at.
                program.kill()
                ended.append(program)
    psutil.wait_procs(ended, timeout=5)
    return len(ended)
