"""Classify an SMTP refusal: relaying denied, or another reason."""

from __future__ import annotations

import re

from wizard.check.smtp.session import Reply
from wizard.finding import RIGHT, UNKNOWN, WRONG

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
