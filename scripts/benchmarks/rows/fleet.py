"""Several hosts by the Ansible collection, against the same work as a play, by one control machine."""

from __future__ import annotations

import contextlib
import json
import resource
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import tomlkit

from benchmarks.figures import Figure
from benchmarks.hosts import HERE, PYZ, ROOT, yard
from benchmarks.rows.first_setup import ready_files
from lab.control import COLLECTION, Fleet, control
from lab.shell import LabError

HOW = """\
The collection's playbook, all hosts at once (`postfix_wizard_all_at_once`), by turns with a play that
does the same work with ready-made files (`peers/play.yml`), from a control machine over real ssh: a
network namespace of this machine, ansible-core as locked, five hosts at a time, Ansible's default.
Every second host is EL10, and each turn has fresh hosts. Ours copies the program to each host,
compares the variables, and proves each server at the end; the play waits for the banner. *CPU* is the
time of Ansible and ssh on the control machine. All hosts share its cores. Ten hosts are
measured once."""

_TURNS = (
    ("ours", (COLLECTION, "-e", "postfix_wizard_all_at_once=true")),
    ("play", ("play.yml", "-e", "ready=ready")),
)
_RUNS = ("first set-up", "second run")


def measure_row(rounds: int) -> list[Figure]:
    """Measure three hosts `rounds` times, and ten once."""
    with yard() as here:
        ready = ready_files(here)
    return [*_measure(3, rounds, ready), *_measure(10, 1, ready)]


def _measure(count: int, rounds: int, ready: dict[str, str]) -> list[Figure]:
    took: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for _ in range(rounds):
        for contender, words in _TURNS:
            with _fleet(count, ready) as fleet:
                for name in _RUNS:
                    wall, cpu = _play(fleet, *words)
                    took[contender, name, ""].append(wall)
                    took[contender, name, ", CPU"].append(cpu)
    return [
        Figure(
            row="fleet",
            what=f"{count} hosts, {name}{kind}",
            unit="s",
            ours=tuple(took["ours", name, kind]),
            against_what="an Ansible play",
            against=tuple(took["play", name, kind]),
        )
        for name in _RUNS
        for kind in ("", ", CPU")
    ]


@contextlib.contextmanager
def _fleet(count: int, ready: dict[str, str]) -> Iterator[Fleet]:
    """Give fresh hosts and their control machine, on which the collection is installed."""
    answers = tomlkit.parse((ROOT / "examples/zeke.toml").read_text()).unwrap()
    with yard() as here, tempfile.TemporaryDirectory() as made:
        directory = Path(made)
        suites = ("el9", "el10")
        hosts = {
            f"mx{number}.example.com": here.boot(pyz=None, suite=suites[number % 2])
            for number in range(1, count + 1)
        }
        (directory / "ready").mkdir()
        for name, text in ready.items():
            (directory / "ready" / name).write_text(text)
        shared = {
            "ansible_user": "root",
            "ansible_python_interpreter": "/usr/bin/python3",
            "postfix_wizard_file": str(PYZ),
            "postfix_wizard_answers": answers,
        }
        inventory = {"all": {"hosts": {name: {} for name in hosts}, "vars": shared}}
        (directory / "inventory.yml").write_text(json.dumps(inventory))
        shutil.copy(HERE / "peers/play.yml", directory)
        with control(hosts, directory) as fleet:
            (collection,) = (ROOT / "dist").glob("postfix_wizard-mail-*.tar.gz")
            status, said = fleet.call("ansible-galaxy", "collection", "install", str(collection))
            if status:
                raise LabError(f"the collection was not installed: {said}")
            yield fleet


def _play(fleet: Fleet, playbook: str, *words: str) -> tuple[float, float]:
    """Run a playbook; return its seconds, and the CPU seconds of the control machine.

    Raises LabError if a host failed.
    """
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    play = fleet.play(*words, playbook=playbook)
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if play.status:
        raise LabError(f"{playbook} ended with {play.status}: {play.text}")
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
