"""What the servers of a zone have of the record of a key that signs mail."""

from __future__ import annotations

from dataclasses import dataclass

RIGHT, WRONG, MISSING, UNKNOWN = "right", "wrong", "missing", "unknown"
"""The states of a record."""


@dataclass(frozen=True)
class KeyRecord:
    """What the authoritative servers of a zone have of one key's record.

    `state` is right (all have this key), wrong (one has another record), missing (one has none) or
    unknown (one does not answer). `why` names the servers, or what is wrong.
    """

    state: str
    why: str = ""
