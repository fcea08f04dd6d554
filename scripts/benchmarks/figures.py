"""What was measured, and what it comes to: samples of ours beside samples of the peer."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import Sequence

MEDIAN, P95 = "median", "p95"
RATIO, VALUE = "ratio", "value"

_SECOND = 1.0


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    `unit` is s, kB, B or x. `reach` holds for the ratio ours/against, or with per=VALUE for ours
    alone; None says that the line is shown for comparison only. `took` names the statistic.
    """

    row: str
    what: str
    unit: str
    ours: tuple[float, ...]
    against_what: str = ""
    against: tuple[float, ...] = ()
    reach: float | None = None
    per: str = RATIO
    took: str = MEDIAN
    note: str = ""

    @property
    def our_value(self) -> float:
        """The statistic of our samples."""
        return statistic(self.ours, self.took)

    @property
    def against_value(self) -> float | None:
        """The statistic of the peer's samples, None where there is no peer."""
        return statistic(self.against, self.took) if self.against else None

    @property
    def ratio(self) -> float | None:
        """Ours over the peer's, None where there is no peer."""
        against = self.against_value
        return self.our_value / against if against else None

    @property
    def within(self) -> bool | None:
        """Whether the reach is kept, None where none is set."""
        if self.reach is None:
            return None
        held = self.ratio if self.per == RATIO else self.our_value
        return held is not None and held <= self.reach

    @property
    def pairs(self) -> int:
        """How many samples of each there are."""
        return min(len(self.ours), len(self.against)) if self.against else len(self.ours)


def statistic(samples: Sequence[float], took: str) -> float:
    """Return the median, or the 95th percentile by nearest rank."""
    if took == MEDIAN:
        return statistics.median(samples)
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(0.95 * len(ordered)) - 1)]


def quantity(value: float, unit: str) -> str:
    """Return a value as a reader would write it: 0.042 s is 42 ms, 35000 kB is 35.0 MB."""
    if unit == "s":
        return f"{value:.2f} s" if value >= _SECOND else f"{value * 1000:.3g} ms"
    if unit == "kB":
        return f"{value / 1000:.1f} MB"
    return f"{value:.0f} B" if unit == "B" else f"{value:.2f}"


def duration(seconds: float) -> str:
    """Return how long something took: 45 s, 3 min."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"  # noqa: PLR2004


def spread(samples: Sequence[float], unit: str) -> str:
    """Return least and most."""
    return f"{quantity(min(samples), unit)}-{quantity(max(samples), unit)}"
