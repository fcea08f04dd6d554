"""Protect root's program from its caller: clean the environment, choose safe directories.

A shell of another user can carry TMPDIR, OPENSSL_CONF, SSLKEYLOGFILE or TEXTUAL_DRIVER into a
program of root's, and each of them makes root write or execute what that user wants. So root's
program takes over only the few variables below, and temporary files go to a fixed list of
directories. A directory is used only if nobody else can change it or a directory above it.

The one file has a copy of this module next to its start, for the time before it is unpacked. So
nothing of ours is imported here, and little else.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, MutableMapping

FROM_CALLER = frozenset(
    {
        *("TERM", "COLORTERM", "NO_COLOR", "COLUMNS", "LINES"),  # how a terminal is written to
        *("SUDO_USER", "SUDO_UID", "SSH_CONNECTION"),  # who it is, for the record
    }
)
"""The variables that root's program takes from its caller."""
OWN = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8"}

TEMPORARY = ("/tmp", "/run", "/var/lib")  # noqa: S108 (used only if it is safe)
"""Where temporary files may go, the best first."""
ADVICE = "Look with `ls -ld / /tmp /run`: `chown root /tmp; chmod 1777 /tmp` makes /tmp safe."
MAX_LINKS = 40
"""As many as path_resolution(7) follows."""

UMASK = 0o022
"""Set for root's program: with the caller's umask, files may be open to all, or to nobody."""

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def clean(environment: MutableMapping[str, str], user: int) -> None:
    """For root (`user` 0) remove all other variables than FROM_CALLER, and set OWN and the umask."""
    if user == 0:
        os.umask(UMASK)
        for name in [*environment]:
            if name not in FROM_CALLER:
                del environment[name]
        environment.update(OWN)


def temporary_directories(user: int) -> tuple[str, ...]:
    """Return the directories for temporary files that are safe for a user; perhaps none."""
    return tuple(path for path in TEMPORARY if is_safe(path, user))


def is_safe(path: str, user: int) -> bool:
    """True if only root and `user` can change the directory at `path` and those above it.

    A sticky directory of root's is safe too: there nobody can move files of other users. A link
    is followed if its own directory is safe; then its target is checked in the same way.
    """
    for _ in range(MAX_LINKS):
        try:
            for part in _parts(os.path.normpath(path)):
                status = os.lstat(part)
                if status.st_uid not in {0, user}:
                    return False
                if stat.S_ISLNK(status.st_mode):
                    beyond = os.path.normpath(path)[len(part) :]
                    target = os.readlink(part)
                    if "/.." in target.lstrip("./"):
                        return False  # behind another link, ".." is not what its name says
                    path = os.path.join(os.path.dirname(part), target) + beyond
                    break
                is_loose = status.st_mode & _OTHERS_WRITE and not status.st_mode & stat.S_ISVTX
                if is_loose or not stat.S_ISDIR(status.st_mode):
                    return False
            else:
                return True
        except OSError:
            return False
    return False


def _parts(path: str) -> Iterator[str]:
    """Yield each directory above an absolute path, from / on, and the path itself."""
    yield "/"
    at = path.find("/", 1)
    while at > 0:
        yield path[:at]
        at = path.find("/", at + 1)
    if path != "/":
        yield path
