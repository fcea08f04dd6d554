"""Days as people write them."""

from __future__ import annotations

import time


def day(seconds: float) -> str:
    """Return the day, UTC, of a moment in seconds since the epoch: `2027-02-22` (ISO 8601)."""
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))
