"""The lock that allows one run at a time: flock(2) on a file that names its holder.

The kernel releases the lock of a dead process. Then the file still names it. That does no harm,
since the file is read only while it is locked.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Optional

from wizard.errors import LockedTrouble
from wizard.run.directories import explained, make_private, open_plain, place
from wizard.run.paths import Places

TAKING = "taking the wizard's lock"
"""What is being done when a worker finds the lock taken. The end of its run begins with that."""

_PATIENCE = 0.2
"""Seconds to wait for the lock. A viewer locks it for microseconds, a run for longer."""


@dataclass(frozen=True)
class Holder:
    """The process and run that have the lock, and since when (seconds since the epoch)."""

    pid: int
    run: str
    since: float


@contextlib.contextmanager
def locked(places: Places, run: str) -> Iterator[None]:
    """Take the lock. Raises LockedTrouble that names who has it and since when."""
    doing = TAKING
    make_private(places.runtime)
    with _opened(places, os.O_CREAT) as fd:
        if fd is None or not _locks(fd, fcntl.LOCK_EX, _PATIENCE):
            raise LockedTrouble(doing, in_progress(None if fd is None else _said(fd)), _ADVICE)
        said = {"pid": os.getpid(), "run": run, "since": time.time()}
        with explained(doing, places.lock):
            os.ftruncate(fd, 0)
            os.pwrite(fd, json.dumps(said).encode() + b"\n", 0)
        yield


def holder(places: Places) -> Optional[Holder]:
    """Return who has the lock, None if nobody has. Never waits."""
    with _opened(places, 0) as fd:
        if fd is None or _locks(fd, fcntl.LOCK_SH, 0):
            return None
        return _said(fd) or Holder(0, "", 0.0)


def refuse_if_locked(places: Places, doing: str = "starting a run") -> None:
    """Raise LockedTrouble if a run is in progress."""
    found = holder(places)
    if found is not None:
        raise LockedTrouble(doing, in_progress(found), _ADVICE)


def request_stop(places: Places, run: Optional[str] = None) -> bool:
    """Ask the run in progress to stop at its next safe boundary. Return False if there is none.

    With `run`, only that run is asked.
    """
    found = holder(places)
    if found is None or found.pid <= 0 or run not in {None, found.run}:
        return False
    try:
        fd = os.pidfd_open(found.pid)
    except OSError:
        return False
    try:
        # Read again: now the descriptor is certainly that of the process that has the lock.
        if holder(places) != found:
            return False
        signal.pidfd_send_signal(fd, signal.SIGTERM)
    except OSError:
        return False
    else:
        return True
    finally:
        os.close(fd)


_ADVICE = "Look on with `postfix-wizard attach`, or wait for its end."


def in_progress(found: Optional[Holder]) -> str:
    """Return a clause that names the run in progress, if that is known."""
    if found is None or not found.run:
        return "another run is in progress"
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(found.since))
    return f"run {found.run} (process {found.pid}) is in progress since {since}"


@contextlib.contextmanager
def _opened(places: Places, flags: int) -> Iterator[Optional[int]]:
    doing = "opening the wizard's lock"
    if not flags and not places.runtime.is_dir():
        yield None
        return
    with place(str(places.lock), doing) as at, explained(doing, places.lock):
        try:
            fd = open_plain(at, os.O_RDWR | flags, 0o600, doing)
        except FileNotFoundError:
            fd = -1
    if fd < 0:
        yield None
        return
    try:
        yield fd
    finally:
        os.close(fd)


def _locks(fd: int, kind: int, patience: float) -> bool:
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(fd, kind | fcntl.LOCK_NB)
        except BlockingIOError:  # noqa: PERF203 (a handful of tries)
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.01)
        else:
            return True


def _said(fd: int) -> Optional[Holder]:
    try:
        fields = json.loads(os.pread(fd, 4096, 0))
        return Holder(int(fields["pid"]), str(fields["run"]), float(fields["since"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
