"""AUTH PLAIN, and replies to it that must not repeat the secret (RFC 4954, RFC 4616)."""

from __future__ import annotations

import base64

from wizard.check.smtp.refusals import PERMANENT, TRANSIENT
from wizard.check.smtp.session import Reply
from wizard.finding import RIGHT, UNKNOWN, WRONG
from wizard.text import printable

LOGGED_IN, NOT_LOGGED_IN = 235, 535
"""RFC 4954 section 6."""

_PIECE = 6
"""The length of a part of a secret that must not be shown."""


def judge_reply(reply: Reply, code: int = LOGGED_IN) -> str:
    """Right with this code, unknown with a 4yz, which may be temporary, else wrong."""
    if reply.code == code:
        return RIGHT
    return UNKNOWN if TRANSIENT <= reply.code < PERMANENT else WRONG


def plain_credentials(name: str, password: str) -> str:
    """Return the argument of AUTH PLAIN (RFC 4616)."""
    return base64.b64encode(f"\0{name}\0{password}".encode("utf-8", "surrogateescape")).decode(
        "ascii"
    )


def shown(text: str, hidden: tuple[str, ...]) -> str:
    """Return a server's text, or a placeholder if it repeats a part of a secret."""
    cleaned = (printable(secret, 12 * len(secret)) for secret in hidden)
    pieces = {
        secret[at : at + _PIECE]
        for secret in (*hidden, *cleaned)
        for at in range(max(1, len(secret) - _PIECE + 1))
    }
    return "(words that repeat the password)" if any(one in text for one in pieces) else text
