"""Copy a line to the clipboard of the operator's own terminal (OSC 52)."""

from __future__ import annotations

import os
from typing import Any

from textual.app import App

from screens.widgets.wrap import plain

CANNOT = frozenset({"linux", "vt100", "vt102", "vt220"})
"""Values of TERM of consoles that would print the sequence or drop it."""


def can_copy() -> bool:
    """True if the terminal may know OSC 52. No terminal tells."""
    return os.environ.get("TERM", "") not in CANNOT


def copy(app: App[Any], text: str) -> None:
    """Copy a line, without control characters and keys.."""
    app.copy_to_clipboard(plain(text))
