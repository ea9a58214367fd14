"""One started process of an app, in a process group of its own that ends with it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from dataclasses import dataclass
from pathlib import Path

from sandbox.snowflake_runtime.output import Output
from sandbox.snowflake_runtime.packages import Runtime

_INSIDE = Path(__file__).parent / "inside" / "__main__.py"
_GRACE = 3.0
_LAST_WORDS = 1.0
_ANSWERS_WITHIN = 2.0


@dataclass(frozen=True)
class _Talk:
    """Our ends of what a process has as its standard input, a socket, and as its output, a pipe.

    The output is not asyncio's own: a process would not count as ended while something that it has started holds it.
    """

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    output: asyncio.ReadTransport
    keeping: asyncio.Task[None]

    @classmethod
    async def over(cls, line: socket.socket, pipe: int, output: Output) -> _Talk:
        """Take both over, and begin to keep the output."""
        said = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(said), os.fdopen(pipe, "rb")
        )
        reader, writer = await asyncio.open_connection(sock=line)
        return cls(reader, writer, transport, asyncio.create_task(output.keep(said)))

    async def say(self, line: bytes) -> None:
        """A line to the process; of its end is heard elsewhere."""
        with contextlib.suppress(ConnectionError):
            self.writer.write(line)
            await self.writer.drain()

    async def close(self) -> None:
        """Hang up, after its last words."""
        await asyncio.wait((self.keeping,), timeout=_LAST_WORDS)
        self.keeping.cancel()
        self.output.close()
        self.writer.close()


class Program:
    """A running process. The line to it is what keeps it alive: it ends when this program does."""

    def __init__(self, process: asyncio.subprocess.Process, talk: _Talk) -> None:
        self._process, self._talk = process, talk
        self._asking = asyncio.Lock()
        self.pid = process.pid

    @classmethod
    async def start(cls, runtime: Runtime, order: bytes, home: Path, output: Output) -> Program:
        """Start it and give it its order; an `OSError` where this machine does not run it."""
        ours, theirs = socket.socketpair()
        read, write = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *(str(runtime.python), "-P", "-B", "-u", str(_INSIDE)),
                cwd=home,
                env=_environment(runtime, home),
                stdin=theirs.fileno(),
                stdout=write,
                stderr=write,
                start_new_session=True,
            )
        except OSError:
            ours.close()
            os.close(read)
            raise
        finally:
            theirs.close()
            os.close(write)
        started = cls(process, await _Talk.over(ours, read, output))
        await started._talk.say(order)
        return started

    async def read_again(self) -> None:
        """Let it read the app's files anew; when this comes back, it will."""
        async with self._asking:
            await self._talk.say(b"files\n")
            with contextlib.suppress(TimeoutError, ConnectionError):
                async with asyncio.timeout(_ANSWERS_WITHIN):
                    await self._talk.reader.readline()

    async def finished(self) -> int:
        """Wait for its end, and end what it leaves behind; its exit code, or the signal below zero."""
        code = await self._process.wait()
        self._signal(signal.SIGKILL)
        await self._talk.close()
        return code

    async def stop(self) -> None:
        """Ask it to end, and end it where it does not soon."""
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GRACE):
                await self._process.wait()
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        """A signal for it and everything that it has started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)


def _environment(runtime: Runtime, home: Path) -> dict[str, str]:
    """Nothing of this program's own: it may name accounts and proxies that are none of the app's business."""
    return {
        "HOME": str(home),
        "TMPDIR": str(home),
        "LANG": "C.UTF-8",
        "PATH": os.pathsep.join((str(runtime.python.parent), os.defpath)),
    }
