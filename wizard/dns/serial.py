"""The next value of an SOA serial, in its own style (RFC 1035, RFC 1912 2.2, RFC 1982)."""

from __future__ import annotations

import re
import time

MOST = 2**32 - 1
"""A serial has 32 bits."""

_DATED = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d\d")


def next_serial(written: str, now: int) -> str:
    """Return the serial after `written` (digits), with the same width if that begins with 0.

    For a dated one (YYYYMMDDnn) it is today's first, or the next number if that is larger; for any
    other it is the next number. `now` is in seconds since the epoch, the date is in UTC. After the
    largest number comes 1 (RFC 1982), since some servers take 0 for "never set". Raises ValueError
    if `written` is not a serial.
    """
    if not (written.isascii() and written.isdigit()) or int(written) > MOST:
        raise ValueError(f"{written} is no serial: it must be a number up to {MOST}")
    old = int(written)
    following = old + 1 if old < MOST else 1
    if _DATED.fullmatch(written):
        today = int(time.strftime("%Y%m%d01", time.gmtime(now)))
        following = max(today, following)
    return str(following).zfill(len(written) if written.startswith("0") else 0)
