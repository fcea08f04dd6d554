"""Complaints in the service's log since it last read its configuration, without harmless ones."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Optional

from wizard.certificates.dates import moment
from wizard.check.commands import CommandResult
from wizard.check.log.harmless import is_harmless
from wizard.check.log.lines import Line, Reader
from wizard.check.log.own_sessions import OwnSessions
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG, Check, Finding
from wizard.text import counted, printable

SUPPRESSED = (
    "journalctl",
    "--unit=systemd-journald.service",
    "--boot",
    "--lines=2000",
    "--grep=Suppressed .* messages from .*postfix",
    "--output=cat",
    "--no-pager",
    "--quiet",
)
"""What journald says of the messages that it did not take (journald.conf(5), RateLimitBurst)."""
SHOWN = 3
"""How many lines are shown; the rest is only counted."""

_LINE = re.compile(r"\s(postfix[\w./-]*)\[\d+\]: (.*)$")
_BEGINS = re.compile(r"^(daemon started|reload) -- version ")
_LOUD = re.compile(r"^(warning|error|fatal|panic): ")
_SECONDS = re.compile(r"\d{9,}(\.\d+)?")
_SUPPRESSED = re.compile(r"Suppressed (\d+) messages from \S*postfix")
_DROPPED = (
    "Raise RateLimitBurst in journald.conf, or read /var/log/maillog: what is dropped is unknown."
)
_DEADLY = frozenset({"fatal", "panic"})
_NO_MECHANISM = "xsasl_cyrus_server_get_mechanism_list: no applicable SASL mechanisms"
"""After this warning smtpd ends. Its last words are those of one that missed Dovecot."""


@dataclass
class Seen:
    """What a log shows: the complaints since the last start or reload, and how far it goes back.

    A complaint is (program, warning|error|fatal|panic, message). `harmless` counts those that are
    not shown. `lines` is 0 without a line of Postfix, `first` the oldest one's time.
    """

    complaints: list[tuple[str, str, str]] = field(default_factory=list)
    harmless: int = 0
    lines: int = 0
    first: str = ""


def loud_lines(text: str) -> tuple[tuple[str, str, str], ...]:
    """Return the complaints since the last start or reload."""
    return tuple(read(text).complaints)


def read(text: str, own: Optional[OwnSessions] = None) -> Seen:
    """Read a log, line by line, without the sessions that `own` knows."""
    seen = Seen()
    found = seen.complaints
    lines = text.splitlines()
    shown = lines if own is None else list(own.without(_parsed(lines)))
    # A log that consists of a check alone was seen all the same.
    first = next((one for one in lines if _LINE.search(one)), "")
    seen.first, seen.lines = time_of(first), int(bool(first))
    for line in shown:
        match = _LINE.search(line)
        if match is None:
            continue
        program, message = match[1], match[2]
        if program.endswith("/master") and _BEGINS.search(message):
            found.clear()
            seen.harmless = 0
        loud = _LOUD.search(message)
        if not loud:
            continue
        if is_harmless(program, message):
            seen.harmless += 1
        else:
            found.append((program, loud[1], message))
    return seen


def _parsed(lines: list[str]) -> Iterator[tuple[str, Optional[Line]]]:
    reader = Reader(time.time())
    return ((one, reader.line(one.encode("utf-8", "surrogateescape"))) for one in lines)


def time_of(line: str) -> str:
    """Return when a line was written, as this host's clock shows it."""
    words = line.split()
    if words and _SECONDS.fullmatch(words[0]):
        return moment(float(words[0]))
    return " ".join(words[:3]) if words and words[0].isalpha() else words[0] if words else ""


def judge_log(
    result: CommandResult, dropped: int = 0, own: Optional[OwnSessions] = None
) -> Iterator[Finding]:
    """`log`: what the service complains about. It is about the past, so it never fails a run.

    `dropped` is how many messages journald did not take. The sessions that `own` knows are omitted.
    """
    check = Check("log", "log since start or reload", "no warning of ours", fatal=False)
    if result.failure:
        yield check.unknown(result.failure)
        return
    seen = read(result.text, own)
    if not seen.lines:
        yield check.finding(
            UNKNOWN,
            "not known: there is no line of Postfix in the journal or in /var/log/maillog",
            "See that journald or rsyslog takes them: `journalctl -u postfix`.",
        )
        return
    notes = [f"seen since {seen.first}"]
    if seen.harmless:
        notes.append(f"{counted(seen.harmless, 'line')} that strangers cause left out")
    if own is not None and own.lines:
        notes.append(f"{counted(own.lines, 'line')} of sessions of checks omitted")
    if dropped:
        notes.append(f"{counted(dropped, 'line')} dropped by journald (RateLimitBurst)")
    if not seen.complaints:
        yield check.finding(WARNING if dropped else RIGHT, f"quiet; {'; '.join(notes)}", _DROPPED)
        return
    is_deadly = any(kind in _DEADLY or _NO_MECHANISM in said for _, kind, said in seen.complaints)
    distinct = list(dict.fromkeys(printable(f"{p}: {m}", 160) for p, _, m in seen.complaints))
    more = f"; and {len(distinct) - SHOWN} more" if len(distinct) > SHOWN else ""
    yield check.finding(
        WRONG if is_deadly else WARNING,
        "; ".join(distinct[-SHOWN:]) + more,
        "Read `journalctl -u postfix` or /var/log/maillog around these lines.",
    )


def dropped_in(text: str) -> int:
    """Return how many messages of Postfix journald did not take, from its own lines."""
    return sum(int(found) for found in _SUPPRESSED.findall(text))
