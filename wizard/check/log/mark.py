"""The name that the sessions of a check say in EHLO, so that they are known in the log.

It is an address literal (RFC 5321 4.1.3), since those pass every restriction on HELO names but a
blocklist's, in the network for documentation (RFC 3849):

    [IPv6:2001:db8:7769:7a61:7264:XXXX:XXXX:XXXX]       7769 7a61 7264 is "wizard" in ASCII

X is made of the host's machine-id(5) and the time, so that others cannot say it: they do not know
the one, and the name of another time is not valid. Whoever reads machine-id on this host can.
"""

from __future__ import annotations

import hashlib
import hmac
import re

from wizard.door import Door

MACHINE_ID = "/etc/machine-id"

UNMARKED = "[127.0.0.1]"
"""Said on a host without a machine-id. It is no mark."""

SECONDS = 600
"""A name is said for so many seconds, and is valid twice as long."""

_PREFIX = "2001:db8:7769:7a61:7264"
_NAME = re.compile(rb"\[IPv6:" + _PREFIX.encode() + rb"(?::[0-9a-f]{4}){3}\]")
_ID = re.compile(rb"[0-9a-f]{32}")


def machine_id(door: Door) -> bytes:
    """Return the host's machine-id, b"" if it has none."""
    words = door.readable_text(MACHINE_ID).encode("utf-8", "surrogateescape").split()
    return words[0] if words and _ID.fullmatch(words[0]) else b""


def mark(identity: bytes, at: float) -> str:
    """Return the name to say at a time; `identity` is the host's machine-id."""
    return _mark(identity, int(at // SECONDS)) if identity else UNMARKED


def is_mark(name: bytes, identity: bytes, at: float) -> bool:
    """True if a check on this host said the name shortly before `at`, in seconds since the epoch."""
    if not identity or not _NAME.fullmatch(name):
        return False
    number = int(at // SECONDS)
    said = name.decode("ascii")
    return any(hmac.compare_digest(said, _mark(identity, one)) for one in (number, number - 1))


def _mark(identity: bytes, number: int) -> str:
    message = b"postfix-wizard check %d" % number
    digest = hmac.new(identity, message, hashlib.sha256).hexdigest()
    return f"[IPv6:{_PREFIX}:{digest[:4]}:{digest[4:8]}:{digest[8:12]}]"
