"""The Python language host stand-in: runs the program of a Pulumi project in this project's own Python."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

from sandbox.plugins.serving import serve

_VERSION = "3.259.0"
_ALREADY_EXPLAINED = 32
"""The exit code with which the exec file says that the user has already seen what went wrong."""
_NOTICE, _FINISH = 0.3, 3.0


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Answers the engine's questions about Python and runs programs."""

    def __init__(self, exec_file: Path, engine: str) -> None:
        self._exec_file = exec_file
        self._engine = engine
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def GetPluginInfo(self, _request: object, _context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:  # noqa: N802
        """The version of the protocol that this host was written to."""
        return plugin_pb2.PluginInfo(version=_VERSION)

    def GetRequiredPackages(self, _request: object, _context: grpc.ServicerContext) -> object:  # noqa: N802
        """None: providers are found on PATH when a resource asks for them, and unused SDKs demand nothing."""
        return language_pb2.GetRequiredPackagesResponse()

    def GetRequiredPlugins(self, _request: object, _context: grpc.ServicerContext) -> object:  # noqa: N802
        """None, as above."""
        return language_pb2.GetRequiredPluginsResponse()

    def InstallDependencies(self, _request: object, _context: grpc.ServicerContext) -> Iterator[object]:  # noqa: N802
        """Nothing to do: the program runs in the environment that this host runs in."""
        yield language_pb2.InstallDependenciesResponse(stdout=b"The project's own environment is used as it is.\n")

    def About(self, _request: object, _context: grpc.ServicerContext) -> object:  # noqa: N802
        """What `pulumi about` prints of the language."""
        return language_pb2.AboutResponse(executable=sys.executable, version=sys.version.split()[0])

    def GetProgramDependencies(self, _request: object, _context: grpc.ServicerContext) -> object:  # noqa: N802
        """None are listed; `requirements.lock` is the list."""
        return language_pb2.GetProgramDependenciesResponse()

    def Cancel(self, _request: object, _context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: N802
        """End running programs."""
        threading.Thread(target=self.stop, daemon=True).start()
        return empty_pb2.Empty()

    def Run(self, request: language_pb2.RunRequest, _context: grpc.ServicerContext) -> object:  # noqa: N802
        """Run the program to its end and translate its exit code."""
        environment = {
            **os.environ,
            "PULUMI_CONFIG": json.dumps(dict(request.config)),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
        }
        with self._lock:
            if self._stopped:
                return language_pb2.RunResponse(error="the language host is stopping")
            program = subprocess.Popen(self._command(request), env=environment, cwd=request.pwd or None)
            self._running.add(program)
        try:
            code = program.wait()
        finally:
            self._running.discard(program)
        if code == _ALREADY_EXPLAINED:
            return language_pb2.RunResponse(bail=True)
        return language_pb2.RunResponse(error=f"program exited with non-zero exit code: {code}" if code else "")

    def stop(self) -> None:
        """End running programs: they notice a vanished engine themselves; after a while they are told to."""
        with self._lock:
            self._stopped = True
        for program in tuple(self._running):
            # SIGTERM, not SIGINT: Python would answer that one with a traceback on the user's screen.
            for patience, end in ((_NOTICE, program.terminate), (_FINISH, program.kill)):
                try:
                    program.wait(patience)
                    break
                except subprocess.TimeoutExpired:
                    end()

    def _command(self, request: language_pb2.RunRequest) -> list[str]:
        options = {
            "monitor": request.monitor_address,
            "engine": self._engine,
            "project": request.project,
            "root_directory": request.info.root_directory,
            "stack": request.stack,
            "pwd": request.pwd,
            "dry_run": "true" if request.dryRun else "false",
            "parallel": str(request.parallel),
            "organization": request.organization,
        }
        flags = [part for name, value in options.items() if value for part in (f"--{name}", value)]
        entry = request.info.entry_point or "."
        return [str(_python(request)), "-u", str(self._exec_file), *flags, entry, *request.args]


def _python(request: language_pb2.RunRequest) -> Path:
    options = dict(request.info.options) if request.info.HasField("options") else {}
    virtualenv = options.get("virtualenv")
    if isinstance(virtualenv, str) and virtualenv:
        python = Path(request.info.root_directory, virtualenv, "bin", "python")
        if python.is_file():
            return python
    return Path(sys.executable)


def main(arguments: list[str]) -> int:
    """Serve as `pulumi-language-python`."""
    parser = argparse.ArgumentParser(prog="pulumi-language-python")
    parser.add_argument("--exec-file", type=Path, required=True)
    parser.add_argument("engine", help="the engine's address")
    options, _ = parser.parse_known_args(arguments)
    host = LanguageHost(options.exec_file, options.engine)
    return serve(lambda server: language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server), host.stop)
