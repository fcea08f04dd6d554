"""Parse a line of the log: its time, Postfix's program, its process and the message."""

from __future__ import annotations

import calendar
import datetime as dt
import re
import time
from typing import Optional

Line = tuple[float, bytes, bytes, bytes]
"""Seconds since the epoch, the program (`postfix/submission/smtpd`), its process id, the message."""

_LINE = re.compile(
    rb"(\d+\.\d+|\d{4}-\d\d-\d\dT[\d:.]+(?:[+-]\d\d:\d\d|Z)|[A-Z][a-z]{2} [ \d]\d [\d:]{8})"
    rb" \S+ (postfix[\w./-]*)\[(\d+)\]: (.*)",
    re.DOTALL,
)
_MONTHS = {name.encode(): number for number, name in enumerate(calendar.month_abbr) if number}
_AHEAD = 86400
"""Seconds by which a line of this year may be ahead of now."""


class Reader:
    """Parses lines of journalctl's short-unix form and of syslog's two (RFC 3164, RFC 3339).

    syslog's old form has no year. The newest year counts for which the line is at most a day newer
    than `now`, in local time. Its month names are English in every locale.
    """

    def __init__(self, now: float) -> None:
        self._now = now
        self._stamp = b""
        self._at = 0.0

    def line(self, raw: bytes) -> Optional[Line]:
        """Return the parsed line, None if it is not Postfix's or has no valid time."""
        match = _LINE.match(raw)
        if match is None:
            return None
        stamp, program, process, message = match.groups()
        if stamp != self._stamp:
            try:
                self._at = self._seconds(stamp)
            except (ValueError, OverflowError, KeyError):
                return None
            self._stamp = stamp
        return self._at, program, process, message.rstrip()

    def _seconds(self, stamp: bytes) -> float:
        if stamp[:1].isalpha():
            return self._without_year(stamp)
        if b"T" not in stamp:
            return float(stamp)
        text = stamp.decode("ascii").replace("Z", "+00:00")
        return dt.datetime.fromisoformat(text).timestamp()

    def _without_year(self, stamp: bytes) -> float:
        hour, minute, second = (int(part) for part in stamp[7:].split(b":"))
        month, day = _MONTHS[stamp[:3]], int(stamp[4:6])
        year = time.localtime(self._now).tm_year
        for one in (year, year - 1):
            at = time.mktime((one, month, day, hour, minute, second, 0, 0, -1))
            if at <= self._now + _AHEAD:
                return at
        return at
