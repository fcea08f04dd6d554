"""Classify an SMTP refusal: relaying denied, a fault of this server, or a rule about the client."""

from __future__ import annotations

import re
from typing import NamedTuple

from wizard.check.smtp.session import Reply
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG

RELAY_DENIED_FOR_NOW = 454
"""The code of defer_unauth_destination, which is first in Postfix 3.6 and newer."""
TRANSIENT, PERMANENT = 400, 500
"""RFC 5321 4.2.1: replies 4yz and 5yz are refusals."""

REFUSE_RELAYING = (
    "Put reject_unauth_destination into smtpd_recipient_restrictions before every permit but "
    "permit_mynetworks, and look at mynetworks and relay_domains; reload."
)
NO_AUTH_ON_25 = (
    "Set `smtpd_sasl_auth_enable = no` in main.cf, take it off the smtp line of master.cf; reload."
)
LOGIN_FIRST = (
    "Set `-o smtpd_recipient_restrictions=permit_sasl_authenticated,reject` for this port in "
    "master.cf; reload."
)
"""The advice if a server does not refuse."""

_OTHER_REASON = re.compile(
    r"blocked using|helo command rejected|client host rejected|sender address rejected",
    re.IGNORECASE,
)


def refused(reply: Reply, _: object = None) -> str:
    """Right with 454 and every 5xx. Another 4xx has another reason, and may be temporary."""
    if reply.code < TRANSIENT:
        return WRONG
    return RIGHT if reply.code == RELAY_DENIED_FOR_NOW or reply.code >= PERMANENT else UNKNOWN


def relay_refused(reply: Reply, _: object = None) -> str:
    """Right if relaying is refused. A blocklist's 554 proves nothing."""
    if reply.code >= TRANSIENT and _OTHER_REASON.search(" ".join(reply.lines)):
        return UNKNOWN
    return refused(reply)


_LOG = "`journalctl -u postfix -n 30` has the reason."


class Cause(NamedTuple):
    """A reason for a refusal: how replies say it, the verdict, what it means, and what to do.

    Unknown is a reply that is about the probe's own address and so proves nothing. `fatal` is False
    for what others do: no run fails for it.
    """

    pattern: re.Pattern[str]
    verdict: str
    means: str
    advice: str
    fatal: bool = True


def _cause(
    pattern: str, verdict: str, means: str, advice: str = _LOG, *, fatal: bool = True
) -> Cause:
    return Cause(re.compile(pattern, re.IGNORECASE), verdict, means, advice, fatal)


CAUSES = (
    _cause(
        r"gr[ea]ylist|postgrey|4\.3\.2 service currently unavailable", UNKNOWN, "new clients wait"
    ),
    _cause(r"\bspf\b|openspf|dmarc", UNKNOWN, "the probe has no right to that sender"),
    _cause(r"unverified|verification", UNKNOWN, "the address is verified first"),
    _cause(r"cannot find your (reverse )?hostname", UNKNOWN, "the probe's address has no name"),
    _cause(
        r"blocked using",
        WARNING,
        "a blocklist has the probe's address, or everybody's",
        "See what the list answers: `postfix-wizard check` has a row for each.",
    ),
    _cause(
        r"sender address rejected: (domain not found|mail server)|4\.1\.8|malformed dns",
        WRONG,
        "Postfix finds no domain of others",
        "See that the name servers of /etc/resolv.conf answer, in Postfix's chroot too.",
        fatal=False,
    ),
    _cause(
        r"user unknown|recipient address rejected: (undeliverable|user)|5\.1\.1",
        WRONG,
        "Postfix does not know its own users",
        "See that local_recipient_maps has them: `postconf local_recipient_maps`.",
    ),
    _cause(
        r"relay access denied",
        WRONG,
        "Postfix does not take mail for this domain",
        "See that mydestination names the domain.",
    ),
    _cause(
        r"insufficient system storage|4\.3\.1",
        WRONG,
        "there is no room in the queue",
        "Make room, or lower queue_minfree: `df -h /var/spool/postfix`.",
    ),
    _cause(
        r"server configuration (error|problem)|temporary lookup failure|4\.3\.[05]|\b451\b",
        WRONG,
        "a table, a restriction or a program behind Postfix fails",
        _LOG,
    ),
    _cause(
        r"rejected: access denied|must issue a starttls|5\.7\.0",
        WRONG,
        "every stranger is refused",
        "Look for reject in the smtpd_*_restrictions and in tables, and at smtpd_tls_security_level.",
    ),
)
"""The first that fits decides."""


def cause_of(reply: Reply) -> Cause:
    """Return why a reply refuses a stranger's mail."""
    said = f"{reply.code} {' '.join(reply.lines)}"
    found = next((one for one in CAUSES if one.pattern.search(said)), None)
    if found is not None:
        return found
    verdict = WARNING if reply.code >= PERMANENT else UNKNOWN
    return _cause("", verdict, "a rule of this server's own")
