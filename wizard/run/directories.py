"""Ways to a file that nobody else can bend: directories opened one by one, links refused.

Every name is opened below its parent's descriptor (openat(2), O_NOFOLLOW), so that a link put
there between look and use changes nothing. Augeas was bitten by both (CVE-2012-0786, -0787).
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

DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH

ADVICE: dict[int, str] = {
    errno.ENOSPC: "Make room there (df -h, df -i), then try again.",
    errno.EDQUOT: "Raise the quota or make room, then try again.",
    errno.EROFS: "Mount it writable, then try again.",
    errno.EIO: "The disk reports errors: look at `journalctl -k` before anything else.",
    errno.EACCES: "Run this as root; if you do, SELinux refuses it: ausearch -m avc -ts recent",
    errno.EPERM: "Look for an immutable flag with lsattr, then try again.",
    errno.EBUSY: "Something is mounted there: look with findmnt.",
    errno.ELOOP: "A symbolic link stands there: name the place it leads to instead.",
    errno.ENOTDIR: "A part of that path is no directory, or a symbolic link: name the real place.",
    errno.ENOENT: "Make it, then try again.",
}
OTHER_ADVICE = "Set that right, then try again."


@dataclass(frozen=True)
class Place:
    """A name in an open directory: `fd` is the directory, valid inside `place` only."""

    path: str
    fd: int
    name: str


@contextlib.contextmanager
def explained(doing: str, path: object) -> Iterator[None]:
    """Turn an OSError into Trouble that names the path, the cause and what to do."""
    try:
        yield
    except OSError as error:
        cause = error.strerror or str(error)
        raise Trouble(doing, f"{path}: {cause}", ADVICE.get(error.errno or 0, OTHER_ADVICE)) from (
            error
        )


@contextlib.contextmanager
def place(path: str, doing: str) -> Iterator[Place]:
    """Open the way to `path` and hand over its place.

    Raises Trouble on a relative path, a symbolic link or a stranger's directory on the way, and
    on a parent that others may write in; a group may in a sticky one, where the
    file is still root's alone to replace.
    """
    pure = PurePosixPath(path)
    if not pure.is_absolute() or ".." in pure.parts or not pure.name:
        raise Trouble(doing, f"{path!r} is no absolute path to a file", "Report this.")
    with explained(doing, path):
        fd = os.open("/", DIRECTORY)
    try:
        here = "/"
        for part in pure.parts[1:-1]:
            _refuse_loose(fd, here, doing, last=False)
            here = f"{here.rstrip('/')}/{part}"
            with explained(doing, here):
                inner = os.open(part, DIRECTORY, dir_fd=fd)
            os.close(fd)
            fd = inner
        _refuse_loose(fd, here, doing, last=True)
        yield Place(path, fd, pure.name)
    finally:
        os.close(fd)


def _refuse_loose(fd: int, path: str, doing: str, *, last: bool) -> None:
    status = os.fstat(fd)
    if status.st_uid not in {0, os.geteuid()}:
        raise Trouble(doing, f"{path} belongs to another user", f"chown root {path}")
    # In a sticky directory nobody can move what is another's. So /tmp may lie on the way, and the
    # file itself may stand where a group writes too, as EL's /var/named is for named.
    sticky = bool(status.st_mode & stat.S_ISVTX)
    loose = stat.S_IWOTH if sticky and last else 0 if sticky else _OTHERS_WRITE
    if status.st_mode & loose:
        raise Trouble(doing, f"{path} can be written by others than root", f"chmod go-w {path}")


def open_plain(at: Place, flags: int, mode: int, doing: str) -> int:
    """Open a file that is written in place, and return its descriptor; raises OSError, Trouble.

    What is not one plain file with one name, in the directory's own mount, is refused: a FIFO
    would hold us, and what is written would land elsewhere.
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
    if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1 or _mount(fd) != _mount(at.fd):
        raise Trouble(
            doing,
            f"{at.path} is no plain file of its own",
            "Look with `ls -li` and `findmnt` what stands there, and move it away.",
        )


def _mount(fd: int) -> str:
    """Return the ID of the mount that a descriptor is in (proc(5)), "" where it is not told."""
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/self/fdinfo/{fd}").read_text(encoding="ascii").splitlines()
        return next((line for line in lines if line.startswith("mnt_id:")), "")
    return ""


def make_private(path: Path) -> bool:
    """Make a 0700 directory, its parents too, each synced; False when it was there.

    Raises Trouble when what is there is a link, another's, or open to others.
    """
    doing = f"making the directory {path}"
    if not path.parent.exists():
        make_private(path.parent)
    with place(str(path), doing) as at, explained(doing, path):
        try:
            os.mkdir(at.name, 0o700, dir_fd=at.fd)
        except FileExistsError:
            _refuse_shared(at, doing)
            return False
        os.fsync(at.fd)
        return True


def make_directory(path: str, mode: int) -> None:
    """Make a directory, synced, with `mode` less what lets others write. Raises Trouble.

    One that stands there is left as it is.
    """
    doing = f"making the directory {path}"
    with place(path, doing) as at, explained(doing, path):
        # With its mode at once: killed before a chmod(2), it would keep another one for good.
        before = os.umask(0)
        try:
            os.mkdir(at.name, mode & ~_OTHERS_WRITE, dir_fd=at.fd)
        except FileExistsError:
            status = os.stat(at.name, dir_fd=at.fd, follow_symlinks=False)
            if not stat.S_ISDIR(status.st_mode):
                raise
            return
        finally:
            os.umask(before)
        os.fsync(at.fd)


def missing_directories(paths: Iterable[str]) -> list[str]:
    """Return the directories that these paths need and that are not there, outermost first."""
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
    """Remove a directory where it is there and empty; whether that was so. Raises Trouble."""
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
    if status.st_uid != os.geteuid() or status.st_mode & _OTHERS_WRITE:
        raise Trouble(
            doing,
            f"{at.path} belongs to or can be written by others",
            f"Look at what is in it, then: chown root {at.path}; chmod 0700 {at.path}",
        )
