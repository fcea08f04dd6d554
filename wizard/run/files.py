"""Replace files whole or not at all, and copy originals once.

The new text goes to a temporary file in the same directory. It gets the owner, mode, ACL and
extended attributes of the old file and the SELinux label of its final path. It is synced and
renamed over the old one, and the directory is synced (rename(2), fsync(2), xattr(7), acl(5)). A
failure before the rename changes nothing, and the temporary file is removed.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Optional, Union

from wizard.errors import Trouble
from wizard.plan.files import sha256
from wizard.run import labels
from wizard.run.directories import Place, explained, open_plain, place

MARK = ".postfix-wizard-"
"""A temporary name is `.NAME`, this mark and 16 hex digits."""
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
ACL = "system.posix_acl_access"
_KERNELS_OWN = frozenset({"security.ima", "security.evm"})
"""Attributes that sign the old bytes. The kernel makes new ones."""


@dataclass(frozen=True)
class Metadata:
    """Owner, permissions, times (ns since the epoch) and extended attributes of a file."""

    uid: int
    gid: int
    mode: int
    atime_ns: int
    mtime_ns: int
    xattrs: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True)
class FileSnapshot:
    """A file as it was read. `identity` is its device, inode, size and time (ns)."""

    path: str
    text: bytes
    metadata: Metadata
    identity: tuple[int, int, int, int]

    @property
    def sha256(self) -> str:
        """The hash of its bytes, in hex."""
        return sha256(self.text)


Existing = Union[FileSnapshot, str, None]
"""What is at a path: a file, a symbolic link (its target), or nothing."""


def read(path: str) -> Optional[FileSnapshot]:
    """Return a file as it is, None if there is none.

    Raises Trouble on a symbolic link, a hard-linked or special file, or an unsafe parent.
    """
    doing = f"reading {path}"
    with place(path, doing) as at:
        return _read(at, doing)


def _read(at: Place, doing: str) -> Optional[FileSnapshot]:
    with explained(doing, at.path):
        try:
            fd = os.open(at.name, _READ, dir_fd=at.fd)
        except FileNotFoundError:
            return None
        try:
            status = os.fstat(fd)
            _refuse_odd(at.path, status, doing)
            parts = iter(lambda: os.read(fd, 1 << 20), b"")
            text = b"".join(parts)
            return FileSnapshot(at.path, text, _metadata(fd, status), _identity(status))
        finally:
            os.close(fd)


def _refuse_odd(path: str, status: os.stat_result, doing: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise Trouble(
            doing, f"{path} is no regular file", f"Look with `ls -ld {path}` and move it away."
        )
    if status.st_nlink > 1:
        raise Trouble(
            doing,
            f"{path} has {status.st_nlink} names (hard links), and only one would change",
            f"Find the others with `find / -xdev -samefile {path}`, then remove them or copy it.",
        )


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def _metadata(fd: int, status: os.stat_result) -> Metadata:
    try:
        names = os.listxattr(fd)
    except OSError as error:
        if error.errno != errno.ENOTSUP:
            raise
        names = []
    return Metadata(
        status.st_uid,
        status.st_gid,
        stat.S_IMODE(status.st_mode),
        status.st_atime_ns,
        status.st_mtime_ns,
        tuple((name, os.getxattr(fd, name)) for name in names if name not in _KERNELS_OWN),
    )


def replace(
    path: str,
    text: bytes,
    current: Optional[FileSnapshot],
    *,
    mode: int = 0o644,
    mtime_ns: Optional[int] = None,
) -> None:
    """Put `text` at `path` atomically.

    `current` is what `read` returned for the path, None for no file. It must still be there, and
    the new file gets its owner, mode and attributes. Without one, the file is root's with `mode`.
    `mtime_ns` is the new file's time. Raises Trouble; then the old file is unchanged.
    """
    doing = f"replacing {path}" if current else f"making {path}"
    with place(path, doing) as at, explained(doing, path):
        _sweep(at)
        with _temporary(at) as (fd, temporary):
            _fill(
                fd, path, text, current.metadata if current else None, mode=mode, mtime_ns=mtime_ns
            )
            _refuse_changed(at, current, doing)
            os.rename(temporary, at.name, src_dir_fd=at.fd, dst_dir_fd=at.fd)
        os.fsync(at.fd)


def restore(path: str, text: bytes, like: Metadata, existing: Existing) -> None:
    """Put saved bytes back with their metadata, in place of `existing`. Raises Trouble."""
    doing = f"putting {path} back"
    with place(path, doing) as at, explained(doing, path):
        _sweep(at)
        with _temporary(at) as (fd, temporary):
            _fill(fd, path, text, like, mode=like.mode, mtime_ns=like.mtime_ns)
            _refuse_changed(at, existing, doing)
            os.rename(temporary, at.name, src_dir_fd=at.fd, dst_dir_fd=at.fd)
        os.fsync(at.fd)


def touch(path: str) -> None:
    """Set a file's time to now. Raises Trouble, also if it is not a regular file."""
    doing = f"setting the time of {path}"
    with place(path, doing) as at, explained(doing, path):
        fd = open_plain(at, os.O_RDONLY, 0, doing)
        try:
            os.utime(fd)
        finally:
            os.close(fd)


def remove(path: str, existing: Existing) -> None:
    """Remove the file or link `existing`. Raises Trouble, also if something else is there."""
    doing = f"removing {path}"
    with place(path, doing) as at, explained(doing, path):
        _sweep(at)
        _refuse_changed(at, existing, doing)
        os.unlink(at.name, dir_fd=at.fd)
        os.fsync(at.fd)


def keep_original(path: str, original: str, current: FileSnapshot) -> bool:
    """Copy a file once: make `original` of `current`, which was read from `path`.

    Return False if `original` exists. The copy is complete and synced before link(2) gives it its
    name, and link(2) never replaces a file. It has the same owner, mode, times and attributes.
    Raises Trouble if something else than a file has the name.
    """
    doing = f"keeping {path} as {original}"
    with place(original, doing) as at, explained(doing, original):
        _sweep(at)
        if _read(at, doing) is not None:
            return False
        with _temporary(at) as (fd, temporary):
            _fill(fd, original, current.text, current.metadata, mode=current.metadata.mode)
            times = (current.metadata.atime_ns, current.metadata.mtime_ns)
            os.utime(fd, ns=times)
            os.fsync(fd)
            made = _named(at, temporary)
        os.fsync(at.fd)
        return made


def _named(at: Place, temporary: str) -> bool:
    """Give a temporary file its name by link(2). Return False if the name exists."""
    try:
        os.link(temporary, at.name, src_dir_fd=at.fd, dst_dir_fd=at.fd, follow_symlinks=False)
    except FileExistsError:
        return False
    finally:
        os.unlink(temporary, dir_fd=at.fd)
    return True


def make_once(path: str, text: bytes, *, mode: int) -> bool:
    """Make a file of root's that is never there in part. Return False if it exists.

    Several processes may do so at once: flock(2) of the directory lets one after the other. So the
    file never has two names, and a temporary name is always of a killed one. Raises Trouble.
    """
    doing = f"making {path}"
    with place(path, doing) as at, explained(doing, path):
        fcntl.flock(at.fd, fcntl.LOCK_EX)
        _sweep(at)
        if _read(at, doing) is not None:
            return False
        with _temporary(at) as (fd, temporary):
            _fill(fd, path, text, None, mode=mode)
            os.rename(temporary, at.name, src_dir_fd=at.fd, dst_dir_fd=at.fd)
        os.fsync(at.fd)
        return True


def make_by(path: str, write: Callable[[str], None], *, uid: int, gid: int) -> bool:
    """Make a file whose bytes another program writes, readable by `uid` alone (0600).

    `write` gets the path of an empty file (0600) in the same directory, and is called only if there
    is nothing at `path`. Return False if there is a file. The bytes are never read here. Raises
    Trouble.
    """
    doing = f"making {path}"
    with place(path, doing) as at, explained(doing, path):
        _sweep(at)
        if _seen(at, doing) is not None:
            return False
        with _temporary(at) as (fd, temporary):
            write(str(PurePosixPath(path).with_name(temporary)))
            if os.fstat(fd).st_size == 0:
                raise Trouble(doing, "the program wrote nothing into it", "Try again.")
            os.fchown(fd, uid, gid)
            os.fchmod(fd, 0o600)
            labels.set_label(fd, path, labels.FILE, None)
            os.fsync(fd)
            made = _named(at, temporary)
        os.fsync(at.fd)
        return made


def make_link(path: str, target: str, existing: Existing) -> None:
    """Make `path` a symbolic link to `target`, in place of `existing`. Raises Trouble."""
    doing = f"linking {path} to {target}"
    with place(path, doing) as at, explained(doing, path):
        _sweep(at)
        temporary = _temporary_name(at)
        os.symlink(target, temporary, dir_fd=at.fd)
        with _removed_on_failure(at, temporary):
            labels.set_label(at.beside(temporary), path, labels.LINK)
            _refuse_changed(at, existing, doing)
            os.rename(temporary, at.name, src_dir_fd=at.fd, dst_dir_fd=at.fd)
        os.fsync(at.fd)


def _refuse_changed(at: Place, existing: Existing, doing: str) -> None:
    expected = existing.identity if isinstance(existing, FileSnapshot) else existing
    if _seen(at, doing) != expected:
        raise Trouble(
            doing,
            f"{at.path} changed at this very moment",
            "Find out what else writes it, then make the plan again.",
        )


def _seen(at: Place, doing: str) -> Union[tuple[int, int, int, int], str, None]:
    try:
        status = os.stat(at.name, dir_fd=at.fd, follow_symlinks=False)
    except FileNotFoundError:
        return None
    if stat.S_ISLNK(status.st_mode):
        return os.readlink(at.name, dir_fd=at.fd)
    _refuse_odd(at.path, status, doing)
    return _identity(status)


@contextlib.contextmanager
def _temporary(at: Place) -> Iterator[tuple[int, str]]:
    name = _temporary_name(at)
    fd = os.open(name, _CREATE, 0o600, dir_fd=at.fd)
    try:
        with _removed_on_failure(at, name):
            yield fd, name
    finally:
        os.close(fd)


def _temporary_name(at: Place) -> str:
    return f".{at.name}{MARK}{os.urandom(8).hex()}"


@contextlib.contextmanager
def _removed_on_failure(at: Place, name: str) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name, dir_fd=at.fd)
        raise


def leftovers(path: str) -> tuple[str, ...]:
    """Return the temporary names of `path` from a killed worker, none if it is unreadable."""
    try:
        with place(path, f"looking beside {path}") as at:
            return tuple(_temporary_names(at))
    except (Trouble, OSError):
        return ()


def sweep(path: str) -> None:
    """Remove the temporary names of `path` from a killed worker. Raises Trouble.

    After a kill right after link(2), such a name is a second name of the original itself.
    """
    doing = f"tidying up beside {path}"
    with place(path, doing) as at, explained(doing, path):
        _sweep(at)


def _sweep(at: Place) -> None:
    # They come from a worker that was killed before its rename. Only root could make such a name.
    for name in _temporary_names(at):
        os.unlink(name, dir_fd=at.fd)


def _temporary_names(at: Place) -> list[str]:
    prefix = f".{at.name}{MARK}"
    return [name for name in os.listdir(at.fd) if name.startswith(prefix)]  # noqa: PTH208 (a descriptor)


def _fill(
    fd: int,
    path: str,
    text: bytes,
    like: Optional[Metadata],
    *,
    mode: int,
    mtime_ns: Optional[int] = None,
) -> None:
    rest = memoryview(text)
    while rest:
        rest = rest[os.write(fd, rest) :]
    if like is not None:
        os.fchown(fd, like.uid, like.gid)
    # After chown, which clears setuid; before the ACL, whose mask is the mode's group part.
    os.fchmod(fd, like.mode if like is not None else mode)
    attributes = dict(like.xattrs) if like is not None else {}
    former = attributes.pop(labels.ATTRIBUTE, None)
    if like is not None:
        _copy_attributes(fd, attributes)
    labels.set_label(fd, path, labels.FILE, former)
    if mtime_ns is not None:
        os.utime(fd, ns=(mtime_ns, mtime_ns))
    os.fsync(fd)


def _copy_attributes(fd: int, wanted: dict[str, bytes]) -> None:
    try:
        present = {name: os.getxattr(fd, name) for name in os.listxattr(fd)}
    except OSError as error:
        if error.errno != errno.ENOTSUP:
            raise
        present = {}
    for name, value in wanted.items():
        if present.get(name) != value:
            os.setxattr(fd, name, value)
    # A new file gets the directory's default ACL, which the old one did not have.
    if ACL in present and ACL not in wanted:
        os.removexattr(fd, ACL)
