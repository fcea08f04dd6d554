"""Days and moments as people write them."""

from __future__ import annotations

import time


def day(seconds: float) -> str:
    """Return the day, UTC, of a moment in seconds since the epoch: `2027-02-22` (ISO 8601)."""
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))


def moment(seconds: float) -> str:
    """Return a moment in seconds since the epoch as this host's clock shows it, to the minute."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))
