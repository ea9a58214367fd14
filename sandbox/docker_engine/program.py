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


class _Pipe:
    """One of a program's two outputs, kept from the first byte on.

    Not asyncio's own: a program would not count as ended for as long as something that it has started holds the pipe.
    """

    def __init__(self) -> None:
        self._read, self.write = os.pipe()
        self._transport: asyncio.ReadTransport | None = None
        self.keeping: asyncio.Task[None] | None = None

    async def keep(self, name: str, output: Output) -> None:
        """Begin to write down what comes."""
        reader = asyncio.StreamReader()
        self._transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(self._read, "rb")
        )
        self.keeping = asyncio.create_task(output.keep(name, reader))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
        else:
            os.close(self._read)


class Program:
    """A running program; `finished` gives its exit code."""

    def __init__(self, program: asyncio.subprocess.Process, pipes: tuple[_Pipe, _Pipe]) -> None:
        self._program, self._pipes = program, pipes
        self.pid = program.pid

    @classmethod
    async def start(cls, launch: Launch, output: Output) -> Program:
        """Start it; refuses what the machine will not run."""
        pipes = (_Pipe(), _Pipe())
        try:
            program = await asyncio.create_subprocess_exec(
                *launch.words,
                cwd=launch.folder,
                env=launch.environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=pipes[0].write,
                stderr=pipes[1].write,
                start_new_session=True,
            )
        except OSError as error:
            for pipe in pipes:
                pipe.close()
            raise RefusalError(400, f"OCI runtime create failed: {launch.words[0]}: {error.strerror}") from error
        finally:
            for pipe in pipes:
                os.close(pipe.write)
        for name, pipe in zip(("stdout", "stderr"), pipes, strict=True):
            await pipe.keep(name, output)
        return cls(program, pipes)

    async def finished(self) -> int:
        """Wait for its end, and end what it leaves behind; 128 and the signal where one has ended it."""
        code = await self._program.wait()
        self.signal_all(signal.SIGKILL)
        keeping = [pipe.keeping for pipe in self._pipes if pipe.keeping is not None]
        await asyncio.wait(keeping, timeout=_LAST_WORDS)
        for pipe, task in zip(self._pipes, keeping, strict=True):
            task.cancel()
            pipe.close()
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
