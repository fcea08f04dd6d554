"""Parse the value of --since: from when on the log is counted."""

from __future__ import annotations

import contextlib
import re
import time

from wizard.errors import UsageTrouble

_AGO = re.compile(r"(\d{1,5})(min|h|d)")
_UNITS = {"min": 60, "h": 3600, "d": 86400}
_FORMS = ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S")


def since(words: str, now: float) -> float:
    """Return the moment that `words` name in local time, in seconds since the epoch.

    `30min`, `6h` and `7d` count back from `now`. `today` and `yesterday` begin at midnight. A
    date may have a time: `2026-11-24`, `2026-11-24 08:30`. Raises UsageTrouble for other words.
    """
    ago = _AGO.fullmatch(words)
    if ago:
        return now - int(ago[1]) * _UNITS[ago[2]]
    if words in {"today", "yesterday"}:
        day = time.localtime(now)
        # mktime(3) sets a day 0 right, and summer time with tm_isdst -1.
        back = 0 if words == "today" else 1
        midnight = (day.tm_year, day.tm_mon, day.tm_mday - back, 0, 0, 0, 0, 0, -1)
        return time.mktime(midnight)
    for form in _FORMS:
        with contextlib.suppress(ValueError, OverflowError):
            return time.mktime(time.strptime(words, form))
    raise UsageTrouble(
        "reading --since",
        f"{words!r} is no time",
        "Say 30min, 6h, 7d, today, yesterday, 2026-11-24 or '2026-11-24 08:30'.",
    )
