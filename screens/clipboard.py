"""Copy a line to the clipboard of the operator's own terminal (OSC 52)."""

from __future__ import annotations

import os
from typing import Any

from textual.app import App

from screens.terminal import FEW_KEYS
from screens.widgets.wrap import plain


def can_copy() -> bool:
    """True if the terminal may know OSC 52, which no terminal tells. Consoles print it or drop it."""
    return os.environ.get("TERM", "") not in FEW_KEYS


def copy(app: App[Any], text: str) -> None:
    """Copy a line, without control characters and keys.."""
    app.copy_to_clipboard(plain(text))
