"""Wait for other programs that install packages during a run, such as dnf-automatic.

A package's scripts write the same files as a run: an update of Postfix sets modes, adds to main.cf
and master.cf, and restarts the service. So each step waits for the end of such a transaction. The
step's own precondition finds what the transaction changed, and this module adds the reason.

Such a program has RPM's transaction lock. On a terminal dnf(8) waits for it without end and without
a message. RPM locks a file with fcntl(2), and F_GETLK reads the owner without taking the lock. An
RPM macro has the file's path.
"""

from __future__ import annotations

import fcntl
import os
import struct
import time
from pathlib import Path

from wizard.errors import Trouble
from wizard.plan.actions import Install
from wizard.run.context import Context

_PAUSE_SECONDS = 0.2
_RECENT_SECONDS = 3600.0
"""A package that was installed within this time may explain a changed file."""
PACKAGE = "postfix"

LOCK_PATH_MACRO = "%{_rpmlock_path}"
LOCK_PATHS = ("/var/lib/rpm/.rpm.lock", "/usr/lib/sysimage/rpm/.rpm.lock")
"""The paths of EL 9 and EL 10. A call of rpm takes 15 ms, too long for each step."""

_FLOCK = struct.Struct("@hhqqi")
"""struct flock on 64-bit Linux: l_type, l_whence, l_start, l_len, l_pid."""


class Wait:
    """The time that a run may still wait for others, for all its steps together."""

    def __init__(self, seconds: float) -> None:
        self._remaining = seconds

    def for_transaction(self, context: Context) -> None:
        """Wait until rpm's lock is free, or the run's time is used up.

        Afterwards the step continues in any case, since its own preconditions decide. Raises
        Trouble if the operator stops the run meanwhile.
        """
        reported = ""
        while who := transaction():
            if context.stopping():
                raise Trouble(
                    "waiting for another program",
                    f"stopped as requested while {who}",
                )
            if self._remaining <= 0:
                context.say(f"{who} for too long; going on all the same.")
                return
            if who != reported:
                seconds = f"waiting {self._remaining:.0f} seconds at most"
                context.say(f"{who}, so it installs packages; {seconds}.")
                reported = who
            began = time.monotonic()
            context.loop.turn(_PAUSE_SECONDS)
            self._remaining -= time.monotonic() - began


def package_news(context: Context) -> str:
    """Return a sentence if another program installed Postfix's package lately, else ""."""
    if any(isinstance(step.action, Install) for step in context.plan.pending):
        return ""
    form = "%{NAME}-%{VERSION}-%{RELEASE} %{INSTALLTIME}\\n"
    try:
        said = context.query("rpm", "-q", "--qf", form, PACKAGE).out
    except Trouble:
        return ""  # without rpm there is no news, and the step has its own error
    words = said.decode("utf-8", "replace").split()
    if len(words) < 2 or not words[-1].isdecimal():  # noqa: PLR2004 (a name and a time)
        return ""
    installed = int(words[-1])
    if installed < time.time() - _RECENT_SECONDS:
        return ""
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(installed))
    return (
        f"Another program installed {words[-2]} at {when}, and a package's own scripts change "
        "such files: that may be why."
    )


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
