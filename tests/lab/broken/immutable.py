"""The flag of chattr(1) that nobody may change a file, without chattr, which EL10's twin lacks."""

from __future__ import annotations

_PROGRAM = (
    "import fcntl, os, struct, sys\n"
    "for path in sys.argv[2:]:\n"
    "    one = os.open(path, os.O_RDONLY)\n"
    '    (flags,) = struct.unpack("l", fcntl.ioctl(one, 0x80086601, struct.pack("l", 0)))\n'
    '    flags = flags | 0x10 if sys.argv[1] == "+i" else flags & ~0x10\n'
    '    fcntl.ioctl(one, 0x40086602, struct.pack("l", flags))\n'
)


def immutable(*paths: str) -> str:
    """Set the flag of each path (ioctl_iflags(2))."""
    return f"python3 -c '{_PROGRAM}' +i {' '.join(paths)}"


def mutable(*paths: str) -> str:
    """Take the flag away."""
    return f"python3 -c '{_PROGRAM}' -i {' '.join(paths)}"
