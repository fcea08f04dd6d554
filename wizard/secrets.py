"""A blocklist's key is part of its zone: `KEY.zen.dq.spamhaus.net`. It is masked where it is told.

What Postfix reads must hold it: main.cf, the answers, the plan and what a run replaced. All else,
a diff and a log included, shows `(key)` in its place. A key is the one label before the lists'
own names, whatever a query puts in front of it.
"""

from __future__ import annotations

import re
from typing import Any

SERVICES = ("dq.spamhaus.net", "mail.abusix.zone")
"""Providers whose zones are KEY.LIST.SERVICE."""

MASK = "(key)"

LONGEST_NAME = 255
"""Characters of a domain name (RFC 1035)."""

_KEY = re.compile(
    rf"[a-z0-9_-]{{1,63}}(?=\.[a-z0-9_-]{{1,63}}\.(?:{'|'.join(map(re.escape, SERVICES))}))",
    re.IGNORECASE | re.ASCII,
)
_KEY_BYTES = re.compile(_KEY.pattern.encode("ascii"), re.IGNORECASE)
_IN_A_NAME = re.compile(rb"[A-Za-z0-9._-]{1,255}\Z")


def masked(text: str) -> str:
    """Return text without the keys in it."""
    # Almost no text names a service, and a search for a word is a hundred times as fast.
    folded = text.lower()
    return _KEY.sub(MASK, text) if any(one in folded for one in SERVICES) else text


def masked_bytes(data: bytes) -> bytes:
    """Return bytes without the keys in them."""
    folded = data.lower()
    named = any(one.encode("ascii") in folded for one in SERVICES)
    return _KEY_BYTES.sub(MASK.encode("ascii"), data) if named else data


def masked_data(value: Any) -> Any:
    """Return what json.dumps takes without the keys in its texts."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {name: masked_data(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [masked_data(one) for one in value]
    return value


def unfinished(data: bytes) -> int:
    """Return how many bytes at the end may be the beginning of a name with a key in it."""
    found = _IN_A_NAME.search(data[-LONGEST_NAME:])
    return len(found[0]) if found else 0


def has_key(zone: str) -> bool:
    """Whether a blocklist's zone has a key in it."""
    return masked(zone) != zone
