"""The key of Spamhaus's Data Query Service, in a file that only root may read."""

from __future__ import annotations

import os
import re
import stat
from typing import Optional

from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.facts import DqsKey

LARGEST = 1024
"""Bytes; a key has 26."""

_KEY = re.compile(rb"[A-Za-z0-9]{16,63}")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_ADVICE = "write the key alone into it, `chown root:root {path}; chmod 600 {path}`"


def read_dqs_key(door: Door, path: str) -> DqsKey:
    """Read the key, and never anything that others may have read or written; never raises."""
    try:
        key, problem = _read(door, path)
    except (Trouble, OSError) as error:
        wrong = error.wrong if isinstance(error, Trouble) else error.strerror or str(error)
        key, problem = "", f"cannot be read: {wrong}"
    if problem:
        problem = f"{path} {problem}; {_ADVICE.format(path=path)}"
    return DqsKey(path, key, problem)


def _read(door: Door, path: str) -> tuple[str, str]:
    where = door.locate(path, follow=False)
    there = door.lstat(path)
    if there is None:
        return "", "is not there"
    if not stat.S_ISREG(there.st_mode):
        return "", "is no regular file (a link is none)"
    # What is looked at is what is read: the path may lead elsewhere a moment later.
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
    descriptor = os.open(where, flags)
    with os.fdopen(descriptor, "rb") as file:
        wrong = _unsafe(os.fstat(descriptor))
        data = b"" if wrong else file.read(LARGEST + 1)
    if wrong:
        return "", wrong
    line = data[:-1] if data.endswith(b"\n") else data
    if not _KEY.fullmatch(line):
        return "", "holds no key: 16 to 63 letters and digits on one line, and nothing else"
    return line.decode("ascii"), ""


def _unsafe(status: os.stat_result) -> Optional[str]:
    if not stat.S_ISREG(status.st_mode):
        return "is no regular file"
    if status.st_mode & _OTHERS:
        return f"may be used by others than root (mode {stat.S_IMODE(status.st_mode):04o})"
    if status.st_uid not in {0, os.geteuid()}:
        return "is not root's"
    if status.st_size > LARGEST:
        return f"is larger than {LARGEST} bytes"
    return None
