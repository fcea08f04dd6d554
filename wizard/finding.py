"""The outcome of a check: a finding with its verdict."""

from __future__ import annotations

import re
from dataclasses import dataclass

RIGHT = "right"
WRONG = "wrong"
WARNING = "warning"
WAITS = "waits"
UNKNOWN = "unknown"
VERDICTS = (RIGHT, WRONG, WARNING, WAITS, UNKNOWN)
"""right; wrong (fails a run); warning; waits (for Dovecot); unknown (cannot be checked here)."""


_FORBIDDEN = re.compile("permission denied|not permitted", re.IGNORECASE)


@dataclass(frozen=True)
class Finding:
    """One line of the table: the subject, what is seen, what is expected, the verdict, the advice.

    `id` is stable for --json (`smtp.25.banner`). `fatal` is True if `wrong` fails a run: for checks of
    this host (ports, TLS, SMTP, parameters, firewall), not for others (DNS, blocklists, trust).
    """

    id: str
    looked_at: str
    seen: str
    expected: str
    verdict: str
    advice: str = ""
    fatal: bool = True


@dataclass(frozen=True)
class Check:
    """What is checked and what is expected; the methods return its finding with a verdict.

    A method for each verdict reads as the outcome: `check.wrong(seen, advice)`. `subject` is the
    finding's `looked_at`; the other fields are the same as in `Finding`.
    """

    id: str
    subject: str
    expected: str
    fatal: bool = True

    def right(self, seen: str) -> Finding:
        """Return that all is as expected."""
        return self.finding(RIGHT, seen)

    def wrong(self, seen: str, advice: str) -> Finding:
        """Return what is wrong; this fails a run if the check is `fatal`."""
        return self.finding(WRONG, seen, advice)

    def warning(self, seen: str, advice: str) -> Finding:
        """Return what is not as expected, and fails no run."""
        return self.finding(WARNING, seen, advice)

    def unknown(self, why: str) -> Finding:
        """Return that the check was not possible, and why."""
        advice = "Run this as root on the server itself." if _FORBIDDEN.search(why) else ""
        return self.finding(UNKNOWN, f"not known: {why}", advice)

    def finding(self, verdict: str, seen: str, advice: str = "") -> Finding:
        """Return the finding with a verdict; there is no advice where all is right."""
        said = "" if verdict == RIGHT else advice
        return Finding(self.id, self.subject, seen, self.expected, verdict, said, self.fatal)
