"""`/snowflake/session/token`, the file that every container has: it exists in this process only, and on no disk."""

from __future__ import annotations

import builtins
import errno
import io
import os
import stat
import time
from typing import Any

from sandbox.snowflake_runtime.inside.late import replace

PATH = "/snowflake/session/token"
_WRITING = os.O_WRONLY | os.O_RDWR


def _is_it(path: object) -> bool:
    """Whether a path names the file; descriptors and what is no path do not."""
    if not isinstance(path, str | bytes | os.PathLike):
        return False
    return os.path.normpath(os.fsdecode(path)) == PATH


def _refusal() -> PermissionError:
    return PermissionError(errno.EACCES, os.strerror(errno.EACCES), PATH)


def provide(token: str) -> None:
    """Let `open`, `os.open`, `pathlib` and questions about existence and size find the file."""
    content = token.encode()
    real_open, real_os_open, real_access = builtins.open, os.open, os.access
    now = time.time()
    status = os.stat_result((stat.S_IFREG | 0o400, 0, 0, 1, os.getuid(), os.getgid(), len(content), now, now, now))

    def descriptor() -> int:
        """The content to be read once. A token is far shorter than what a pipe holds."""
        reading, writing = os.pipe()
        os.write(writing, content)
        os.close(writing)
        return reading

    def opened(file: Any, mode: str = "r", *arguments: Any, **named: Any) -> Any:
        if not _is_it(file):
            return real_open(file, mode, *arguments, **named)
        if set(mode) & set("wax+"):
            raise _refusal()
        return real_open(descriptor(), mode, *arguments, **named)

    def os_open(path: Any, flags: int, *arguments: Any, **named: Any) -> int:
        if not _is_it(path):
            return real_os_open(path, flags, *arguments, **named)
        if flags & _WRITING:
            raise _refusal()
        return descriptor()

    def known(real: Any) -> Any:
        return lambda path, *arguments, **named: status if _is_it(path) else real(path, *arguments, **named)

    def access(path: Any, mode: int, *arguments: Any, **named: Any) -> bool:
        return not mode & (os.W_OK | os.X_OK) if _is_it(path) else real_access(path, mode, *arguments, **named)

    replace(builtins, "open", opened)
    replace(io, "open", opened)
    for name, value in {"open": os_open, "access": access, "stat": known(os.stat), "lstat": known(os.lstat)}.items():
        replace(os, name, value)
