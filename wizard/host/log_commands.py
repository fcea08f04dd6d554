"""The commands that print the newest lines of Postfix's log: journalctl(1), tail(1)."""

from __future__ import annotations

JOURNAL = (
    "journalctl",
    "--unit=postfix.service",
    "--boot",
    "--lines=2000",
    "--output=short-unix",
    "--no-pager",
    "--quiet",
)
MAILLOG = ("tail", "--bytes=262144", "/var/log/maillog")
"""The log file of syslog, which is read if the journal has no lines."""
