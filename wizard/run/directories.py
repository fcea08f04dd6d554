"""Open the directories that a run writes to, only by paths that nobody else can redirect.

`wizard.host.ways` checks the paths.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from wizard.errors import Trouble
from wizard.host.ways import ADVICE, OTHERS_WRITE, explained, mount_of, open_way
from wizard.run import labels

__all__ = [
    "ADVICE",
    "Place",
    "close_to_others",
    "explained",
    "make_directory",
    "make_private",
    "missing_directories",
    "open_plain",
    "place",
    "remove_empty",
]


_labelled: set[tuple[str, int, int]] = set()
"""The private directories that this process has labelled. Some are needed for each file."""


@dataclass(frozen=True)
class Place:
    """A name in an open directory. `fd` is the directory, valid inside `place` only."""

    path: str
    fd: int
    name: str

    def beside(self, name: str) -> str:
        """Return a path to another name in the same directory, for calls that take no `dir_fd`."""
        return f"/proc/self/fd/{self.fd}/{name}"


@contextlib.contextmanager
def place(path: str, doing: str) -> Iterator[Place]:
    """Open the directory of `path` and yield its place.

    Raises Trouble on a relative path, and if `wizard.host.ways` refuses the path.
    """
    pure = PurePosixPath(path)
    if not pure.is_absolute() or ".." in pure.parts or not pure.name:
        raise Trouble(doing, f"{path!r} is no absolute path to a file", "Report this.")
    with open_way(str(pure.parent), doing) as reached:
        yield Place(path, reached.fd, pure.name)


def open_plain(at: Place, flags: int, mode: int, doing: str) -> int:
    """Open a file that is written in place, and return its descriptor.

    Raises OSError, and Trouble if it is not a regular file with one name in the directory's own
    mount. A FIFO would block us, and a second name or a mount leads the bytes elsewhere.
    """
    quiet = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
    fd = os.open(at.name, flags | quiet, mode, dir_fd=at.fd)
    try:
        _refuse_shifty(at, fd, doing)
    except BaseException:
        os.close(fd)
        raise
    return fd


def _refuse_shifty(at: Place, fd: int, doing: str) -> None:
    status = os.fstat(fd)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1 or mount_of(fd) != mount_of(at.fd):
        raise Trouble(
            doing,
            f"{at.path} is no plain file of its own",
            "Look with `ls -li` and `findmnt` what stands there, and move it away.",
        )


def make_private(path: Path) -> bool:
    """Make a 0700 directory, with its parents, each synced. Return False if it existed.

    Raises Trouble if it is a link, or if others own it or can write to it.
    """
    doing = f"making the directory {path}"
    if not path.parent.exists():
        make_private(path.parent)
    with place(str(path), doing) as at, explained(doing, path):
        made = True
        try:
            os.mkdir(at.name, 0o700, dir_fd=at.fd)
        except FileExistsError:
            _refuse_shared(at, doing)
            made = False
        # Also if it exists: a killed process may have done only the mkdir(2), and an earlier
        # version of the program set no labels.
        _label_once(at, made=made)
        if made:
            os.fsync(at.fd)
        return made


def _label_once(at: Place, *, made: bool) -> None:
    status = os.stat(at.name, dir_fd=at.fd, follow_symlinks=False)
    key = (at.path, status.st_dev, status.st_ino)
    if key in _labelled or not labels.are_enabled():
        return
    _labelled.add(key)
    try:
        labels.set_label(at.beside(at.name), at.path, labels.DIRECTORY)
    except OSError as error:
        if made:
            raise
        # Perhaps nothing is written there: `plan` works with a read-only /var.
        labels.complain(at.path, f"setting its SELinux label: {error.strerror}")


def close_to_others(path: str) -> None:
    """Take all rights on a file or directory of ours from group and others.

    Raises Trouble, also if it is a file that `open_plain` would refuse.
    """
    doing = f"closing {path} to others"
    with place(path, doing) as at, explained(doing, path):
        fd = os.open(
            at.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=at.fd
        )
        try:
            mode = os.fstat(fd).st_mode
            if not stat.S_ISDIR(mode):
                _refuse_shifty(at, fd, doing)
            if mode & (stat.S_IRWXG | stat.S_IRWXO):
                os.fchmod(fd, mode & stat.S_IRWXU)
        finally:
            os.close(fd)


def make_directory(path: str, mode: int) -> None:
    """Make a directory, synced, with `mode` without the bits that let others write.

    An existing directory only gets its label. Raises Trouble.
    """
    doing = f"making the directory {path}"
    with place(path, doing) as at, explained(doing, path):
        # With its mode at once: a kill before a chmod(2) would leave another mode for good.
        before = os.umask(0)
        try:
            os.mkdir(at.name, mode & ~OTHERS_WRITE, dir_fd=at.fd)
        except FileExistsError:
            status = os.stat(at.name, dir_fd=at.fd, follow_symlinks=False)
            if not stat.S_ISDIR(status.st_mode):
                raise
        finally:
            os.umask(before)
        # Also if it exists: a worker may have been killed between mkdir(2) and the label.
        labels.set_label(at.beside(at.name), path, labels.DIRECTORY)
        os.fsync(at.fd)


def missing_directories(paths: Iterable[str]) -> list[str]:
    """Return the missing directories of these paths, outermost first."""
    missing: dict[str, None] = {}
    for path in paths:
        above = []
        directory = os.path.dirname(path)  # noqa: PTH120 (a string)
        while not os.path.lexists(directory):
            above.append(directory)
            directory = os.path.dirname(directory)  # noqa: PTH120
        missing |= dict.fromkeys(reversed(above))
    return list(missing)


def remove_empty(path: str) -> bool:
    """Remove an empty directory. Return False if it is missing or not empty. Raises Trouble."""
    doing = f"removing the directory {path}"
    if not os.path.isdir(path):  # noqa: PTH112 (a string)
        return False
    with place(path, doing) as at, explained(doing, path):
        try:
            os.rmdir(at.name, dir_fd=at.fd)
        except OSError as error:
            if error.errno not in {errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT}:
                raise
            return False
        os.fsync(at.fd)
        return True


def _refuse_shared(at: Place, doing: str) -> None:
    status = os.stat(at.name, dir_fd=at.fd, follow_symlinks=False)
    if not stat.S_ISDIR(status.st_mode):
        raise Trouble(doing, f"{at.path} is no directory", "Look at it and move it away.")
    if status.st_uid != os.geteuid() or status.st_mode & OTHERS_WRITE:
        raise Trouble(
            doing,
            f"{at.path} belongs to or can be written by others",
            f"Look at what is in it, then: chown root {at.path}; chmod 0700 {at.path}",
        )
