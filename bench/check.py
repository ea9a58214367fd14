"""`gatehouse check` from process start to exit, on the sample estate, on 2,000 apps, and on 200 apps in Snowflake with
ten files each, its bytecode compiled.

Peers run in the same moment on the same files: Python that starts and does nothing, and PyYAML that only loads
apps.yaml. Ratios to them say more than seconds do. Run it with the project's Python: `python bench/check.py`.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GATEHOUSE = Path(sys.executable).with_name("gatehouse")
BYTECODE = Path(tempfile.mkdtemp(prefix="gatehouse-bench-"))
LOAD = "import sys, yaml; yaml.load(open(sys.argv[1]), Loader=getattr(yaml, 'CSafeLoader', yaml.SafeLoader))"
LIMITS = {"sample": (0.20, 300), "2,000 apps": (2.5, 300), "200 in Snowflake": (2.0, 300)}
PAGE = """\
\"\"\"Page {number}.\"\"\"

import pandas as pd
import streamlit as st

from streamlit_runtime import secret


@st.cache_data
def load(month: str) -> pd.DataFrame:
    rows = [(month, account, amount * {number}) for account, amount in (("bank", 1.0), ("payables", 2.5))]
    return pd.DataFrame(rows, columns=["month", "account", "amount"])


st.title("Page {number}")
month = st.selectbox("Month", ["2026-10", "2026-11"])
figures = load(month)
for account, amount in figures[["account", "amount"]].itertuples(index=False):
    st.metric(account, f"{{amount:,.2f}}")
st.caption(f"signed with a key of {{len(secret('api_key'))}} characters")
"""


@dataclass(frozen=True)
class Run:
    seconds: float
    megabytes: float


def run(arguments: list[str], folder: Path) -> Run:
    """Start a program, wait for it, and say how long it took and the most memory it held."""
    started = time.perf_counter()
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(BYTECODE)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    pid = os.fork()
    if pid == 0:
        os.chdir(folder)
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        os.execve(arguments[0], arguments, environment)  # noqa: S606 - our own interpreter
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - started
    if status:
        raise SystemExit(f"{' '.join(arguments)} in {folder} ended with status {status}")
    return Run(seconds, usage.ru_maxrss / 1024)


def typical(arguments: list[str], folder: Path, times: int) -> Run:
    """The median time and the largest memory of several runs, after one that compiles."""
    run(arguments, folder)
    runs = [run(arguments, folder) for _ in range(times)]
    return Run(statistics.median(one.seconds for one in runs), max(one.megabytes for one in runs))


def large_estate(folder: Path, apps: int, departments: int = 200) -> None:
    """A made-up estate with every kind of entry, the same on each run."""
    chance = random.Random(20270101)
    lines = ["identity:", "  providers:", "    okta: {type: okta}", "departments:"]
    lines += [f"  team-{n}: {{groups: [Team {n}], emails: [head{n}@example.com]}}" for n in range(departments)]
    lines += ["machines:", "  robot: {owner: team-0}", "devices:", "  laptop: {type: warp}", "apps:"]
    for n in range(apps):
        owner, other, third = chance.sample(range(departments), 3)
        lines += [
            f"  app-{n}:",
            f"    title: Application {n}",
            f"    owner: team-{owner}",
            f"    service: http://app-{n}.internal:8501",
            f"    path: /team-{owner}/app-{n}" if n % 5 else f"    subdomain: app-{n}",
            "    access:",
            f"      - team-{owner}",
            f"      - deny: team-{third}",
            "        require: [{country: [KP, SY]}]",
            f"      - allow: [team-{other}, team-{third}]",
            "        require: [mfa, {country: [JP, US]}, {device: laptop}]",
            "        exclude: [{ip: [192.0.2.0/24, 198.51.100.0/24]}]",
            f"        expires: 20{chance.randrange(50, 60)}-12-31",
            "        reason: a joint project",
            "    session: 8h",
        ]
    (folder / "apps.yaml").write_text("\n".join(lines) + "\n", "utf-8")
    (folder / "stacks").mkdir()
    stack = (ROOT / "stacks" / "Pulumi.sandbox.yaml").read_text("utf-8").partition("  gatehouse:providers:")[0]
    okta = '    okta: {clientId: x, clientSecret: {secure: v1}, oktaAccount: "https://example.okta.com"}\n'
    (folder / "stacks" / "Pulumi.dev.yaml").write_text(f"{stack}  gatehouse:providers:\n{okta}", "utf-8")


def in_snowflake(folder: Path, apps: int, files: int = 10) -> None:
    """A made-up estate of apps in Snowflake, each with its own folder of files."""
    lines = ["identity:", "  providers:", "    okta: {type: okta}", "departments:", "  team: {groups: [Team]}", "apps:"]
    for n in range(apps):
        container = "runtime: container, compute_pool: pool" if n % 2 else "runtime: warehouse"
        secrets = "secrets: {api_key: {type: generic-string}}"
        lines += [
            f"  app-{n}:",
            "    owner: team",
            f"    source: apps/app-{n}",
            f"    snowflake: {{{container}, query_warehouse: wh, external_hosts: [api.example.com], {secrets}}}",
            "    access: [team]",
        ]
        source = folder / "apps" / f"app-{n}"
        (source / "pages").mkdir(parents=True)
        (source / ".streamlit").mkdir()
        (source / ".streamlit" / "config.toml").write_text('[theme]\nprimaryColor = "#1f6feb"\n', "utf-8")
        if n % 2:
            dependencies = '[project]\nname = "app"\nversion = "1"\ndependencies = ["streamlit==1.52.2"]\n'
            (source / "pyproject.toml").write_text(dependencies, "utf-8")
        else:
            channels = "channels: [snowflake]\ndependencies: [streamlit=1.52.2, pandas]\n"
            (source / "environment.yml").write_text(channels, "utf-8")
        (source / "streamlit_app.py").write_text(PAGE.format(number=0), "utf-8")
        for page in range(1, files - 2):
            (source / "pages" / f"page_{page}.py").write_text(PAGE.format(number=page), "utf-8")
    (folder / "apps.yaml").write_text("\n".join(lines) + "\n", "utf-8")
    (folder / "stacks").mkdir()
    stack = (ROOT / "stacks" / "Pulumi.dev.yaml").read_text("utf-8").replace("account: account ", "account: self ")
    okta = '    okta: {clientId: x, clientSecret: {secure: v1}, oktaAccount: "https://example.okta.com"}\n'
    (folder / "stacks" / "Pulumi.dev.yaml").write_text(f"{stack}  gatehouse:providers:\n{okta}", "utf-8")


def report(name: str, folder: Path, times: int) -> None:
    python = sys.executable
    peers = {
        "python -c pass": typical([python, "-c", "pass"], folder, times),
        "yaml.load(apps.yaml)": typical([python, "-c", LOAD, "apps.yaml"], folder, times),
    }
    ours = typical([str(GATEHOUSE), "check"], folder, times)
    seconds, megabytes = LIMITS[name]
    print(
        f"{name}: gatehouse check {ours.seconds:.3f} s (aim {seconds:.2f}), {ours.megabytes:.0f} MB (aim {megabytes})"
    )
    for peer, theirs in peers.items():
        ratio = ours.seconds / theirs.seconds
        print(f"    {ratio:5.1f} times `{peer}` ({theirs.seconds:.3f} s, {theirs.megabytes:.0f} MB)")


def main() -> None:
    arguments = argparse.ArgumentParser(description="Measure `gatehouse check`.")
    arguments.add_argument("--times", type=int, default=5, help="how often each program is run")
    arguments.add_argument("--apps", type=int, default=2000, help="the size of the large estate")
    arguments.add_argument("--keep", type=Path, help="write the large estate here and leave it")
    options = arguments.parse_args()
    folder = options.keep or BYTECODE / "estate"
    try:
        report("sample", ROOT, options.times)
        folder.mkdir(parents=True, exist_ok=True)
        large_estate(folder, options.apps)
        report("2,000 apps", folder, max(1, options.times // 2))
        folder = BYTECODE / "snowflake"
        folder.mkdir()
        in_snowflake(folder, 200)
        report("200 in Snowflake", folder, max(1, options.times // 2))
    finally:
        shutil.rmtree(BYTECODE)


if __name__ == "__main__":
    main()
