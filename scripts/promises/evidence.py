"""What a pytest session saw of the tests that hold promises, kept as JSON.

tests/conftest.py feeds it. A test counts something by `record_property("count:kill points", 12)`;
the counts of its cases are added up. Hypothesis's inputs are counted without that.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest

NUMBERS = "promises"
"""The property of a test item that holds its promises' numbers."""
BY_TURNS = "by turns"
"""The property of an item of a long table: how many cases it has, and one in how many is taken."""
_COUNT = "count:"
_INPUTS = f"{_COUNT}inputs"


@dataclass
class Held:
    """One test function: the promises it holds, what became of its cases, what they counted.

    `cases` is how many its table has, where one in `one_in` is taken by turns; else 0.
    """

    test: str
    promises: tuple[int, ...]
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    why: str = ""
    cases: int = 0
    one_in: int = 1
    counts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Evidence:
    """A session: the directories of tests it was given, and the tests there that hold promises."""

    paths: tuple[str, ...]
    tests: tuple[Held, ...]


def mark(items: Iterable[pytest.Item]) -> None:
    """Give each item its promises and inputs as properties, which travel with its report."""
    for item in items:
        numbers = {number for one in item.iter_markers("promise") for number in one.args}
        if numbers:
            item.user_properties.append((NUMBERS, sorted(numbers)))
            function: Any = getattr(item, "obj", None)
            if getattr(function, "is_hypothesis_test", False):
                most = function._hypothesis_internal_use_settings.max_examples  # noqa: SLF001 (nothing public tells)
                item.user_properties.append((_INPUTS, most))


class Collector:
    """Takes the reports of a session, one by one, in any order."""

    def __init__(self) -> None:
        self._held: dict[str, Held] = {}

    def take(self, report: pytest.TestReport) -> None:
        """Take one report; of tests that hold no promise nothing is kept."""
        properties: list[tuple[str, Any]] = report.user_properties
        numbers = dict(properties).get(NUMBERS)
        if numbers is None or (report.when != "call" and report.passed):
            return
        test = report.nodeid.partition("[")[0]
        cases, one_in = dict(properties).get(BY_TURNS, (0, 1))
        new = Held(test, tuple(numbers), cases=cases, one_in=one_in)
        held = self._held.setdefault(test, new)
        if report.skipped:
            held.skipped += 1
            held.why = _reason(report)
        elif report.failed:
            held.failed += 1
        else:
            held.passed += 1
            for name, value in properties:
                if name.startswith(_COUNT):
                    words = name[len(_COUNT) :]
                    held.counts[words] = held.counts.get(words, 0) + value

    def evidence(self, paths: Sequence[str]) -> Evidence:
        """Return what was taken by a session that was given `paths`."""
        return Evidence(tuple(paths), tuple(self._held[test] for test in sorted(self._held)))


def _reason(report: pytest.TestReport) -> str:
    where = report.longrepr
    said = where[2] if isinstance(where, tuple) else str(where)
    return said.removeprefix("Skipped: ")


def write(evidence: Evidence, path: Path) -> None:
    """Write what a session saw."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(evidence), indent=1) + "\n", encoding="utf-8")


def read(path: Path) -> Evidence:
    """Read what `write` wrote."""
    whole = json.loads(path.read_text(encoding="utf-8"))
    tests = tuple(Held(**{**one, "promises": tuple(one["promises"])}) for one in whole["tests"])
    return Evidence(tuple(whole["paths"]), tests)
