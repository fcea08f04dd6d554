"""`--promises FILE`: keep what this session's tests saw of the promises of docs/promises.md.

Each test has a time limit (tests/limits.py), and long tables are taken by turns (tests/turns.py).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from promises import evidence
from promises.page import promises

pytest_plugins = ["tests.limits", "tests.turns"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--promises", metavar="FILE", help="write which promises were held, as JSON")


def pytest_configure(config: pytest.Config) -> None:
    # Under xdist the controller alone hears of every test.
    if config.getoption("--promises") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Keeper(config), "promises")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Name each test's promises, and refuse one that promises.toml does not have.

    The page of promises is written after the last test, an hour later: too late for a wrong number.
    """
    evidence.mark(items)
    numbers = {one.number for one in promises()}
    for item in items:
        for mark in item.iter_markers("promise"):
            if unknown := set(mark.args) - numbers:
                raise pytest.UsageError(f"{item.nodeid}: there is no promise {min(unknown)}")


class _Keeper:
    """Hears every report, and writes at the session's end."""

    def __init__(self, config: pytest.Config) -> None:
        self._file = Path(config.getoption("--promises"))
        self._collector = evidence.Collector()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._collector.take(report)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        evidence.write(self._collector.evidence(session.config.args), self._file)
