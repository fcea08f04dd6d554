"""The key of Spamhaus's Data Query Service, in a file that only root may read."""

from __future__ import annotations

import re

from wizard.door import Door
from wizard.host.facts import DqsKey
from wizard.host.secret_file import SecretKind, read_secret

DQS_SECRET = SecretKind(
    "key",
    re.compile(rb"[A-Za-z0-9]{16,63}"),
    "16 to 63 letters and digits on one line, and nothing else",
)


def read_dqs_key(door: Door, path: str) -> DqsKey:
    """Read the key, unless other users can read or write its file. Never raises."""
    return DqsKey(path, *read_secret(door, path, DQS_SECRET))
