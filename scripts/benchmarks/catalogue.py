"""The rows by name, with how many pairs each is worth and how it is measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

from benchmarks.figures import Figure
from benchmarks.rows import bytes as counted
from benchmarks.rows import first_setup, fleet, headless, large, pane, rerun, run, screens


@dataclass(frozen=True)
class Row:
    """One subject; `measure` takes the number of pairs and returns the lines of the table."""

    name: str
    title: str
    pairs: int
    measure: Callable[[int], list[Figure]]
    how: str


ROWS = (
    Row("first-setup", "First set-up and second run", 7, first_setup.measure_row, first_setup.HOW),
    Row("run", "What a run costs beside its commands", 5, run.measure_row, run.HOW),
    Row("rerun", "One section again", 7, rerun.measure_row, rerun.HOW),
    Row(
        "plan",
        "Plan and status on a host that is set up",
        25,
        headless.measure_plan,
        headless.HOW_PLAN,
    ),
    Row("start", "Start of the one-file program", 25, headless.measure_start, headless.HOW_START),
    Row("paint", "First paint", 11, screens.measure_paint, screens.HOW_PAINT),
    Row("keys", "Key to screen", 40, screens.measure_keys, screens.HOW_KEYS),
    Row("bytes", "Bytes and keys of the screens", 1, counted.measure_row, counted.HOW),
    Row("pane", "Output of a million lines", 5, pane.measure_row, pane.HOW),
    Row("memory", "Peak memory without a screen", 5, headless.measure_memory, headless.HOW_MEMORY),
    Row("screens", "Peak memory of the screens", 5, screens.measure_memory, screens.HOW_MEMORY),
    Row("fleet", "Several hosts by Ansible", 3, fleet.measure_row, fleet.HOW),
    Row("large", "Large configuration", 5, large.measure_row, large.HOW),
)
