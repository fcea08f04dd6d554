"""Mask and seal secrets: blocklist keys in zones (`KEY.zen.dq.spamhaus.net`), and passwords.

Only the files that Postfix reads, and saved copies of replaced files, contain a key. Everything
else, such as a diff and a log, shows `(key)` in its place. A plan's texts are sealed: each key is
replaced by a mark, and the worker puts the key back right before it writes. Only a zone that the
answers spell out with its key is unchanged. A key is the one label before the lists' own names,
whatever a query puts in front of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wizard.paths import SASL_PASSWD

SERVICES = ("dq.spamhaus.net", "mail.abusix.zone")
"""Providers whose zones are KEY.LIST.SERVICE."""

MASK = "(key)"

PASSWORD = "(password)"  # noqa: S105 (a mark)
"""The mark of a password in sasl_passwd, where it ends its line."""

PASSWORD_TABLES = frozenset({SASL_PASSWD})
"""Files in which each row ends in a password."""

LONGEST_NAME = 255
"""Characters of a domain name (RFC 1035)."""

_KEY = re.compile(
    # Only tried at the beginning of a label, or 63 characters before the end of a longer one.
    rf"(?:(?<![a-z0-9_-])|(?=[a-z0-9_-]{{63}}\.))[a-z0-9_-]{{1,63}}"
    rf"(?=\.[a-z0-9_-]{{1,63}}\.(?:{'|'.join(map(re.escape, SERVICES))}))",
    re.IGNORECASE | re.ASCII,
)
_KEY_BYTES = re.compile(_KEY.pattern.encode("ascii"), re.IGNORECASE)
_KEY_MARK = rb"\(key[0-9]*\)"
_PASSWORD_MARK = rb"(?<=[: \t])\(password[0-9]*\)(?=[^\S\n]*$)"
_MARK = re.compile(_KEY_MARK + b"|" + _PASSWORD_MARK, re.MULTILINE)
_KEY_OR_MARK = re.compile(_KEY_MARK + b"|" + _KEY_BYTES.pattern, re.IGNORECASE)
_NUMBERED = re.compile(r"\((key|password)[0-9]+\)")
_PASSWORD = re.compile(
    rb"^(?:#[#\t ]*[^#\s]\S*[ \t]+[^\s:]+:(?=\S+[ \t\r]*$)"  # a row that is commented out
    rb"|(?!#)\S+[ \t]+(?=\S)(?:[^:\n]*:)?|[ \t]+(?=\S))"  # a row; a folded line
    rb"(\S(?:[^\n]*\S)?)[^\S\n]*$",
    re.MULTILINE,
)
"""Each part is found in one pass over its line: no two repetitions in a row take the same bytes."""
_PASSWORD_OR_MARK = re.compile(_PASSWORD.pattern + b"|(" + _PASSWORD_MARK + b")", re.MULTILINE)
_IN_A_NAME = re.compile(rb"[A-Za-z0-9._-]{1,255}\Z")


def may_have_key(data: bytes) -> bool:
    """True if a text may contain a key or a mark. One search saves those for each value."""
    folded = data.lower()
    return (
        b"(key" in folded
        or b"(password" in folded
        or any(one.encode("ascii") in folded for one in SERVICES)
    )


def masked(text: str) -> str:
    """Return the text with `(key)` in the place of each key."""
    # Almost no text names a service, and a search for a word is a hundred times as fast.
    folded = text.lower()
    return _KEY.sub(MASK, text) if any(one in folded for one in SERVICES) else text


def masked_bytes(data: bytes) -> bytes:
    """Return the bytes with `(key)` in the place of each key."""
    folded = data.lower()
    named = any(one.encode("ascii") in folded for one in SERVICES)
    return _KEY_BYTES.sub(MASK.encode("ascii"), data) if named else data


def masked_file(path: str, data: bytes) -> bytes:
    """Return a file's bytes with its keys masked, or its passwords for one of PASSWORD_TABLES."""
    if path not in PASSWORD_TABLES:
        return masked_bytes(data)
    text = seal_passwords(data).text.decode("utf-8", "surrogateescape")
    return without_number(text).encode("utf-8", "surrogateescape")


def masked_data(value: Any) -> Any:
    """Return data for json.dumps with the keys in its texts masked."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {name: masked_data(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [masked_data(one) for one in value]
    return value


@dataclass(frozen=True)
class Sealed:
    """A text with a mark in the place of each key; `keys` maps marks to keys."""

    text: bytes
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)

    def without_keys(self, text: str) -> str:
        """Return another text with the same marks in the places of the same keys."""
        for mark, key in self.keys.items():
            text = text.replace(key, mark)
        return text


def seal(data: bytes, known: str = "", spelled: str = "") -> Sealed:
    """Replace each key by a mark: `(key)` for the `known` one, `(key2)`, ... for others.

    Keys of zones in `spelled` are not replaced, since the answers contain them anyway. Text that
    looks like a mark, perhaps copied from a diff, is sealed too, so that opening restores it.
    """
    marks = {known: MASK} if known else {}
    if not may_have_key(data):
        return Sealed(data, _by_mark(marks))
    stay = {one.lower() for one in _KEY.findall(spelled)}

    def mark(found: re.Match[bytes]) -> bytes:
        key = found[0].decode("ascii")
        if key.lower() in stay and key != known:
            return found[0]
        number = len(marks) + (1 if known else 2)
        return marks.setdefault(key, f"(key{number})").encode("ascii")

    return Sealed(_KEY_OR_MARK.sub(mark, data), _by_mark(marks))


def _by_mark(marks: Mapping[str, str]) -> dict[str, str]:
    return {mark: key for key, mark in marks.items()}


def seal_passwords(data: bytes, known: str = "") -> Sealed:
    """Replace each password of sasl_passwd by a mark, also in comments and folded lines.

    The mark is `(password)` for the `known` one, `(password2)`, ... for others. Text that looks
    like a mark is sealed too, so that opening restores it.
    """
    marks = {known: PASSWORD} if known else {}

    def mark(found: re.Match[bytes]) -> bytes:
        group = found.lastindex or 0
        secret = found[group].decode("utf-8", "surrogateescape")
        number = len(marks) + (1 if known else 2)
        name = marks.setdefault(secret, f"(password{number})")
        start, end = (one - found.start() for one in found.span(group))
        return found[0][:start] + name.encode("ascii") + found[0][end:]

    return Sealed(_PASSWORD_OR_MARK.sub(mark, data), _by_mark(marks))


def opened(data: bytes, keys: Mapping[str, str]) -> bytes:
    """Replace marks by their keys; a mark without a key is unchanged."""

    def key(found: re.Match[bytes]) -> bytes:
        mark = found[0].decode("ascii")
        return keys.get(mark, mark).encode("utf-8", "surrogateescape")

    return _MARK.sub(key, data)


def marks(data: bytes) -> tuple[str, ...]:
    """Return the marks in a sealed text, each once."""
    return tuple(dict.fromkeys(one.decode("ascii") for one in _MARK.findall(data)))


def keys_in(data: bytes) -> tuple[str, ...]:
    """Return the keys in a text, and what looks like a mark, each once."""
    return tuple(dict.fromkeys(one.decode("ascii") for one in _KEY_OR_MARK.findall(data)))


def passwords_in(data: bytes) -> tuple[str, ...]:
    """Return the passwords in a sasl_passwd, each once."""
    return tuple(seal_passwords(data).keys.values())


def is_password(mark: str) -> bool:
    """True if a mark replaces a password of sasl_passwd, not a key."""
    return mark.startswith("(password")


def without_number(text: str) -> str:
    """Return a sealed text in which all keys, and all passwords, have the same mark."""
    return _NUMBERED.sub(r"(\1)", text)


def unfinished(data: bytes) -> int:
    """Return how many bytes at the end may be the beginning of a name with a key in it."""
    found = _IN_A_NAME.search(data[-LONGEST_NAME:])
    return len(found[0]) if found else 0


def has_key(zone: str) -> bool:
    """True if a blocklist's zone contains a key."""
    return masked(zone) != zone
