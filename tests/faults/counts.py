"""What was tried and what came of it, for people to read and for docs/promises.md.

Each test writes its own part below `parts/`; the whole is their sum. The directory is named by
POSTFIX_WIZARD_COUNTS, else it is `.cache/counts`.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faults.experiment import ABSENT, KILL, MISSED, Result
from tests.faults.points import Point
from tests.turns import commit, fault_words

ROOT = Path(__file__).resolve().parents[2]
_BEGAN = time.time()


@dataclass(frozen=True)
class Calls:
    """What the calls of one worker came to on a host of that kind.

    `points` is how many of them can be hit, whoever's turn it is; `left_out` has how many are no
    points, and why.
    """

    host: str
    points: int
    left_out: dict[str, int]


def directory() -> Path:
    """Return where counts are written."""
    return Path(os.environ.get("POSTFIX_WIZARD_COUNTS") or ROOT / ".cache/counts")


def keep(name: str, results: Iterable[Result], calls: dict[str, Calls]) -> None:
    """Write one test's part: what was killed and failed, by call, and how those runs ended.

    `calls` has by worker what its recording came to.
    """
    tried = list(results)
    part = {}
    for worker in dict.fromkeys(one.worker for one in tried):
        ours = [one for one in tried if one.worker == worker]
        points = [one for one in ours if one.outcome != ABSENT]
        part[worker] = {
            "kill": Counter(point.call for _, point in _killed(points)),
            "errno": Counter(one.fault.point.call for one in points if one.fault.what != KILL),
            "outcomes": Counter(f"{_kind(one)}, {one.outcome}, {one.fault.then}" for one in ours),
            "missed": [str(one.fault) for one in ours if one.outcome == MISSED],
            "wrong": [wrong([one]) for one in ours if one.problems],
            "left_out": calls[worker].left_out,
            "points": {calls[worker].host: calls[worker].points},
        }
    parts = directory() / "parts"
    parts.mkdir(parents=True, exist_ok=True)
    (parts / f"{name}.json").write_text(json.dumps(part, indent=1), encoding="utf-8")


def told(results: Iterable[Result], record_property: Callable[[str, object], None]) -> None:
    """Hand over what docs/promises.md says of a test: the points that it hit."""
    tried = [one for one in results if one.outcome not in {ABSENT, MISSED}]
    errors = sum(one.fault.what != KILL for one in tried)
    record_property("count:points at which a worker was killed", len(_killed(tried)))
    record_property("count:errors injected into a worker", errors)


def _killed(results: Iterable[Result]) -> set[tuple[str, Point]]:
    """Return the points of each worker that it was killed at; one way on or both, it is one."""
    return {(one.worker, one.fault.point) for one in results if one.fault.what == KILL}


def _kind(result: Result) -> str:
    return "killed" if result.fault.what == KILL else "failed"


def wrong(results: Iterable[Result]) -> str:
    """Return all that was wrong, in lines; "" for nothing."""
    return "\n".join(
        f"{one.fault}: {one.outcome}\n    " + "\n    ".join(one.problems)
        for one in results
        if one.problems
    )


def total() -> dict[str, Any]:
    """Return the sum of the parts of this test run by worker, and write it as faults.json."""
    workers: dict[str, Any] = {}
    for path in sorted((directory() / "parts").glob("*.json")):
        if path.stat().st_mtime < _BEGAN:
            continue
        for worker, part in json.loads(path.read_text(encoding="utf-8")).items():
            sum_ = workers.setdefault(worker, {"missed": [], "wrong": [], "points": {}})
            for kind in ("kill", "errno", "outcomes"):
                sum_[kind] = Counter(sum_.get(kind, {})) + Counter(part[kind])
            sum_["missed"] += part["missed"]
            sum_["wrong"] += part["wrong"]
            sum_["left_out"] = part["left_out"]
            sum_["points"].update(part["points"])
    whole = {
        "version": 1,
        "kill_points": sum(one["kill"].total() for one in workers.values()),
        "errno_points": sum(one["errno"].total() for one in workers.values()),
        "missed": sum(len(one["missed"]) for one in workers.values()),
        "wrong": sum(len(one["wrong"]) for one in workers.values()),
        "workers": workers,
    }
    if workers:
        text = json.dumps(whole, indent=1, sort_keys=True) + "\n"
        (directory() / "faults.json").write_text(text, encoding="utf-8")
    return whole


def shown() -> Iterator[str]:
    """Yield the whole in lines, none where no fault was tried."""
    whole = total()
    for name, one in whole["workers"].items():
        killed, points = one["kill"].total(), sum(one["points"].values())
        yield f"The worker of {name}: kill points {killed} of {points}, errnos {one['errno'].total()}"
        calls = sorted(one["kill"].keys() | one["errno"].keys())
        yield from (f"  {call:12} {one['kill'][call]:5} {one['errno'][call]:5}" for call in calls)
        yield from (f"  {number:5} {what}" for what, number in sorted(one["outcomes"].items()))
        yield from (f"  {number:5} no point: {rule}" for rule, number in one["left_out"].items())
    if whole["workers"]:
        yield f"Of commit {commit()}: {fault_words()}."
        yield (
            f"In all {whole['kill_points']} kill points and {whole['errno_points']} errnos, "
            f"{whole['missed']} not met, {whole['wrong']} with something wrong."
        )
