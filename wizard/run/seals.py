"""Store hashes with a key, so that nobody finds a short secret by trying all of them.

Plans and journals name texts by a hash. In some texts a password is the only unknown part. So each
stored hash is an HMAC-SHA-256 (RFC 2104) of the SHA-256, with one random key of this host:

    hmac:KEY:HEX    KEY names the key by 8 hex digits
    HEX             a bare SHA-256, as older programs stored it

A plan in memory has bare hashes, so that planning needs no key and writes nothing. All stored
hashes get the keyed form when they are read, so that states can be compared with `==`. A host
without a key has no keyed hashes, and there both sides stay bare.
"""

from __future__ import annotations

import dataclasses
import functools
import hmac
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast, get_args

from wizard.errors import Trouble
from wizard.plan.files import HASHED, sha256
from wizard.plan.wire import fields_of
from wizard.run.directories import close_to_others, make_private
from wizard.run.files import make_once, read

KEY_BYTES = 32
_MODE = 0o600
_NAME_DIGITS = 8
_STATE = re.compile(r"(file:)?(?:([0-9a-f]{64})|hmac:([0-9a-f]{8}):[0-9a-f]{64})")
_DOING = "comparing with what a run wrote"

_T = TypeVar("_T")


@functools.cache
def hashed_fields(kind: type) -> tuple[str, ...]:
    """Return the fields of a class with hashes, or with parts that have some."""
    fields = fields_of(kind) if dataclasses.is_dataclass(kind) else {}
    return tuple(name for name, hint in fields.items() if _has_hashes(hint))


def _has_hashes(hint: Any) -> bool:
    inner = get_args(hint)
    return HASHED in inner or bool(hashed_fields(hint)) or any(map(_has_hashes, inner))


@dataclass(frozen=True)
class Seals:
    """The key of this host, b"" if it has none. `path` is its file, for messages."""

    key: bytes = field(default=b"", repr=False)
    path: str = ""

    @property
    def name(self) -> str:
        """The name of the key in stored hashes."""
        return self._mac("the key's name")[:_NAME_DIGITS] if self.key else ""

    def digest(self, text: bytes) -> str:
        """Return the hash of a text in the keyed form."""
        return self.keyed(sha256(text))

    def keyed(self, stored: str) -> str:
        """Return a hash or a state in the keyed form; other texts are returned unchanged.

        Raises Trouble if it was made with another key, since it cannot be compared then.
        """
        found = _STATE.fullmatch(stored)
        if not found:
            return stored
        prefix, bare, name = found.groups("")
        if name and name != self.name:
            is_there = "is another one now" if self.key else "is not there"
            raise Trouble(
                _DOING,
                f"the key of this host, {self.path}, {is_there}",
                "Put the file back from a backup. Without it, nothing tells what changed since.",
            )
        if name or not self.key:
            return stored
        return f"{prefix}hmac:{self.name}:{self._mac(bare)}"

    def terms(self, value: _T) -> _T:
        """Return what undo needs of a step (docs/journal.md) with keyed states."""
        return cast("_T", self._terms(value))

    def within(self, value: _T) -> _T:
        """Return a plan, or a part of one, with keyed hashes."""
        return cast("_T", self._within(value))

    def _terms(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.keyed(value) if value.startswith("file:") else value
        if isinstance(value, dict):
            return {name: self._terms(one) for name, one in value.items()}
        return [self._terms(one) for one in value] if isinstance(value, (list, tuple)) else value

    def _within(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.keyed(value)
        if isinstance(value, tuple):
            return tuple(self._within(one) for one in value)
        kind: type = type(value)
        changes = {name: self._within(getattr(value, name)) for name in hashed_fields(kind)}
        return dataclasses.replace(value, **changes) if changes else value

    def mac(self, purpose: str, data: bytes) -> str:
        """Return the HMAC-SHA-256 of data for another purpose than hashes. It equals none of these."""
        return self._mac(f"{purpose}:{sha256(data)}")

    def _mac(self, text: str) -> str:
        return hmac.new(self.key, text.encode("ascii"), "sha256").hexdigest()


def read_seals(path: Path) -> Seals:
    """Return the seals with the key at `path`; without a key if it is missing or not readable to us.

    Raises Trouble if it is damaged.
    """
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return Seals(path=str(path))
    return _read(path, (status.st_dev, status.st_ino, status.st_mtime_ns, status.st_ctime_ns))


@functools.lru_cache(maxsize=4)
def _read(path: Path, _identity: tuple[int, ...]) -> Seals:
    """Read the key once. It never changes, and each past run needs it."""
    try:
        file = read(str(path))
    except Trouble as trouble:
        if isinstance(trouble.__cause__, PermissionError):
            return Seals(path=str(path))
        raise
    if file is None or len(file.text) != KEY_BYTES:
        raise Trouble(
            "reading the key of this host",
            f"{path} has not {KEY_BYTES} bytes: it is damaged",
            "Put it back from a backup, or move it away: then earlier runs cannot be undone.",
        )
    return Seals(file.text, str(path))


def make_seals(path: Path) -> Seals:
    """Return the seals of this host, and make its key if there is none. Raises Trouble.

    The key and its directory are closed to all others than root.
    """
    make_private(path.parent)
    close_to_others(str(path.parent))
    if not make_once(str(path), os.urandom(KEY_BYTES), mode=_MODE):
        close_to_others(str(path))
    return read_seals(path)
