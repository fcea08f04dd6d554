"""Real hosts for tests: each test gets fresh ones, and none outlives it.

A host's name holds the process id, so that workers side by side never meet.
"""

from __future__ import annotations

import itertools
import os
import re
from collections import Counter
from pathlib import Path
from typing import Iterator

import pytest

from lab import host as lab_host
from lab.host import Host, Options
from lab.shell import require_root
from tests.lab.broken.way import CURED_PROPERTY, NAMED
from tests.lab.program import ANSWERS, PYZ, ZEKE, BootHost

EVERY_LANDING = frozenset(
    f"test_{name}.py"
    for name in (
        *("accepted", "check", "first_setup", "mail", "package", "run", "screens"),
        *("second_visit", "stranger", "undo"),
    )
)
"""Modules that are in each landing: set-up, run, undo, screens, mail and signatures."""

OTHERS = 8
"""Of the other modules one commit runs a case in so many: all of them take hours."""

_NAME = re.compile(r"test-(\d+)-\d+")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Take by turns a share of the cases of each test that does not say itself how many.

    In the modules of EVERY_LANDING it is a fourth, of two or three cases one, and a single case always.
    """
    here = Path(__file__).parent
    mine = [
        item
        for item in items
        if item.path.is_relative_to(here) and item.get_closest_marker("by_turns") is None
    ]
    cases = Counter(_test(item) for item in mine)
    for item in mine:
        if item.path.name in EVERY_LANDING:
            item.add_marker(pytest.mark.by_turns(min(4, cases[_test(item)])))
        else:
            item.add_marker(pytest.mark.by_turns(OTHERS, single=True))


def _test(item: pytest.Item) -> str:
    return item.nodeid.partition("[")[0]


@pytest.fixture(scope="session")
def host_names() -> Iterator[Iterator[str]]:
    """Names for this session's hosts; those that dead sessions left behind are removed first."""
    require_root()
    for name in lab_host.names():
        match = _NAME.fullmatch(name)
        if match and not Path("/proc", match[1]).exists():
            lab_host.destroy(name)
    yield (f"test-{os.getpid()}-{number}" for number in itertools.count(1))
    for name in lab_host.names():
        if name.startswith(f"test-{os.getpid()}-"):
            lab_host.destroy(name)


@pytest.fixture
def boot_host(host_names: Iterator[str]) -> Iterator[BootHost]:
    """A function that boots a fresh host; its keywords are the fields of `lab.host.Options`."""
    booted: list[Host] = []

    def boot(**options: object) -> Host:
        host = lab_host.boot(next(host_names), Options(**options))  # type: ignore[arg-type]
        booted.append(host)
        return host

    yield boot
    for host in booted:
        host.stop()


@pytest.fixture
def host(boot_host: BootHost, request: pytest.FixtureRequest) -> Host:
    """A fresh EL9 host; `@pytest.mark.lab(suite="el10")` and the like change its options."""
    marker = request.node.get_closest_marker("lab")
    return boot_host(**(marker.kwargs if marker else {}))


@pytest.fixture
def fresh(boot_host: BootHost) -> Host:
    """A fresh EL9 host with the program and the example's answers on it."""
    host = boot_host(pyz=PYZ)
    host.write(ANSWERS, ZEKE, 0o600)
    return host


_SCORES = {NAMED: "named", CURED_PROPERTY: "cured"}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many of the broken servers `check` named, and how many its cures made right."""
    said = Counter(
        (name, value)
        for reports in terminalreporter.stats.values()
        for one in reports
        for name, value in getattr(one, "user_properties", ())
        if name in _SCORES and getattr(one, "when", "") == "call"
    )
    if said:
        terminalreporter.section("broken servers")
    for name, verb in _SCORES.items():
        total = said[name, True] + said[name, False]
        if total:
            terminalreporter.write_line(f"check {verb} {said[name, True]} of {total}")
