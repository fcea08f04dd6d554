"""Who holds RPM's transaction lock.

On a terminal dnf(8) waits for it without end, and without a word until it has it. RPM locks a
file with fcntl(2), and that can be asked after without taking it. Where the file lies is one
of RPM's macros.
"""

from __future__ import annotations

import fcntl
import os
import struct
from pathlib import Path

LOCK_PATH_MACRO = "%{_rpmlock_path}"
LOCK_PATHS = ("/var/lib/rpm/.rpm.lock", "/usr/lib/sysimage/rpm/.rpm.lock")
"""Where EL 9 and EL 10 have it: asking rpm itself takes 15 ms, for every step."""

_FLOCK = struct.Struct("@hhqqi")
"""struct flock on 64-bit Linux: l_type, l_whence, l_start, l_len, l_pid."""


def lock_holder(path: str, session: int) -> str:
    """Return in words which process holds the lock file, "" when none does.

    One of the `session` (its leader's process id; 0 for none) is not meant: it is our own.
    """
    pid = _holder(path)
    # A session that began outside our PID namespace reads as 0 too, and is not ours.
    if pid == 0 or (session and _session(pid) == session):
        return ""
    return f"process {pid} ({_program(pid)}) holds rpm's lock"


def transaction() -> str:
    """Return in words which process installs or removes packages now, "" where none does."""
    return next(filter(None, (lock_holder(path, 0) for path in LOCK_PATHS)), "")


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:
        return -1


def _holder(path: str) -> int:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return 0
    try:
        query = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        kind, _, _, _, pid = _FLOCK.unpack(fcntl.fcntl(fd, fcntl.F_GETLK, query))
    except OSError:
        return 0
    finally:
        os.close(fd)
    return 0 if kind == fcntl.F_UNLCK else int(pid)


def _program(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return "?"
