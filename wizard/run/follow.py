"""Follow a run as a viewer: from its first record to its end, live, without changing it.

Any number of viewers read the same files, and none can slow the worker. Output comes in batches,
one a poll, between its step's start and end.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Optional

from wizard.errors import NewerTrouble, Trouble
from wizard.plan.wire import INSTALL_NEWER, NewerForm
from wizard.run.directories import explained
from wizard.run.header import read_header
from wizard.run.journal import Entry, Parser, read_journal
from wizard.run.lock import holder
from wizard.run.paths import Places
from wizard.run.records import (
    DIED,
    Began,
    Event,
    Output,
    PromptClosed,
    Prompted,
    RunFinished,
    StepFinished,
    StepStarted,
)
from wizard.run.sanitize import Cleaner

POLL = 0.05
_LIVENESS = 0.5
_START = 15.0
"""Seconds within which a worker must begin its journal."""
_GOING = 10.0
"""Seconds within which a worker must exit, once its journal has an end."""
_BATCH = 1 << 20
ENOUGH = 1 << 18
"""Bytes of output that a viewer still gets if it is too far behind."""


def follow(
    places: Places, run_id: str, poll: float = POLL, *, behind: int = sys.maxsize
) -> Iterator[Event]:
    """Yield a run's events from its first, live until it ends.

    The last event is a RunFinished. Its outcome is `died`, which is in no journal, if no worker
    is there and the run has no end, or never began. A prompt that was closed before it could be
    shown is skipped. `poll` is in seconds.

    If more than `behind` bytes of output are unread, all but the last `ENOUGH` are skipped, and a
    line says so: reading output that no screen can show would slow the run itself. Raises Trouble
    that names the record if the journal is corrupt.
    """
    run = places.run(run_id)
    with contextlib.closing(_Growing(run.journal)) as lines:
        outputs = _Outputs(run.outputs, behind)
        yield from _events(places, run_id, _Records(lines, run.journal), outputs, poll)
    _wait_for_the_lock(places, run_id, poll)


def _wait_for_the_lock(places: Places, run_id: str, poll: float) -> None:
    """Wait until the worker of a finished run has exited. The next run needs its lock."""
    until = time.monotonic() + _GOING
    while time.monotonic() < until:
        found = holder(places)
        if found is None or found.run != run_id:
            return
        time.sleep(poll)


def is_prompt_open(places: Places, run_id: str, prompt: int) -> bool:
    """True if a worker is on the run and waits for the answer to this prompt."""
    if not _lives(places, run_id):
        return False
    reading = read_journal(places.run(run_id).journal)
    records = reading.records if reading else ()
    return not any(isinstance(one, PromptClosed) and one.prompt == prompt for one in records)


def _events(
    places: Places, run_id: str, journal: _Records, outputs: _Outputs, poll: float
) -> Iterator[Event]:
    try:
        checked = began = time.monotonic()
        alive = True
        while True:
            entries = _without_closed_prompts(journal.read())
            for number, entry in enumerate(entries):
                yield from outputs.before(entry)
                yield entry.record
                if isinstance(entry.record, StepStarted):
                    yield Began(entry.record.step, entry.mono)
                # A resumed run has more records after an end.
                if isinstance(entry.record, RunFinished) and number == len(entries) - 1:
                    return
            yield from outputs.current()
            now = time.monotonic()
            if entries:
                checked, alive = now, True
                continue
            if not alive:
                yield from outputs.rest()
                yield RunFinished(DIED, _died(places, run_id) if journal.begun else _NEVER)
                return
            if now - checked >= _LIVENESS:
                checked = now
                # Once more through the loop: the last records may have come just now.
                alive = _lives(places, run_id) or (not journal.begun and now - began < _START)
            else:
                time.sleep(poll)
    finally:
        outputs.close()


def _without_closed_prompts(entries: list[Entry]) -> list[Entry]:
    """Return the entries without prompts that were closed before a viewer could show them."""
    closed = {one.record.prompt for one in entries if isinstance(one.record, PromptClosed)}
    opened = {one.record.prompt for one in entries if isinstance(one.record, Prompted)}
    over = closed & opened
    return [
        one
        for one in entries
        if not (isinstance(one.record, (Prompted, PromptClosed)) and one.record.prompt in over)
    ]


_DIED = (
    "The worker ended without a word (killed, or the machine went down). Each file is the old "
    "or the new one, none is half written. `postfix-wizard resume` goes on where it stopped"
)
_UNDO = ", `postfix-wizard undo` takes back what was done"
_NEVER = "The worker never began: look at `journalctl -u 'postfix-wizard-*'`. It took no step."


def _died(places: Places, run_id: str) -> str:
    """Return the message for a worker that died. It names undo unless the run is one."""
    try:
        header = read_header(places.run(run_id))
    except Trouble:
        header = None
    is_undo = header is not None and bool(header.undoes)
    return f"{_DIED}{'' if is_undo else _UNDO}."


def _lives(places: Places, run_id: str) -> bool:
    found = holder(places)
    return found is not None and found.run in {run_id, ""}


class _Growing:
    """A file that is read as it grows. It may be missing at first."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: Optional[int] = None

    def close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def read(self) -> bytes:
        """Return new bytes, up to _BATCH; empty if there are none."""
        with explained("following a run", self._path):
            fd = self._opened()
            return b"" if fd is None else os.read(fd, _BATCH)

    def skip(self, most: int) -> int:
        """If more than `most` bytes are new, continue at a line near their end.

        Return the number of skipped bytes.
        """
        with explained("following a run", self._path):
            fd = self._opened()
            if fd is None:
                return 0
            at, end = os.lseek(fd, 0, os.SEEK_CUR), os.fstat(fd).st_size
            if end - at <= most:
                return 0
            start = end - min(most, ENOUGH)
            start += os.pread(fd, ENOUGH, start).find(b"\n") + 1
            return os.lseek(fd, start, os.SEEK_SET) - at

    def _opened(self) -> Optional[int]:
        if self._fd is None:
            with contextlib.suppress(FileNotFoundError):
                self._fd = os.open(
                    self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
                )
        return self._fd


class _Records:
    """The journal's entries as they come. An unfinished line waits for its end."""

    def __init__(self, lines: _Growing, path: Path) -> None:
        self._lines = lines
        self._path = path
        self._parser = Parser()
        self._rest = b""

    @property
    def begun(self) -> bool:
        """True if there is more than the header."""
        return self._parser.n > 1

    def read(self) -> list[Entry]:
        """Return the new entries. Raises Trouble that names a corrupt entry."""
        *lines, self._rest = (self._rest + self._lines.read()).split(b"\n")
        found = (self._parsed(line) for line in lines)
        return [entry for entry in found if entry is not None]

    def _parsed(self, line: bytes) -> Optional[Entry]:
        try:
            return self._parser.line(line)
        except NewerForm as newer:
            raise NewerTrouble(
                "following a run", f"{self._path}: record {self._parser.n}: {newer}", INSTALL_NEWER
            ) from newer
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Trouble(
                "following a run",
                f"{self._path}: record {self._parser.n} is damaged ({error})",
                "The run itself may go on; `postfix-wizard runs` tells its state.",
            ) from error


class _Outputs:
    """The steps' outputs. Only that of the step in progress is read."""

    def __init__(self, directory: Path, behind: int) -> None:
        self._directory = directory
        self._behind = behind
        self._open: dict[str, tuple[_Growing, Cleaner]] = {}
        self._step = ""

    def before(self, entry: Entry) -> Iterator[Output]:
        """Yield the output from before this entry."""
        yield from self.current()
        record = entry.record
        if isinstance(record, StepStarted):
            self._step = record.step
            if record.step not in self._open:
                growing = _Growing(self._directory / record.step)
                self._open[record.step] = (growing, Cleaner())
        elif isinstance(record, StepFinished):
            yield from self.rest()

    def current(self) -> Iterator[Output]:
        """Yield the output of the current step until now."""
        if self._step not in self._open:
            return
        growing, cleaner = self._open[self._step]
        more = True
        while more:
            skipped = growing.skip(self._behind)
            if skipped:
                yield Output(self._step, (*cleaner.flush(), self._skip_note(skipped)))
            data = growing.read()
            lines = cleaner.feed(data)
            if lines:
                yield Output(self._step, lines)
            more = len(data) == _BATCH

    def _skip_note(self, skipped: int) -> str:
        path = self._directory / self._step
        return f"({skipped / 1e6:.1f} MB of output are left out here; all of it is in {path}.)"

    def rest(self) -> Iterator[Output]:
        """Yield the remaining output of the current step, with an unfinished last line."""
        yield from self.current()
        if self._step in self._open:
            lines = self._open[self._step][1].flush()
            if lines:
                yield Output(self._step, lines)

    def close(self) -> None:
        """Close all files."""
        for growing, _ in self._open.values():
            growing.close()
