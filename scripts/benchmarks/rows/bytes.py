"""What the screens send, and how many keys they take: counted, so no host and no pairs are needed."""

from __future__ import annotations

import asyncio
import os
import sys

from benchmarks.figures import VALUE, Figure
from benchmarks.hosts import ROOT

HOW = """\
The screens over the stand-in session of the tests, 80x24 with 256 colours, by a driver that counts
what is written. *A full paint* is the whole new screen, sent once. *A key* changes the place or a value; while it
repeats, the foot is not explained. What opens a screen or shows another text is no such key. *Keys* are those of the
path from the first start on a bare host with a lineage to the unfolded Result, and of the one from the list of
sections, with the cursor on Hostname, to its Result; typed answers do not count. The counts do not depend
on how busy the machine is: tests/screens/test_bytes.py and test_paths.py assert them."""


def measure_row(rounds: int) -> list[Figure]:
    """Count each once."""
    del rounds
    sys.path.insert(0, str(ROOT))
    os.environ["TERM"] = "xterm-256color"
    os.environ.pop("COLORTERM", None)
    from tests.screens.costs import changes, presses  # noqa: PLC0415 - with Textual, for this row
    from tests.screens.paths import first_set_up, one_section  # noqa: PLC0415

    opened = asyncio.run(changes())
    worst = max(opened, key=lambda one: one.paints)
    figures = [
        _figure(
            f"a screen change, the worst ({worst.name}), in full paints", "x", worst.paints, 1.2
        ),
        _figure("a screen change, the most bytes", "B", max(one.sent for one in opened)),
    ]
    for what, rests, reach in (
        ("a key that repeats", False, 200),
        ("a key that rests, with its explanation", True, None),
    ):
        most = max(asyncio.run(presses(rests=rests)), key=lambda one: one.sent)
        figures.append(_figure(f"{what}: {most.key} in {most.screen}", "B", most.sent, reach))
    return [
        *figures,
        _figure("keys of a first set-up", "", len(asyncio.run(first_set_up()).keys), 16),
        _figure("keys of one section", "", len(asyncio.run(one_section()).keys), 6),
    ]


def _figure(what: str, unit: str, value: float, reach: float | None = None) -> Figure:
    return Figure("bytes", what, unit, (float(value),), reach=reach, per=VALUE)
