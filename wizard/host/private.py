"""A private directory for temporary files that is removed however this process ends.

A `finally` does not run on SIGTERM, SIGKILL, or SIGHUP after a lost connection. Signal handlers do
not work in a thread, where the screens read the host. So there is a guard process: it waits until
all other ends of a pipe are closed, and then removes the directory. It has a session of its own,
so that the terminal's signals do not reach it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from wizard.caller import ADVICE, TEMPORARY, temporary_directories
from wizard.environment import child_environment
from wizard.errors import Trouble

_GUARD = """\
import os, shutil, sys
os.chdir("/")
sys.stdin.buffer.read()
for place in sys.argv[1:]:
    shutil.rmtree(place, ignore_errors=True)
"""

PATIENCE = 5.0
"""Seconds to wait for the guard, so that the directory is usually gone when we continue."""

WITH_US = ("setpriv", "--pdeathsig", "TERM")
"""setpriv(1): the first words of a command that must end with this process."""


@contextlib.contextmanager
def private_directory(doing: str) -> Iterator[Path]:
    """Make a directory (0700) in the first safe place, and remove it at the end.

    Child processes inherit the guard's pipe, so that none of them writes while the directory is
    removed. Raises Trouble, which begins with `doing`, when no directory can be made.
    """
    name = f"postfix-wizard-{secrets.token_hex(8)}"
    places = [Path(parent, name) for parent in temporary_directories(os.geteuid())]
    if not places:
        wrong = f"other users can change {', '.join(TEMPORARY)}, or a directory above"
        raise Trouble(doing, wrong, ADVICE)
    ours, guards = None, None
    try:
        guards, ours = os.pipe()
        os.set_inheritable(ours, True)
        # First the guard, then the directory, so that there is always a process to remove it.
        guard = subprocess.Popen(
            (sys.executable, "-I", "-S", "-c", _GUARD, *map(str, places)),
            stdin=guards,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=child_environment(),
            start_new_session=True,
        )
    except OSError as error:
        if ours is not None:
            os.close(ours)
        raise Trouble(doing, f"starting a process: {error}", "End other programs.") from error
    finally:
        if guards is not None:
            os.close(guards)
    place = places[-1]
    try:
        place = _made(places)
        yield place
    except OSError as error:
        raise Trouble(
            doing, str(error), f"Set {place.parent} right (`df -h`, `ls -ld`)."
        ) from error
    finally:
        os.close(ours)
        # A daemon that dnf started may have the pipe open. The guard waits for it; we do not.
        with contextlib.suppress(subprocess.TimeoutExpired):
            guard.wait(timeout=PATIENCE)


def _made(places: Sequence[Path]) -> Path:
    """Make the first of these directories that can be made. Raises OSError when none can."""
    for place in places[:-1]:
        with contextlib.suppress(OSError):
            place.mkdir(mode=0o700)
            return place
    places[-1].mkdir(mode=0o700)
    return places[-1]
