"""The line to the program that has started this process: the order, word of changed files, and its end, which is ours.

The descriptor is read as such: a file object could not be closed at the end while a thread waits in it.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator


class Lifeline:
    """Lines from a descriptor that no child process has."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor, self._lines = descriptor, _lines(descriptor)

    def order(self) -> bytes:
        """The first line."""
        return next(self._lines, b"")

    def hold(self, files_changed: Callable[[], None]) -> None:
        """Listen from now on, beside everything else."""
        threading.Thread(target=self._listen, args=(files_changed,), daemon=True, name="lifeline").start()

    def _listen(self, files_changed: Callable[[], None]) -> None:
        for line in self._lines:
            if line == b"files":
                files_changed()
                os.write(self._descriptor, b"read\n")
        # The other end closes only by ending. What the app has started is of our process group, and ends too.
        os.killpg(0, signal.SIGKILL)


def _lines(descriptor: int) -> Iterator[bytes]:
    rest = b""
    while chunk := os.read(descriptor, 1 << 16):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines
