"""What a message of Postfix tells, as a table: the first pattern that matches it counts."""

from __future__ import annotations

import re
from dataclasses import dataclass

CONNECTED, TAKEN = "connections", "taken"
REFUSED, LOGINS, LIMITS = "refused", "logins", "limits"
DELIVERED, DEFERRED, BOUNCED = "sent", "deferred", "bounced"
COMPLAINTS = "complaints"

STATUSES = {b"sent": DELIVERED, b"deferred": DEFERRED}
"""By Postfix's status; every other one (bounced, expired) returned the mail or lost it."""

_FROM = rb"from \S*?\[(?P<address>[^\]]*)\]"


@dataclass(frozen=True)
class Rule:
    """What a matching message is counted as.

    `pattern` is matched at the message's start; its groups `reason` and `address`, where it has
    them, say what is counted, and `status` the kind where it is a delivery.
    """

    kind: str
    pattern: re.Pattern[bytes]


RULES = (
    Rule(CONNECTED, re.compile(rb"(?i:connect) " + _FROM)),
    Rule(TAKEN, re.compile(rb"[0-9A-Za-z]{6,}: client=")),
    Rule(
        REFUSED,
        re.compile(
            rb"(?:NOQUEUE|[0-9A-Za-z]{6,}): (?:milter-)?reject: (?:header|body|[A-Z-]+)\b.*? "
            + _FROM
            + rb"(?::\d+)?[:;] ?(?P<reason>.*?)(?:; from=|; to=|; proto=|$)"
        ),
    ),
    Rule(
        LOGINS,
        re.compile(
            rb"warning: \S*?\[(?P<address>[^\]]*)\]: SASL (?P<reason>\S+) authentication failed"
        ),
    ),
    Rule(
        LIMITS,
        re.compile(rb"warning: (?P<reason>[\w ]+ (?:rate|concurrency) limit exceeded): .*" + _FROM),
    ),
    Rule(
        DELIVERED,
        re.compile(
            rb"[0-9A-Za-z]{6,}: to=<.* status=(?P<status>\w+)(?:,[^(]*)? \((?P<reason>.*)\)$"
        ),
    ),
    Rule(COMPLAINTS, re.compile(rb"(?:warning|error|fatal|panic): (?P<reason>.*)")),
)

_CODE = re.compile(rb"^\d{3}[ -](?:\d\.\d{1,3}\.\d{1,3} )?")
_SUBJECT = re.compile(rb"^<[^>]*>: ")
_BLOCKED = re.compile(rb"blocked using [^;\s]+")
_VARYING = re.compile(rb"\[[0-9a-fA-F.:]*\](?::\d+)?|<[^>]*>|\b[0-9A-F]{8,}\b|\bpid \d+")


def reason_of(raw: bytes) -> bytes:
    """Return a reason without what differs from one line to the next: addresses, IDs, codes."""
    text = _SUBJECT.sub(b"", _CODE.sub(b"", raw))
    blocked = _BLOCKED.search(text)
    return blocked[0] if blocked else _VARYING.sub(b"(..)", text)
