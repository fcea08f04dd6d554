"""One list of points for all workers of a test run: that of the worker who comes first."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import astuple
from pathlib import Path
from typing import Any

import pytest

from tests.faults.points import Point, Recording, Seen


def shared(factory: pytest.TempPathFactory) -> Path:
    """Return a directory that all workers of this test run have in common."""
    mine = factory.getbasetemp()
    return mine.parent if "PYTEST_XDIST_WORKER" in os.environ else mine


def agreed(path: Path, recording: Recording) -> list[Seen]:
    """Return the points kept at `path`, each as it was seen here; the first to come keeps its own."""
    with Path(f"{path}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            kept = [(*astuple(one.point), one.when, one.on_path) for one in recording.seen]
            path.write_text(json.dumps(kept), encoding="utf-8")
    here = {one.point: one for one in recording.seen}
    there = (_seen(fields) for fields in json.loads(path.read_text(encoding="utf-8")))
    return [here.get(one.point, one) for one in there]


def _seen(fields: list[Any]) -> Seen:
    *point, when, on_path = fields
    return Seen(Point(*point), when, "", on_path)
