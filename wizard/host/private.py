"""A private directory for what is only looked at, which goes however this process ends.

A `finally` does not run on SIGTERM, on SIGHUP as a lost connection sends it, or on SIGKILL, and
signal handlers are not to be had in a thread, where the screens read the host. So a guard
stands by: a process of its own that waits until nobody holds a pipe any more and then removes
the directory. It is in a session of its own, out of reach of the terminal's signals.
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
"""Seconds to wait for the guard's work, so that usually nothing is left when we go on."""

WITH_US = ("setpriv", "--pdeathsig", "TERM")
"""setpriv(1): what begins a command that must not outlive us."""


@contextlib.contextmanager
def private_directory(doing: str) -> Iterator[Path]:
    """Make a directory of ours alone (0700) in the first safe place, and remove it in the end.

    Children started meanwhile hold the guard's pipe as well, so that none of them writes into
    what is being removed. Raises Trouble, which begins with `doing`, where it cannot be made.
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
        # First the guard, then the directory: there is no moment at which none would remove it.
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
        # A daemon that dnf left behind may hold the pipe: the guard outlasts it, we need not.
        with contextlib.suppress(subprocess.TimeoutExpired):
            guard.wait(timeout=PATIENCE)


def _made(places: Sequence[Path]) -> Path:
    """Make the first of these directories that can be made. Raises OSError where none can."""
    for place in places[:-1]:
        with contextlib.suppress(OSError):
            place.mkdir(mode=0o700)
            return place
    places[-1].mkdir(mode=0o700)
    return places[-1]
