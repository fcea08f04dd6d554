"""The ways to break a server that `check` does not name yet, each with the reason (docs/limits.md).

A way that is named on both kinds of host goes out of this table.
"""

from __future__ import annotations

UNNAMED: dict[str, str] = {}
