"""One line to syslog (facility authpriv) for each run, undo, resume and accepted caution.

A missing or slow logger never stops a run. The datagram is sent once, and a failure is ignored.
The journal of the run has the same values.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from wizard.plan.model import Plan
from wizard.run.caller import Caller

IDENT = "postfix-wizard"
_PRIORITY = 10 * 8 + 5
"""authpriv and notice (syslog(3))."""
_TIMEOUT_SECONDS = 0.5
_MAX_CHARACTERS = 1800
"""syslogd cuts longer lines (RFC 5424 names 2,048 bytes). The journal has all of it."""


def log_start(path: Path, run: str, plan: Plan, by: Caller, accepted: Iterable[str]) -> None:
    """Log that a run or an undo starts, and each caution that was accepted for it."""
    sections = ("sections", ",".join(plan.sections) or "all")
    what = ("undoes", plan.undoes) if plan.undoes else sections
    act = "undo" if plan.undoes else "gather" if plan.gathers else "apply"
    words = [("act", act), ("run", run), what]
    lines = [words, *([("act", "accept"), ("run", run), ("accepted", one)] for one in accepted)]
    for line in lines:
        _send(path, line_of((*line, *by.fields)))


def log_resume(path: Path, run: str, by: Caller) -> None:
    """Log that a run is resumed."""
    _send(path, line_of((("act", "resume"), ("run", run), *by.fields)))


def line_of(fields: Iterable[tuple[str, str]]) -> str:
    """Return `NAME="VALUE" ...` in one printable line; other characters are escaped."""
    return " ".join(_words(fields))[:_MAX_CHARACTERS]


def _words(fields: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, value in fields:
        quoted = value.replace("\\", "\\\\").replace('"', '\\"')
        yield f'{name}="{"".join(map(_printable, quoted))}"'


def _printable(character: str) -> str:
    return character if character.isprintable() else ascii(character)[1:-1]


def _send(path: Path, text: str) -> None:
    stamp = time.strftime("%b %e %H:%M:%S")
    data = f"<{_PRIORITY}>{stamp} {IDENT}[{os.getpid()}]: {text}".encode("utf-8", "replace")
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as logger:
        logger.settimeout(_TIMEOUT_SECONDS)
        logger.connect(str(path))
        logger.send(data)
