"""The attributes of a container."""

from __future__ import annotations

from typing import Any

from sandbox.plugins.docker.attributes import Attribute, table
from sandbox.plugins.docker.durations import nanoseconds, spelled
from sandbox.plugins.docker.network import labels_written

_MEGABYTE = 1024 * 1024
_CPU = 1_000_000_000
_TIMES = {"interval": "Interval", "timeout": "Timeout", "startPeriod": "StartPeriod", "startInterval": "StartInterval"}


def _megabytes_written(amount: Any) -> int:
    return int(amount) * _MEGABYTE if amount > 0 else int(amount)


def _megabytes_read(amount: Any) -> int:
    return int(amount or 0) // _MEGABYTE if (amount or 0) > 0 else int(amount or 0)


def _hosts_written(hosts: list[dict[str, str]]) -> list[str]:
    return [f"{item['host']}:{item['ip']}" for item in hosts]


def _hosts_read(lines: list[str] | None) -> list[dict[str, str]]:
    return [dict(zip(("host", "ip"), line.split(":", 1), strict=True)) for line in lines or ()]


def _healthcheck_written(check: dict[str, Any]) -> dict[str, Any]:
    times = {theirs: nanoseconds(str(check.get(ours) or "0s")) for ours, theirs in _TIMES.items()}
    return {
        "Test": check.get("tests"),
        "Retries": check.get("retries", 0),
        # Daemons before 25 refuse to hear of it.
        **{name: amount for name, amount in times.items() if amount or name != "StartInterval"},
    }


def _healthcheck_filled(check: Any) -> Any:
    return {"retries": 0, **dict.fromkeys(_TIMES, "0s"), **check} if isinstance(check, dict) else check


def _healthcheck_read(check: dict[str, Any] | None) -> dict[str, Any] | None:
    if not check:
        return None
    times = {ours: spelled(check.get(theirs) or 0) for ours, theirs in _TIMES.items()}
    return {"tests": check.get("Test") or [], "retries": check.get("Retries") or 0, **times}


def _cpus_read(amount: int | None) -> str:
    return f"{(amount or 0) / _CPU:.9g}" if amount else ""


def _capabilities_written(wanted: dict[str, list[str]]) -> dict[str, list[str]]:
    return {"CapAdd": wanted.get("adds") or [], "CapDrop": wanted.get("drops") or []}


def _capabilities_read(host: dict[str, Any]) -> dict[str, list[str]] | None:
    adds, drops = host.get("CapAdd") or [], host.get("CapDrop") or []
    return {name: value for name, value in (("adds", adds), ("drops", drops)) if value} or None


_CONFIG = (
    Attribute("name", ("Name",), read=lambda name: name.lstrip("/")),
    Attribute("image", ("Config", "Image")),
    Attribute("hostname", ("Config", "Hostname"), chosen=True),
    Attribute("domainname", ("Config", "Domainname")),
    Attribute("user", ("Config", "User"), chosen=True),
    Attribute("workingDir", ("Config", "WorkingDir"), chosen=True),
    Attribute("entrypoints", ("Config", "Entrypoint"), chosen=True),
    Attribute("command", ("Config", "Cmd"), chosen=True),
    Attribute("envs", ("Config", "Env"), chosen=True, unordered=True, read=None),
    Attribute("labels", ("Config", "Labels"), chosen=True, unordered=True, write=labels_written, read=None),
    Attribute("tty", ("Config", "Tty"), default=False),
    Attribute("stdinOpen", ("Config", "OpenStdin"), default=False),
    Attribute("stopSignal", ("Config", "StopSignal"), chosen=True),
    Attribute("stopTimeout", ("Config", "StopTimeout"), chosen=True),
    Attribute(
        "healthcheck", ("Config", "Healthcheck"), forces=False, chosen=True,
        write=_healthcheck_written, read=_healthcheck_read, normal=_healthcheck_filled,
    ),
)  # fmt: skip
_RESTART = (
    Attribute("restart", ("HostConfig", "RestartPolicy", "Name"), default="no", forces=False),
    Attribute("maxRetryCount", ("HostConfig", "RestartPolicy", "MaximumRetryCount"), forces=False),
)
_RESOURCES = (
    Attribute("cpuShares", ("HostConfig", "CpuShares"), forces=False),
    Attribute("cpuSet", ("HostConfig", "CpusetCpus"), forces=False),
    Attribute("memory", ("HostConfig", "Memory"), forces=False, write=_megabytes_written, read=_megabytes_read),
    Attribute(
        "memoryReservation", ("HostConfig", "MemoryReservation"), forces=False,
        write=_megabytes_written, read=_megabytes_read,
    ),
    Attribute(
        "memorySwap", ("HostConfig", "MemorySwap"), forces=False, write=_megabytes_written, read=_megabytes_read,
    ),
)  # fmt: skip
_HOST = (
    Attribute("capabilities", ("HostConfig",), unordered=True, write=_capabilities_written, read=_capabilities_read),
    Attribute("privileged", ("HostConfig", "Privileged")),
    Attribute("publishAllPorts", ("HostConfig", "PublishAllPorts")),
    Attribute("rm", ("HostConfig", "AutoRemove"), default=False, forces=False),
    Attribute("readOnly", ("HostConfig", "ReadonlyRootfs"), default=False),
    Attribute("init", ("HostConfig", "Init"), forces=False, chosen=True),
    Attribute("runtime", ("HostConfig", "Runtime"), chosen=True),
    Attribute("logDriver", ("HostConfig", "LogConfig", "Type"), chosen=True),
    Attribute("logOpts", ("HostConfig", "LogConfig", "Config"), chosen=True),
    Attribute("tmpfs", ("HostConfig", "Tmpfs"), forces=False),
    Attribute("hosts", ("HostConfig", "ExtraHosts"), unordered=True, write=_hosts_written, read=_hosts_read),
    Attribute("dns", ("HostConfig", "Dns"), unordered=True),
    Attribute("dnsOpts", ("HostConfig", "DnsOptions"), unordered=True),
    Attribute("dnsSearches", ("HostConfig", "DnsSearch"), unordered=True),
    Attribute("securityOpts", ("HostConfig", "SecurityOpt"), chosen=True, unordered=True),
    Attribute("shmSize", ("HostConfig", "ShmSize"), chosen=True, write=_megabytes_written, read=_megabytes_read),
    Attribute("cpus", ("HostConfig", "NanoCpus"), write=lambda text: round(float(text) * _CPU), read=_cpus_read),
    Attribute("networkMode", ("HostConfig", "NetworkMode"), default="bridge"),
    Attribute("ipcMode", ("HostConfig", "IpcMode"), chosen=True),
    Attribute("pidMode", ("HostConfig", "PidMode")),
    Attribute("usernsMode", ("HostConfig", "UsernsMode")),
    Attribute("groupAdds", ("HostConfig", "GroupAdd"), unordered=True),
    Attribute("sysctls", ("HostConfig", "Sysctls")),
)
_UNSEEN = (
    Attribute("networksAdvanced", unordered=True),
    Attribute("start", default=True, forces=False),
    Attribute("wait", default=False, forces=False),
    Attribute("waitTimeout", default=60, forces=False),
    Attribute("attach", default=False, forces=False),
    Attribute("logs", default=False, forces=False),
    Attribute("mustRun", default=True, forces=False),
    Attribute("removeVolumes", default=True, forces=False),
    Attribute("destroyGraceSeconds", forces=False),
    Attribute("containerReadRefreshTimeoutMilliseconds", default=15000, forces=False),
)
ATTRIBUTES = table(*_CONFIG, *_RESTART, *_RESOURCES, *_HOST, *_UNSEEN)
UPDATED = tuple(item.name for item in (*_RESTART, *_RESOURCES))
"""What the daemon changes in a container that runs; of other changes without replacement it never hears."""
COMPUTED = ("bridge", "containerLogs", "exitCode", "networkDatas")
