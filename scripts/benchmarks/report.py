"""Keeps the figures of each row, and writes docs/performance.md of them."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import textwrap
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Iterator, Sequence

from benchmarks.catalogue import ROWS
from benchmarks.figures import Figure, duration, quantity
from benchmarks.hosts import CACHE, ROOT
from benchmarks.table import markdown

DOCUMENT = ROOT / "docs/performance.md"

HEAD = """\
# Speed and size

Written by `scripts/bench`; do not edit it by hand. `scripts/bench ROW...` measures single rows again.

Machines are noisy: every figure is a ratio of two things measured by turns in one run
(A B A B ...), and no test asserts one. Below each table stands how busy the machine was. A value is the median of its samples, or the 95th
percentile where it says p95; least and most stand in brackets. What it is measured against is what
a user would take instead, or the floor that nobody can go below. The hosts are the lab's EL9
(`scripts/lab`): Debian's programs under EL's names, Python 3.9.
"""


@dataclass(frozen=True)
class Circumstances:
    """Of what commit a row was measured, when, on what, and how busy that was before it began."""

    date: str
    commit: str
    machine: str
    load: float

    @classmethod
    def now(cls) -> Circumstances:
        """Return those of a row that begins."""
        return cls(time.strftime("%Y-%m-%d"), _commit(), machine(), os.getloadavg()[0])

    def __str__(self) -> str:
        return f"{self.date}, commit {self.commit}; {self.machine}; load before it: {self.load:.1f}"


def keep(row: str, here: Circumstances, seconds: float, figures: Sequence[Figure]) -> None:
    """Keep what was measured for the document."""
    kept = {"seconds": seconds, "figures": [asdict(one) for one in figures]}
    _write(row, here, kept)


def keep_failure(row: str, here: Circumstances, reason: str) -> None:
    """Keep that a row could not be measured, and why, in a sentence."""
    _write(row, here, {"failed": reason})


def _write(row: str, here: Circumstances, kept: dict[str, object]) -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    (CACHE / f"row-{row}.json").write_text(json.dumps({"where": asdict(here), **kept}))


def machine() -> str:
    """Return what the figures were measured on."""
    model = next(_values("/proc/cpuinfo", "model name"), platform.machine())
    memory = int(next(_values("/proc/meminfo", "MemTotal"), "0").split()[0])
    system = next(_values("/etc/os-release", "PRETTY_NAME", "="), "Linux").strip('"')
    cores = len(os.sched_getaffinity(0))
    return f"{model}, {cores} cores, {memory / 1e6:.0f} GB, {system}, Linux {platform.release()}"


def _commit() -> str:
    git = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--exclude=*"]
    done = subprocess.run(git, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _values(path: str, name: str, mark: str = ":") -> Iterator[str]:
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        lines = []
    return (line.partition(mark)[2].strip() for line in lines if line.startswith(name))


def write_document() -> Path:
    """Write docs/performance.md of all rows that were ever measured here."""
    parts: list[str] = []
    missed: list[str] = []
    loads: list[float] = []
    for row in ROWS:
        path = CACHE / f"row-{row.name}.json"
        if not path.exists():
            parts.append(f"## {row.title}\n\nNot measured yet.\n")
            continue
        kept = json.loads(path.read_text())
        here = Circumstances(**kept["where"])
        loads.append(here.load)
        if "failed" in kept:
            missed.append(f"- {row.title}: could not be measured")
            parts.append(
                f"## {row.title}\n\nNot measured: {kept['failed']}\n\n{_filled(str(here))}\n"
            )
            continue
        figures = [_figure(one) for one in kept["figures"]]
        missed += [_missed(figure) for figure in figures if figure.within is False]
        how = _filled(row.how)
        where = f"{here}. `scripts/bench {row.name}` took {duration(kept['seconds'])}."
        parts.append(f"## {row.title}\n\n{markdown(figures)}\n\n{how}\n\n{_filled(where)}\n")
    summary = "Every reach is kept.\n" if not missed else "Missed:\n\n" + "\n".join(missed) + "\n"
    DOCUMENT.write_text("\n".join([HEAD, summary, _busy(loads), *parts]))
    return DOCUMENT


def _busy(loads: Sequence[float]) -> str:
    cores = len(os.sched_getaffinity(0))
    if not loads or max(loads) < cores:
        return "The machine had little else to do.\n"
    return (
        _filled(
            f"The machine was busy with other work: a load of {min(loads):.0f} to {max(loads):.0f} on "
            f"{cores} cores. Times are several times those of a quiet machine, "
            "and their ratios scatter widely: measure again where it is quiet. Memory and bytes do "
            "not depend on it.\n"
        )
        + "\n"
    )


def _filled(text: str) -> str:
    words = " ".join(text.split())
    return textwrap.fill(words, 100, break_long_words=False, break_on_hyphens=False)


def _figure(kept: dict[str, object]) -> Figure:
    for name in ("ours", "against"):
        kept[name] = tuple(kept[name])  # type: ignore[arg-type]
    return Figure(**kept)  # type: ignore[arg-type]


def _missed(figure: Figure) -> str:
    if figure.per == "ratio":
        return f"- {figure.what}: {figure.ratio:.2f} times {figure.against_what}, reach {figure.reach:g}"
    got = quantity(figure.our_value, figure.unit)
    return f"- {figure.what}: {got}, reach {quantity(figure.reach or 0, figure.unit)}"
