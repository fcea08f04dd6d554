"""Check that a certificate's DNS names cover a host name (RFC 6125, section 6.4)."""

from __future__ import annotations

from collections.abc import Iterable

FEWEST_LABELS = 3
"""`*.jp` would cover every name of a country: below two labels a wildcard covers nothing."""


def covers(names: Iterable[str], hostname: str) -> bool:
    """True if one of the names is the host's, or a wildcard of its parent domain.

    A wildcard is the whole first label and matches exactly one label. Names are A-labels; case
    and a final dot do not count.
    """
    wanted = _plain(hostname)
    if not wanted:
        return False
    parent = wanted.partition(".")[2]
    for name in map(_plain, names):
        if name == wanted:
            return True
        head, _, tail = name.partition(".")
        if head == "*" and tail == parent and len(name.split(".")) >= FEWEST_LABELS:
            return True
    return False


def _plain(name: str) -> str:
    return name.strip().rstrip(".").lower()
