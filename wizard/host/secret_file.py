"""Read a secret from a file that only root may read, with the secret as its only line."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from typing import Optional

from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.facts import Secret

LARGEST = 1024
"""Bytes; keys and passwords are shorter."""

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_ADVICE = "write the {what} alone into it, `chown root:root {path}; chmod 600 {path}`"


@dataclass(frozen=True)
class SecretKind:
    """A kind of secret: `what` names it; its line must match `form`, which `is_so` describes."""

    what: str
    form: re.Pattern[bytes]
    is_so: str

    def wrong(self, line: bytes) -> str:
        """Return why a line is not such a secret, "" if it is one."""
        if not self.form.fullmatch(line):
            return f"holds no {self.what}: {self.is_so}"
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            return "is not UTF-8"
        return ""


DQS_KEY = SecretKind(
    "key",
    re.compile(rb"[A-Za-z0-9]{16,63}"),
    "16 to 63 letters and digits on one line, and nothing else",
)
"""The key of Spamhaus's Data Query Service."""
RELAY_PASSWORD = SecretKind(
    "password",
    re.compile(rb"[^\x00-\x20\x7f](?:[^\x00-\x1f\x7f]{0,253}[^\x00-\x20\x7f])?"),
    "1 to 255 bytes on one line, without a control character, and no blank at either end, which "
    "postmap would drop",
)


def read_secret(door: Door, path: str, kind: SecretKind) -> Secret:
    """Read the secret, unless other users can read or write its file. Never raises."""
    try:
        secret, problem = _read(door, path, kind)
    except (Trouble, OSError) as error:
        wrong = error.wrong if isinstance(error, Trouble) else error.strerror or str(error)
        secret, problem = "", f"cannot be read: {wrong}"
    if problem:
        problem = f"{path} {problem}; {_ADVICE.format(what=kind.what, path=path)}"
    return Secret(path, secret, problem)


def _read(door: Door, path: str, kind: SecretKind) -> tuple[str, str]:
    where = door.locate(path, follow=False)
    there = door.lstat(path)
    if there is None:
        return "", "is not there"
    if not stat.S_ISREG(there.st_mode):
        return "", "is no regular file (a link is none)"
    # The open file is checked, since the path may lead to another file a moment later.
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
    descriptor = os.open(where, flags)
    with os.fdopen(descriptor, "rb") as file:
        unsafe = _unsafe(os.fstat(descriptor))
        data = b"" if unsafe else file.read(LARGEST + 1)
    if unsafe:
        return "", unsafe
    line = data[:-1] if data.endswith(b"\n") else data
    wrong = kind.wrong(line)
    return ("", wrong) if wrong else (line.decode("utf-8"), "")


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
