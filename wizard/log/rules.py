"""The kinds of Postfix's messages, as a table. The first pattern that matches a message counts."""

from __future__ import annotations

import re
from dataclasses import dataclass

CONNECTED, TAKEN = "connections", "taken"
REFUSED, LOGINS, LIMITS = "refused", "logins", "limits"
DELIVERED, DEFERRED, BOUNCED = "sent", "deferred", "bounced"
COMPLAINTS = "complaints"

STATUSES = {
    b"sent": DELIVERED,
    b"deferred": DEFERRED,
    b"SOFTBOUNCE": DEFERRED,
    b"bounced": BOUNCED,
    b"expired": BOUNCED,
    b"force-expired": BOUNCED,
}
"""Kinds by Postfix's status. Other statuses (deliverable, undeliverable) come from address probes."""

_FROM = rb"from \S*?\[(?P<address>[^][]*)\]"
_ID = rb"(?!NOQUEUE)[0-9A-Za-z]{6,}"


@dataclass(frozen=True)
class Rule:
    """A kind of message that is counted.

    `pattern` is matched at the message's start. Its group `reason` or `address` is the name that
    is counted. For a delivery the group `status` decides the kind (qmgr(8) logs expired mail
    with its sender).
    """

    kind: str
    pattern: re.Pattern[bytes]


RULES = (
    # smtpd logs each connection that postscreen(8) passes on. So of postscreen's own lines only
    # the end of a connection counts.
    Rule(CONNECTED, re.compile(rb"connect from |DISCONNECT \[")),
    Rule(TAKEN, re.compile(_ID + rb": client=")),
    # The text from the stranger's mail comes before the client, the reason last. Local mail is
    # bounced instead.
    Rule(
        REFUSED,
        re.compile(
            _ID
            + rb": (?:milter-)?reject: (?:header|body) .* from \S*\[[^][]*\];"
            + rb"(?: (?:from|to|helo)=<[^>]*>| proto=\w*)*(?:: (?P<reason>.*))?$"
        ),
    ),
    Rule(
        REFUSED,
        re.compile(
            rb"[0-9A-Za-z]{6,}: (?:milter-)?reject: [A-Z-]+(?: content)? "
            + _FROM
            + rb"(?::\d+)?: (?P<reason>.*?)(?:; from=|; to=|; proto=|$)"
        ),
    ),
    Rule(
        LOGINS,
        re.compile(
            rb"warning: \S*?\[(?P<address>[^][]*)\]: SASL (?P<reason>\S+) authentication failed"
        ),
    ),
    Rule(
        LIMITS,
        re.compile(rb"warning: (?P<reason>[\w ]+ (?:rate|concurrency) limit exceeded): .*" + _FROM),
    ),
    # The other server's reply comes last and may contain anything, also a status.
    Rule(
        DELIVERED,
        re.compile(
            _ID
            + rb": to=<.*?>, (?:orig_to=<.*?>, )?relay=[^ ,]*, (?:\w+=[\w./]+, )*"
            + rb"status=(?P<status>\w+) \((?P<reason>.*?)\)?$"
        ),
    ),
    Rule(
        DELIVERED,
        re.compile(
            _ID
            + rb": from=<.*>, status=(?P<status>(?:force-)?expired), (?P<reason>returned to sender)$"
        ),
    ),
    Rule(COMPLAINTS, re.compile(rb"(?:warning|error|fatal|panic): (?P<reason>.*)")),
)

_CODE = re.compile(rb"^(?:\d{3}[ -])?(?:\d\.\d{1,3}\.\d{1,3} )?")
_SUBJECT = re.compile(rb"^<[^>]*>: ")
_BLOCKED = re.compile(rb"blocked using [^;\s]+")
_VARYING = re.compile(rb"\[[0-9a-fA-F.:]*\](?::\d+)?|<[^>]*>|\b[0-9A-F]{8,}\b|\bpid \d+")


def reason_of(raw: bytes) -> bytes:
    """Return a reason without what differs from one line to the next: addresses, IDs, codes."""
    text = _SUBJECT.sub(b"", _CODE.sub(b"", raw))
    blocked = _BLOCKED.search(text)
    return blocked[0] if blocked else _VARYING.sub(b"(..)", text)
