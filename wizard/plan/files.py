"""Files and links as a plan has them: the state before, and the next text without secrets.

File texts are bytes, since configuration files have no defined encoding.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated, Optional

from wizard.postfix.proposal import Reason

HASHED = "has the hash of a text that may have a secret"
"""Marks a field that is stored with the key of this host (`wizard.run.seals`)."""
Sha256 = Annotated[str, HASHED]
"""The SHA-256 of a text, in hex digits."""
State = Annotated[str, HASHED]
"""The state of a path: `file:SHA256`, `link:TARGET` or `missing`."""


def sha256(data: bytes) -> str:
    """Return the hex digest by which plans and journals name contents."""
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True)
class Link:
    """A symbolic link to make at `path`. `was` is the state of the path now."""

    path: str
    target: str
    was: State


@dataclass(frozen=True)
class LaidFile:
    """A file of a gathered tree, by its hash only.

    `was` is the state of `path` now. If `sha256` is None, the file is removed: it
    belongs to a replaced lineage. The lines in `without` (first and last, from 1) are not written;
    `result` is then the SHA-256 of the written file.
    """

    path: str
    was: State
    sha256: Optional[Sha256]
    mode: int = 0o600
    mtime_ns: int = 0
    without: tuple[tuple[int, int], ...] = ()
    result: Sha256 = ""

    @property
    def written(self) -> Optional[str]:
        """The SHA-256 of the installed file, None if it is removed."""
        return self.result or self.sha256


@dataclass(frozen=True)
class Key:
    """A secret of a file's next text. The worker reads it from `path` right before it writes.

    `mark` is in its place in the text; `sha256` is that of the secret. `path` contains only the
    secret, or is the file that is being replaced and that contains it somewhere.
    """

    mark: str
    sha256: Sha256
    path: str


@dataclass(frozen=True)
class NewFile:
    """A file's next text. `before` is the SHA-256 of the file now, None if there is none.

    If the text has secrets, `keys` says where each is stored, and `opened` is the SHA-256 of the
    text with the secrets in place of their marks.
    """

    path: str
    text: bytes
    before: Optional[Sha256]
    mode: int = 0o644
    reasons: tuple[Reason, ...] = ()
    keys: tuple[Key, ...] = ()
    opened: Sha256 = ""


@dataclass(frozen=True)
class Past:
    """A path that a run changed from the state `was` to the state `now`.

    If `was` is a file, `copy` is the absolute path of the saved bytes. `uid`, `gid`, `mode`,
    `mtime_ns` (since the epoch) and `xattrs` (values in base64) are then those of that file.
    """

    path: str
    was: State
    now: State
    copy: str = ""
    uid: int = 0
    gid: int = 0
    mode: int = 0
    mtime_ns: int = 0
    xattrs: tuple[tuple[str, str], ...] = ()
