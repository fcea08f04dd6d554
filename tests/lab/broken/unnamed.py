"""The ways to break a server that `check` does not name yet, each with the reason (docs/limits.md).

Measured on EL9. A way that is named goes out of this table.
"""

from __future__ import annotations

_CAUSE = "the cause is not named"
_ZERO = "named; `check` ends with 0"
_ONE = "named; `check` ends with 1"

UNNAMED: dict[str, str] = {
    "owners of addresses by another form of their login": _CAUSE,
    "a list of blocked servers that ended years ago": _ONE,
    "a relayed domain, its recipients unknown": _ONE,
    "a domain that is answered with an error": _CAUSE,
    "TLS for one domain that it does not have": _CAUSE,
    "another's server is behind our NAT": _CAUSE,
    "our domain redirected to another": _ZERO,
    "a text of bounces that is gone": _ZERO,
    "a certificate that ends in three days": _ONE,
    "cli.ini that certbot cannot read": _CAUSE,
    "a hook before it that never ends well": _CAUSE,
    "a mailbox over its quota": _CAUSE,
    "IMAP with TLS of old": _CAUSE,
    "a name server that does not answer": _CAUSE,
    "a public resolver, which the lists refuse": _CAUSE,
    "the own name at loopback in hosts": _CAUSE,
    "a list by a misspelt name": _ONE,
    "an interface in another zone after the next reload": _CAUSE,
    "a queue that was copied with its names": _CAUSE,
}
