"""How the engine starts and stops a plugin: a port on the first line, SIGINT at the end."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import grpc

_UNLIMITED = [("grpc.max_receive_message_length", 1 << 29), ("grpc.max_send_message_length", 1 << 29)]


def serve(register: Callable[[grpc.Server], None], stopping: Callable[[], None]) -> int:
    """Serve on a free loopback port until the engine signals, or is gone; then call `stopping`."""
    engine, done = os.getppid(), threading.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda *_: done.set())
    # The engine runs as many operations at once as it likes; each waits on the network, not on us.
    server = grpc.server(ThreadPoolExecutor(max_workers=32), options=_UNLIMITED)
    register(server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    # A killed engine sends no signal; a plugin without its engine must not stay behind.
    while not done.wait(0.5) and os.getppid() == engine:
        pass
    stopping()
    server.stop(grace=0.5).wait()
    return 0
