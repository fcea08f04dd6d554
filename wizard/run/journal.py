r"""The journal of a run: append-only, one record a line, each synced before the work continues.

A line is `SUM JSON\n`. JSON is one object without blanks: `n` (0, 1, 2 …), `wall` (seconds
since the epoch), `mono` (seconds of the monotonic clock), `kind` and `record`. SUM is the
first 16 hex digits of SHA-256 over the sum before (none before the first) and the JSON's
bytes, so that a line lost, doubled or moved is seen as well as one damaged. Line 0 is the
header: kind `Journal`, record `{"version":2,"run":ID,"by":WHO}`.

An incomplete last line was never finished (the machine went down) and counts as not written. Any
other bad line makes the journal corrupt, except a complete one that only a newer version can have
written. docs/journal.md lists the records.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional, cast

from wizard.errors import NewerTrouble, Trouble
from wizard.plan.wire import (
    INSTALL_NEWER,
    VERSION,
    NewerForm,
    from_data,
    require_known,
    to_data,
)
from wizard.regular_file import read_at_most
from wizard.run.caller import NOBODY, Caller
from wizard.run.directories import explained, open_plain, place
from wizard.run.records import Record, RunFinished, StepFinished, require_outcome
from wizard.secrets import masked_data

MAX_BYTES = 256 * 1024 * 1024
"""A larger journal is not read."""
_SUM = 16
_HEADER = "Journal"
_APPEND = os.O_RDWR | os.O_APPEND
_CREATE = _APPEND | os.O_CREAT | os.O_EXCL


@dataclass(frozen=True)
class Entry:
    """One record with its number and times (seconds; `wall` since the epoch)."""

    n: int
    wall: float
    mono: float
    record: Record


@dataclass(frozen=True)
class Reading:
    """The content of a journal: its complete records, and the fault of the rest.

    `end` is the offset after the last good line, `total` its sum. `torn` is True if an unfinished
    line follows. `corrupt` names the first bad record, "" without one. `newer` names the first
    record that a newer version wrote; nothing after it is read.
    """

    run: str
    entries: tuple[Entry, ...]
    end: int
    total: str
    torn: bool
    corrupt: str
    newer: str = ""

    @property
    def records(self) -> tuple[Record, ...]:
        """The records alone."""
        return tuple(entry.record for entry in self.entries)


class Parser:
    """Turns lines into entries one by one. Its state is the sum and the number."""

    def __init__(self) -> None:
        self.run = ""
        self.total = ""
        self.n = 0

    def line(self, line: bytes) -> Optional[Entry]:
        """Return the entry of one line without its newline, None for the header.

        Raises NewerForm if a newer version wrote it, ValueError if it is not the next line.
        """
        total, blank, payload = line.partition(b" ")
        expected = chained(self.total, payload)
        if not blank or total != expected.encode():
            raise ValueError("its checksum is wrong")
        fields = json.loads(payload)
        if fields["n"] != self.n:
            raise ValueError(f"it bears number {fields['n']}")
        entry = None
        if self.n == 0:
            self.run = _run_of(fields)
        else:
            entry = _entry(fields)
        self.total = expected
        self.n += 1
        return entry


def _run_of(header: dict[str, Any]) -> str:
    if header["kind"] != _HEADER:
        raise ValueError("it is no header")
    require_known(header["record"].get("version"))
    return str(header["record"]["run"])


def _entry(fields: dict[str, Any]) -> Entry:
    record = from_data(cast("type[Record]", Record), {fields["kind"]: fields["record"]})
    if isinstance(record, (StepFinished, RunFinished)):
        require_outcome(record.outcome, in_journal=True)
    return Entry(fields["n"], fields["wall"], fields["mono"], record)


def chained(total: str, payload: bytes) -> str:
    """Return the sum of a line from the sum before it and its JSON."""
    return hashlib.sha256(total.encode() + payload).hexdigest()[:_SUM]


def parse(data: bytes) -> Reading:
    """Return the content of a journal's bytes. Never raises."""
    parser = Parser()
    entries: list[Entry] = []
    end = 0
    while end < len(data):
        newline = data.find(b"\n", end)
        stop = newline if newline >= 0 else len(data)
        last = stop + 1 >= len(data)
        try:
            if newline < 0:
                raise ValueError("it has no end")  # noqa: TRY301 (one way out for all faults)
            entry = parser.line(data[end:stop])
        except NewerForm as error:
            newer = f"record {parser.n}: {error}"
            return Reading(
                parser.run, tuple(entries), end, parser.total, torn=False, corrupt="", newer=newer
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            corrupt = "" if last else f"record {parser.n} (byte {end}): {error}"
            return Reading(parser.run, tuple(entries), end, parser.total, last, corrupt)
        if entry is not None:
            entries.append(entry)
        end = stop + 1
    return Reading(parser.run, tuple(entries), end, parser.total, torn=False, corrupt="")


def read_journal(path: Path) -> Optional[Reading]:
    """Return the content of a journal, None if there is no such file.

    Raises NewerTrouble if a newer version wrote a part of it, Trouble if it is unreadable.
    """
    reading = peek(path)
    if reading is not None and reading.newer:
        raise NewerTrouble(f"reading {path}", reading.newer, INSTALL_NEWER)
    return reading


def peek(path: Path) -> Optional[Reading]:
    """Return the content of a journal, also of a newer version, as far as it is understood.

    None if there is no such file. Raises Trouble if it is unreadable.
    """
    data = read_regular(path, "reading a run's journal")
    return None if data is None else parse(data)


def read_regular(path: Path, doing: str) -> Optional[bytes]:
    """Return the bytes of a run's file, None if there is none.

    Raises Trouble if it is not a regular file or has more than MAX_BYTES.
    """
    with explained(doing, path):
        try:
            # O_NONBLOCK: a FIFO in its place would block every start for ever.
            fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        with os.fdopen(fd, "rb") as file:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise Trouble(doing, f"{path} is no regular file", f"Look with `ls -l {path}`.")
            data = read_at_most(file, MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise Trouble(doing, f"{path} has more than {MAX_BYTES} bytes", f"Look at {path}.")
    return data


def set_aside(path: Path) -> str:
    """Rename a corrupt journal out of the way and return its new path. Raises Trouble."""
    doing = f"setting {path} aside"
    with place(str(path), doing) as at, explained(doing, path):
        new = f"{at.name}.corrupt-{time.time_ns()}"
        os.rename(at.name, new, src_dir_fd=at.fd, dst_dir_fd=at.fd)
        os.fsync(at.fd)
    return str(path.with_name(new))


def set_aside_as(path: Path) -> str:
    """Return the path to which a journal was last set aside, "" if it never was."""
    return max((str(one) for one in path.parent.glob(f"{path.name}.corrupt-*")), default="")


class Journal:
    """An open journal. `append` returns only when the record is on disk."""

    def __init__(self, fd: int, path: Path, n: int, total: str, size: int) -> None:
        self._fd = fd
        self._path = path
        self._n = n
        self._total = total
        self._size = size

    def append(self, record: Record) -> None:
        """Write one record in one write(2) and sync it. Raises Trouble."""
        tagged = to_data(cast("type[Record]", Record), record)
        ((kind, fields),) = tagged.items()
        self._write(kind, fields)

    def _write(self, kind: str, fields: dict[str, object]) -> None:
        payload = json.dumps(
            {
                "n": self._n,
                "wall": time.time(),
                "mono": time.monotonic(),
                "kind": kind,
                "record": masked_data(fields),
            },
            separators=(",", ":"),
        ).encode("ascii")
        total = chained(self._total, payload)
        line = total.encode() + b" " + payload + b"\n"
        with explained("writing the run's journal", self._path):
            self._append(line)
        self._n += 1
        self._total = total
        self._size += len(line)

    def _append(self, line: bytes) -> None:
        try:
            written = os.write(self._fd, line)
            # Writing the rest after a short write raises its cause (ENOSPC).
            while written < len(line):
                written += os.write(self._fd, line[written:])
            os.fsync(self._fd)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._fd, self._size)
            raise

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)


@contextlib.contextmanager
def open_journal(path: Path, run: str, by: Caller = NOBODY) -> Iterator[tuple[Journal, Reading]]:
    """Open a run's journal for appending; make a new one if there is none.

    The header of a new one names who started the run, `by`. Yields the journal and its content
    before. A torn last line is cut off. Raises NewerTrouble if a newer version wrote a part of it,
    Trouble if it is corrupt. Then the caller sets it aside.
    """
    doing = f"opening the journal of run {run}"
    with place(str(path), doing) as at, explained(doing, path):
        try:
            fd = open_plain(at, _CREATE, 0o600, doing)
            os.fsync(at.fd)
        except FileExistsError:
            fd = open_plain(at, _APPEND, 0o600, doing)
    try:
        with explained(doing, path):
            reading = parse(b"".join(iter(lambda: os.read(fd, 1 << 20), b"")))
            if reading.newer:
                raise NewerTrouble(doing, reading.newer, INSTALL_NEWER)
            if reading.torn:
                os.ftruncate(fd, reading.end)
        if reading.corrupt:
            raise Trouble(doing, f"{reading.corrupt}", f"It stands in {path}.")
        lines = len(reading.entries) + (1 if reading.end else 0)
        journal = Journal(fd, path, lines, reading.total, reading.end)
        if reading.end == 0:
            journal._write(_HEADER, {"version": VERSION, "run": run, "by": to_data(Caller, by)})  # noqa: SLF001 (its maker)
        yield journal, reading
    finally:
        os.close(fd)
