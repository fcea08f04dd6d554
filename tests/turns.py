"""The share of a long table or of the fault points that a test run takes, by turns.

`scripts/test` takes a share that the commit decides, so that one commit always takes the same and
many commits take all. It says so by POSTFIX_WIZARD_TURN (`commit`, or a number); without it, as
when pytest is called by hand, everything is taken.

    @pytest.mark.by_turns(3)                    # a third of this test's cases, if it has several
    @pytest.mark.by_turns(2, single=True)       # half of its cases, a single one by every other turn
    names = share("configurations", NAMES, 3)   # a third of a table that one test goes through
    points = fault_share(seen, 4)               # a fourth of the fault points

POSTFIX_WIZARD_ALL_FAULTS=K/N takes the K-th of N shares of the fault points instead, each fault of
each point. What was taken is printed at the end.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from zlib import crc32

import pytest

from promises.evidence import BY_TURNS

_Row = TypeVar("_Row")
_ROOT = Path(__file__).resolve().parents[1]
_TURN = "POSTFIX_WIZARD_TURN"
_ALL_FAULTS = "POSTFIX_WIZARD_ALL_FAULTS"
_DIGITS = 8


_taken: dict[str, tuple[int, int]] = {}
"""By test or table how many rows were taken, and how many there are."""


@cache
def turn() -> int | None:
    """Return the number of this run's turn; None where everything is taken.

    Raises ValueError for a turn that is no number.
    """
    said = os.environ.get(_TURN, "")
    if said != "commit":
        return int(said) if said else None
    git = ["git", "-C", str(_ROOT), "rev-parse", "HEAD"]
    done = subprocess.run(git, capture_output=True, text=True, check=False)
    # A copy without its history has the first turn.
    return int(done.stdout[:_DIGITS] or "0", 16)


@cache
def shard(variable: str = _ALL_FAULTS) -> tuple[int, int] | None:
    """Return K and N of a run that takes the K-th of N shares of all faults, else None.

    `variable` is the one of the environment that says it. Raises ValueError for what is no share.
    """
    said = os.environ.get(variable, "")
    if not said:
        return None
    match = re.fullmatch(r"([1-9][0-9]*)/([1-9][0-9]*)", said)
    if match is None or int(match[1]) > int(match[2]):
        raise ValueError(f"{variable}={said}: write K/N, such as 1/8")
    return int(match[1]), int(match[2])


def is_taken(index: int, of: int, number: int | None) -> bool:
    """Tell whether the turn of that number takes the row of that index, one of `of` being taken."""
    return number is None or (index + number) % of == 0


def share(name: str, rows: Sequence[_Row], of: int) -> list[_Row]:
    """Return this run's share of a table, one row in `of`; `name` is printed with the count."""
    number = turn()
    taken = [row for index, row in enumerate(rows) if is_taken(index, of, number)]
    if len(taken) < len(rows):
        _taken[name] = (len(taken), len(rows))
    return taken


def fault_share(points: Sequence[_Row], of: int) -> list[tuple[int, _Row]]:
    """Return this run's share of fault points, each with a number that alternates in the share.

    What is done to a point depends on that number. So each share has every kind of fault.
    """
    chosen = shard()
    number = turn()
    if chosen is not None:
        of, number = chosen[1], chosen[1] - chosen[0] + 1
    elif number is None:
        of = 1
    return [
        (index // of + index % of, point)
        for index, point in enumerate(points)
        if is_taken(index, of, number)
    ]


def fault_words() -> str:
    """Return which share of the faults this run takes."""
    chosen, number = shard(), turn()
    if chosen is not None:
        return f"share {chosen[0]} of {chosen[1]}, every fault at each point"
    return "every point, one of the errors at each" if number is None else f"turn {number}"


@cache
def commit() -> str:
    """Return the newest commit that changed more than documents, with `+` where files differ now."""
    code = [".", ":!docs", ":!*.md"]
    git = ["git", "-C", str(_ROOT)]
    log = [*git, "log", "-1", "--format=%h", "--", *code]
    done = subprocess.run(log, capture_output=True, text=True, check=False)
    same = subprocess.run([*git, "diff", "--quiet", "HEAD", "--", *code], check=False)
    return done.stdout.strip() + ("" if same.returncode == 0 else "+")


def pytest_configure(config: pytest.Config) -> None:
    """Name the marker."""
    config.addinivalue_line(
        "markers", "by_turns(n, single=False): scripts/test takes every n-th of its cases"
    )
    config.pluginmanager.register(_Shares(), "shares")


class _Shares:
    """Leaves out the cases that another turn takes, and says how many there are."""

    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        tests: dict[str, list[pytest.Item]] = {}
        for item in items:
            if item.get_closest_marker("by_turns") is not None:
                tests.setdefault(item.nodeid.partition("[")[0], []).append(item)
        number = turn()
        others: set[pytest.Item] = set()
        for test, cases in tests.items():
            marker = cases[0].get_closest_marker("by_turns")
            assert marker is not None
            of = marker.args[0] if len(cases) > 1 or marker.kwargs.get("single") else 1
            # Each test begins elsewhere, so that one commit has some of each kind of host.
            begin = None if number is None else number + crc32(test.encode())
            left_out = {item for index, item in enumerate(cases) if not is_taken(index, of, begin)}
            others |= left_out
            if left_out:
                _taken[f"cases of {test}"] = (len(cases) - len(left_out), len(cases))
                for item in cases:
                    item.user_properties.append((BY_TURNS, (len(cases), of)))
        if others:
            config.hook.pytest_deselected(items=sorted(others, key=lambda item: item.nodeid))
            items[:] = [item for item in items if item not in others]

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
        if output is not None:
            output["shares"] = _taken

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a worker of pytest-xdist took: of the same tables the same rows."""
        shares = getattr(node, "workeroutput", {}).get("shares", {})
        _taken.update({name: (one[0], one[1]) for name, one in shares.items()})

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if _taken:
            terminalreporter.section(f"by turns: turn {turn()}")
            for name, (taken, of) in sorted(_taken.items()):
                terminalreporter.write_line(f"{taken:5} of {of:5} {name}")
