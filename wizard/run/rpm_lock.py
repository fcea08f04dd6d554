"""Find the process that has RPM's transaction lock.

On a terminal dnf(8) waits for it without end and without a message. RPM locks a file with fcntl(2),
and F_GETLK reads the owner without taking the lock. An RPM macro has the file's path.
"""

from __future__ import annotations

import fcntl
import os
import struct
from pathlib import Path

LOCK_PATH_MACRO = "%{_rpmlock_path}"
LOCK_PATHS = ("/var/lib/rpm/.rpm.lock", "/usr/lib/sysimage/rpm/.rpm.lock")
"""The paths of EL 9 and EL 10. A call of rpm takes 15 ms, too long for each step."""

_FLOCK = struct.Struct("@hhqqi")
"""struct flock on 64-bit Linux: l_type, l_whence, l_start, l_len, l_pid."""


def lock_holder(path: str, session: int) -> str:
    """Return a phrase that names the process with the lock file, "" if there is none.

    `session` is the process ID of a session's leader, 0 for none. Its processes do not count.
    """
    pid = _holder(path)
    # A session from outside our PID namespace has ID 0, too, and is not ours.
    if pid == 0 or (session and _session(pid) == session):
        return ""
    return f"process {pid} ({_program(pid)}) holds rpm's lock"


def transaction() -> str:
    """Return a phrase that names the process that changes packages now, "" if there is none."""
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
