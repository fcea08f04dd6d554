"""What of an observation is a sentence, for a change that may only say things in other words."""

from __future__ import annotations

import json
from typing import Any

_SENTENCES = frozenset(
    {
        *("title", "why", "warnings", "obstacles", "taken_away", "reasons", "message"),
        *("looked_at", "seen", "expected", "advice", "left", "now", "value", "leftovers"),
        *("use", "reason", "told"),
    }
)
"""The fields of docs/json.md that hold sentences."""
_WORDS = "IN WORDS"


def without(text: str) -> str:
    """Return a call's exit status and its JSON without sentences; of other output only the status.

    Texts that are no call's, such as files, are returned as they are.
    """
    status, _, rest = text.partition("\n")
    if not status.startswith("exit status "):
        return text
    out = rest.partition("== errors\n")[0].partition("== output\n")[2]
    try:
        found = json.loads(out)
    except ValueError:
        return f"{status}\n"
    return f"{status}\n{json.dumps(_without(found), indent=1, ensure_ascii=False)}\n"


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: _emptied(one) if name in _SENTENCES else _without(one)
            for name, one in value.items()
        }
    if isinstance(value, list):
        return [_without(one) for one in value]
    return value


def _emptied(value: Any) -> Any:
    """Return the same shape with every text replaced: how many sentences there are still counts."""
    if isinstance(value, str):
        return _WORDS if value else ""
    if isinstance(value, list):
        return [_emptied(one) for one in value]
    return _without(value)
