"""What a check found, in the words of the table that it prints."""

from __future__ import annotations

from dataclasses import dataclass

RIGHT = "right"
WRONG = "wrong"
WARNING = "warning"
WAITS = "waits"
UNKNOWN = "unknown"
VERDICTS = (RIGHT, WRONG, WARNING, WAITS, UNKNOWN)
"""right; wrong (fails a run); warning; waits (for Dovecot); unknown (not to be known from here)."""


@dataclass(frozen=True)
class Finding:
    """One line of the table: looked at, seen, expected, verdict, what to do.

    `id` is stable for --json (`smtp.25.banner`). `fatal` is whether `wrong` fails a run: true
    for checks of this host (ports, TLS, SMTP, parameters, firewall), false for what lies
    outside it (DNS, blocklists, trust).
    """

    id: str
    looked_at: str
    seen: str
    expected: str
    verdict: str
    advice: str = ""
    fatal: bool = True
