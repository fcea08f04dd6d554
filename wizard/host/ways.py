"""Open the directories of a path one by one, with the checks of the worker.

The worker writes through `open_way`, and a plan opens the same path before. So a path that a run
would refuse is an obstacle of its plan, not a failure of the run.

Each name is opened below its parent's descriptor (openat(2), O_NOFOLLOW), so that a link put there
between check and use has no effect. Augeas had both faults (CVE-2012-0786, CVE-2012-0787).
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
import struct
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from wizard.errors import Trouble, refused_access
from wizard.paths import LETSENCRYPT, LINEAGES

DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH

FOLLOWED = (LETSENCRYPT, "/etc/postfix", "/etc/pki", "/etc/dovecot")
"""Where root may have put a link, to move a directory to another disk. The wizard's own
directories are never links."""
NEVER_FOLLOWED = LINEAGES
"""Links in it are relative, and would lead elsewhere."""
MAX_LINKS = 8

_GETFLAGS = 0x40086601 if os.uname().machine.startswith(("ppc", "mips")) else 0x80086601
"""FS_IOC_GETFLAGS where a long has 64 bits (ioctl_iflags(2))."""
_FLAGS = {0x10: ("immutable", "i"), 0x20: ("append-only", "a")}

ADVICE: dict[int, str] = {
    errno.ENOSPC: "Make room there (df -h, df -i), then try again.",
    errno.EDQUOT: "Raise the quota or make room, then try again.",
    errno.EROFS: "Mount it writable, then try again.",
    errno.EIO: "The disk reports errors: look at `journalctl -k` before anything else.",
    errno.EACCES: "If SELinux refuses it: ausearch -m avc -ts recent",
    errno.EPERM: "Look for an immutable flag with lsattr, then try again.",
    errno.EBUSY: "Something is mounted there: look with findmnt.",
    errno.ELOOP: "A symbolic link stands there: name the place it leads to instead.",
    errno.ENOTDIR: "A part of that path is no directory, or a symbolic link: name the real place.",
    errno.ENOENT: "Make it, then try again.",
}
OTHER_ADVICE = "Set that right, then try again."


@contextlib.contextmanager
def explained(doing: str, path: object) -> Iterator[None]:
    """Turn an OSError into Trouble that names the path, the cause and what to do."""
    try:
        yield
    except OSError as error:
        cause = error.strerror or str(error)
        make = refused_access if isinstance(error, PermissionError) else Trouble
        raise make(doing, f"{path}: {cause}", ADVICE.get(error.errno or 0, OTHER_ADVICE)) from error


@dataclass(frozen=True)
class _Part:
    """A name on the path; `requested` is the path that the caller gave, "" after a link."""

    name: str
    requested: str


class _Way:
    """A walk down from a root directory, with a descriptor of the current directory."""

    def __init__(self, root: str, doing: str, *, rights: bool) -> None:
        self.real = "/"
        self._root, self._doing, self._rights = root, doing, rights
        self._links, self._link = 0, ""
        with explained(doing, root):
            self.fd = os.open(root, DIRECTORY)

    def close(self) -> None:
        os.close(self.fd)

    def follow(self, directory: str) -> bool:
        """Open each part. Return False if one does not exist; then its parent is current."""
        names = directory.strip("/").split("/") if directory.strip("/") else []
        parts = deque(
            _Part(name, "/" + "/".join(names[: count + 1])) for count, name in enumerate(names)
        )
        while parts:
            part = parts.popleft()
            if part.name == "..":
                parts.extendleft(_Part(one, "") for one in reversed(self.real.split("/")[1:-1]))
                self._restart()
            elif part.name not in {"", "."}:
                self.refuse_loose(last=False)
                if not self._enter(part, parts):
                    self._refuse_dangling(part)
                    return False
        return True

    def refuse_loose(self, *, last: bool) -> None:
        """Raise Trouble when other users than root can change entries of this directory."""
        if not self._rights:
            return  # the owners of a copied /etc are not those of its host
        status, path = os.fstat(self.fd), self.real
        if status.st_uid not in {0, os.geteuid()}:
            raise Trouble(
                self._doing, f"{path} belongs to another user than root", f"chown root {path}"
            )
        # In a sticky directory nobody can move files of other users. So /tmp may be on the path, and
        # the file itself may be in a group's directory, such as EL's /var/named of named.
        sticky = bool(status.st_mode & stat.S_ISVTX)
        loose = stat.S_IWOTH if sticky and last else 0 if sticky else OTHERS_WRITE
        if status.st_mode & loose:
            raise Trouble(
                self._doing, f"{path} can be written by others than root", f"chmod go-w {path}"
            )

    def _restart(self) -> None:
        os.close(self.fd)
        self.fd, self.real = os.open(self._root, DIRECTORY), "/"

    def _enter(self, part: _Part, rest: deque[_Part]) -> bool:
        here = part.requested or f"{self.real.rstrip('/')}/{part.name}"
        with explained(self._doing, here):
            try:
                inner = os.open(part.name, DIRECTORY, dir_fd=self.fd)
            except FileNotFoundError:
                return False
            except NotADirectoryError as error:
                target = self._target(part.name)
                if target is None:
                    wrong = f"{here} is not a directory"
                    raise Trouble(
                        self._doing, wrong, f"Look at {here} and move it away."
                    ) from error
                self._take_link(part, here, target)
                rest.extendleft(_Part(one, "") for one in reversed(target.split("/")))
                if target.startswith("/"):
                    self._restart()
                return True
        os.close(self.fd)
        self.fd, self.real = inner, f"{self.real.rstrip('/')}/{part.name}"
        return True

    def _refuse_dangling(self, part: _Part) -> None:
        """Raise Trouble when a link's target does not exist: no directory is made below a link."""
        if not part.requested:
            wrong = f"{self._link} leads to {self.real.rstrip('/')}/{part.name}, which is not there"
            raise Trouble(self._doing, wrong, "Make that directory, or remove the link.")

    def _target(self, name: str) -> Optional[str]:
        try:
            return os.readlink(name, dir_fd=self.fd)
        except OSError as error:
            if error.errno == errno.EINVAL:
                return None
            raise

    def _take_link(self, part: _Part, here: str, target: str) -> None:
        self._links += 1
        self._link = f"{here} is a symbolic link to {target}, and"
        status = os.stat(part.name, dir_fd=self.fd, follow_symlinks=False)
        if self._rights and status.st_uid not in {0, os.geteuid()}:
            raise Trouble(
                self._doing, f"{here} is a symbolic link of another user", f"chown -h root {here}"
            )
        if self._links > MAX_LINKS or (part.requested and not _may_be_a_link(part.requested)):
            raise Trouble(
                self._doing,
                f"{here} is a symbolic link to {target}, which a run does not follow",
                f"Mount the directory there instead: rm {here} && mkdir {here} && "
                f"mount --bind {target} {here} (and a line in /etc/fstab)",
            )


def _may_be_a_link(path: str) -> bool:
    return _is_in(path, FOLLOWED) and not _is_in(path, (NEVER_FOLLOWED,))


def _is_in(path: str, directories: tuple[str, ...]) -> bool:
    return any(path == one or path.startswith(f"{one}/") for one in directories)


@dataclass(frozen=True)
class Reached:
    """The reached directory: its descriptor, and its path without links.

    `is_all` is False if the next directory on the path does not exist.
    """

    fd: int
    path: str
    is_all: bool


@contextlib.contextmanager
def open_way(
    directory: str, doing: str, *, root: str = "/", rights: bool = True, partly: bool = False
) -> Iterator[Reached]:
    """Open the path to a directory below `root`, and yield the reached directory.

    Raises Trouble for a link that is not followed, for another user's directory, and for one that
    others may write to. A group may write to a sticky one, where only root can replace root's
    files. Links of root's are followed in `FOLLOWED`. With `partly` a missing directory is no
    error: the nearest existing one is reached. Without `rights`, owners and modes are not checked.
    """
    way = _Way(root, doing, rights=rights)
    try:
        with explained(doing, directory):
            there = way.follow(directory)
            if not there and not partly:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        way.refuse_loose(last=there)
        yield Reached(way.fd, way.real, there)
    finally:
        way.close()


def locked(fd: int) -> str:
    """Return `immutable` or `append-only` with the option of chattr(1) that lifts it, else ""."""
    try:
        data = fcntl.ioctl(fd, _GETFLAGS, bytes(8))
    except OSError:
        return ""  # not every file system has flags
    (flags,) = struct.unpack("=I", data[:4])
    return next(
        (f"{name} (chattr -{key})" for bit, (name, key) in _FLAGS.items() if flags & bit), ""
    )


def mount_of(fd: int) -> str:
    """Return the ID of a descriptor's mount (proc(5)), "" if the kernel does not report it."""
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/self/fdinfo/{fd}").read_text(encoding="ascii").splitlines()
        return next((line for line in lines if line.startswith("mnt_id:")), "")
    return ""
