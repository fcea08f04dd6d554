"""What the servers of a zone have of the record of a key that signs mail."""

from __future__ import annotations

from dataclasses import dataclass

RIGHT, WRONG, MISSING, UNKNOWN = "right", "wrong", "missing", "unknown"
"""The states of a record."""
WITHDRAWN = "v=DKIM1; p="
"""The text of a record whose key is withdrawn (RFC 6376, 3.6.1)."""


@dataclass(frozen=True)
class KeyRecord:
    """What the authoritative servers of a zone have of one key's record.

    `state` is right (all have this key), wrong (one has another record), missing (one has none) or
    unknown (one does not answer). `why` names the servers, or what is wrong. `is_gone` is True if all
    of them answer and none has a key there: the record is withdrawn, or there is none. `is_test` is True if
    the record says that the key is a test (RFC 6376, 3.6.1, t=y).
    """

    state: str
    why: str = ""
    is_gone: bool = False
    is_test: bool = False
