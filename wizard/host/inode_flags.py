"""Read the flags of a directory or file that chattr(1) sets (ioctl_iflags(2))."""

from __future__ import annotations

import fcntl
import os
import struct

_GET = (2 << 30) | (struct.calcsize("l") << 16) | (ord("f") << 8) | 1
"""FS_IOC_GETFLAGS, which reads."""
_FLAGS = ((0x10, "immutable", "i"), (0x20, "append-only", "a"))


def frozen(path: str) -> tuple[str, str]:
    """Return why nobody may change what is there, and chattr's letter for it; ("", "") for no reason.

    A link is not followed. A file system without these flags freezes nothing.
    """
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY | os.O_NOFOLLOW
    try:
        descriptor = os.open(path, flags)
    except OSError:
        return "", ""
    try:
        answer = fcntl.ioctl(descriptor, _GET, struct.pack("l", 0))
    except OSError:
        return "", ""
    finally:
        os.close(descriptor)
    found = struct.unpack("l", answer)[0]
    return next(((word, letter) for bit, word, letter in _FLAGS if found & bit), ("", ""))
