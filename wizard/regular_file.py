"""Read one regular file with a limit, and say why a path of the host cannot be read."""

from __future__ import annotations

import errno
import os
import stat
from typing import BinaryIO

from wizard.errors import Trouble, refused_access

LARGEST = 64 * 1024 * 1024
"""Bytes: no file that the wizard reads is larger. A million senders take 30 MB."""

PIECE = 1024 * 1024
"""Bytes that are read at once."""

ADVICE = {
    errno.EACCES: "If SELinux refuses it: ausearch -m avc -ts recent",
    errno.EPERM: "If SELinux refuses it: ausearch -m avc -ts recent",
    errno.ELOOP: "Its symbolic links lead round in a circle: look with `namei -l`.",
    errno.EIO: "The disk cannot be read: look at `journalctl -k`.",
    errno.EMFILE: "Too many files are open: end other programs and try again.",
    errno.ENFILE: "Too many files are open: end other programs and try again.",
    errno.ENOMEM: "The memory is used up: end other programs and try again.",
    errno.EAGAIN: "No further process can be started: end other programs and try again.",
}
OTHER_ADVICE = "Set that right and try again."


def read_at_most(file: BinaryIO, most: int) -> bytes:
    """Read to the end, or `most` bytes. One read(2) of `most` bytes would allocate all of them."""
    pieces: list[bytes] = []
    size = 0
    while size < most:
        piece = file.read(min(PIECE, most - size))
        if not piece:
            break
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)


def _no_file(shown: str) -> Trouble:
    return Trouble(
        f"reading {shown}",
        "something else than a file stands there",
        f"Look with `ls -ld {shown}` and move it away.",
    )


def nul_trouble(doing: str, path: str) -> Trouble:
    """Return the error for a path with a NUL byte, which no file has (path_resolution(7))."""
    return Trouble(f"{doing} {path!a}", "no path has a NUL byte", "Correct what names it.")


def read_regular(path: str, shown: str) -> bytes:
    """Return a file's bytes. Raises Trouble where it is too large, or is not a regular file.

    `shown` is its path as the host itself sees it.
    """
    # Opening a device may do what it is for, such as arming a watchdog. So the type comes first.
    if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 (strings suffice)
        raise _no_file(shown)
    # O_NONBLOCK: opening a FIFO that another user put at the path must not block.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise _no_file(shown)
        # A file that is too large already is not read at all; another one may grow meanwhile.
        if status.st_size <= LARGEST:
            with open(descriptor, "rb", closefd=False) as file:
                data = read_at_most(file, LARGEST + 1)
            if len(data) <= LARGEST:
                return data
        raise Trouble(
            f"reading {shown}",
            f"it is larger than {LARGEST} bytes",
            "Look at what it holds; the wizard has no use for such a file.",
        )
    finally:
        os.close(descriptor)


def path_trouble(doing: str, path: str, error: OSError) -> Trouble:
    """Return the error for a path: what the kernel said, and what to do.

    It is PermissionTrouble for a user that may not read it.
    """
    advice = ADVICE.get(error.errno or 0, OTHER_ADVICE)
    make = refused_access if isinstance(error, PermissionError) else Trouble
    return make(f"{doing} {path}", error.strerror or str(error), advice)
