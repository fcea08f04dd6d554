"""A first set-up without a screen, against the same work as a shell script and as a play."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.hosts import (
    ANSWERS,
    CACHE,
    HERE,
    PROGRAM,
    Run,
    Yard,
    column,
    measure,
    put_tree,
    set_up,
    yard,
)
from lab.host import Host

HOW = """\
`apply --answers zeke.toml --yes` by the one-file program on a fresh EL9 host, by turns with the
seed's commands as one shell script (`scripts/benchmarks/peers/setup.sh`) on a fresh twin, and with
a play (`peers/play.yml`, ansible-core 2.15, local connection, byte code made before). Every run has
a host of its own. The edits of script and play are files made in advance. *Warm*: `--version` was
called once before, so that the program is unpacked; *cold*: it was not. The script with `cp -p`
is one whose author knows that Postfix waits while main.cf is younger than a second; it is shown
for comparison. The second run is made on the same host right after the first. Ours talks to the server
at the end (TLS handshakes on three ports, a stranger's view, the table); the script reads one
banner, EHLO and AUTH; the play waits for the banner."""

READY = ("main.cf", "master.cf", "sender_access")
CORE = "ansible-core==2.15.13"

APPLY = Run("ours", [PROGRAM, "apply", "--answers", ANSWERS, "--yes"])
SCRIPT = Run("script", ["bash", "/root/setup.sh"])
QUICK_SCRIPT = Run("quick script", ["bash", "/root/setup.sh", "-p"])
PLAY = Run(
    "play",
    [
        *("env", "PYTHONPATH=/opt/ansible", "ANSIBLE_PIPELINING=1", "LC_ALL=C.UTF-8"),
        *("/opt/ansible/bin/ansible-playbook", "-i", "localhost,", "-c", "local"),
        *("-e", "ansible_python_interpreter=/usr/bin/python3", "/root/play.yml"),
    ],
)


def measure_row(rounds: int) -> list[Figure]:
    """Measure all contenders in turn, each on a host of its own."""
    took: dict[str, list[float]] = {}
    with yard() as here:
        ready = ready_files(here)
        ansible = _ansible(here)
        for _ in range(rounds):
            for name, runs in {
                "warm": [APPLY, APPLY],
                "script": [SCRIPT],
                "play": [PLAY, PLAY],
                "cold": [APPLY],
                "quick script": [QUICK_SCRIPT],
            }.items():
                host = here.boot()
                _furnish(host, name, ready, ansible)
                for number, run in enumerate(runs, 1):
                    found = measure(host, [run], 1)[run.name]
                    took.setdefault(f"{name} {number}", []).extend(column(found, "wall"))
                here.down(host)
    return _figures({name: tuple(values) for name, values in took.items()})


def _figures(took: dict[str, tuple[float, ...]]) -> list[Figure]:
    def figure(what: str, ours: str, against: str, reach: float | None, named: str) -> Figure:
        return Figure("first-setup", what, "s", took[ours], named, took[against], reach)

    return [
        figure("first set-up, warm", "warm 1", "script 1", 0.8, "the seed's shell script"),
        figure("first set-up, cold", "cold 1", "script 1", None, "the seed's shell script"),
        figure("first set-up, warm", "warm 1", "quick script 1", None, "the script with cp -p"),
        figure("first set-up, warm", "warm 1", "play 1", 0.35, "an Ansible play"),
        figure("first set-up, cold", "cold 1", "play 1", None, "an Ansible play"),
        figure("second run", "warm 2", "play 2", 0.1, "the play's second run"),
    ]


def ready_files(here: Yard) -> dict[str, str]:
    """Return the files as they shall be: those that the wizard makes."""
    host = set_up(here)
    ready = {name: host.read(f"/etc/postfix/{name}") for name in READY}
    here.down(host)
    return ready


def _furnish(host: Host, contender: str, ready: dict[str, str], ansible: Path) -> None:
    if contender == "warm":
        host.run([PROGRAM, "--version"], check=True)
    if contender in {"warm", "cold"}:
        return
    for name, text in ready.items():
        host.write(f"/root/ready/{name}", text)
        host.run(["touch", "-d", "2024-02-25", f"/root/ready/{name}"], check=True)
    if contender == "play":
        shutil.copytree(ansible, host.root / "opt/ansible", symlinks=True)
        host.push(HERE / "peers/play.yml", "/root/play.yml")
    else:
        host.push(HERE / "peers/setup.sh", "/root/setup.sh")


def _ansible(here: Yard) -> Path:
    """Return a directory with ansible-core for the host's Python, byte code included."""
    place = CACHE / CORE.replace("==", "-")
    if place.exists():
        return place
    new = CACHE / "ansible.new"
    shutil.rmtree(new, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for_host = ["--python-version", "3.9", "--only-binary=:all:", "--no-compile"]
    subprocess.run([*pip, *for_host, "--target", new, CORE], check=True)
    host = here.boot()
    put_tree(host, new, "/opt/ansible")
    host.run(["sed", "-i", "1s,.*,#!/usr/bin/python3,", "/opt/ansible/bin/ansible-playbook"])
    shutil.rmtree(new)
    shutil.copytree(host.root / "opt/ansible", new, symlinks=True)
    here.down(host)
    new.rename(place)
    return place
