"""The page "what undo cannot do", for the screens of an undo."""

from __future__ import annotations

from typing import Any

from textual.app import App
from textual.binding import Binding

LIMITS = (
    "Mail that was delivered, refused or returned meanwhile is not brought back.",
    "A file that somebody changed by hand after the run is not overwritten: then nothing is undone.",
    "Later runs that changed the same files are undone first; the plan names them.",
    "Packages that the run installed stay: `postfix-wizard undo --remove-package` removes them.",
    "The .orig files stay.",
    "Certificates that were issued stay, and those that certbot renewed since the run.",
    "A DNS zone gets its old serial back: a secondary server ignores it until the serial is higher.",
    "Mail that the old configuration would return is put on hold. The result says how to release it.",
    "The journals of all runs stay in /var/lib/postfix-wizard.",
    'Nothing undoes an undo: "Stays" has the command that makes the changes again.',
)

UNDO_LIMITS = Binding(
    "i",
    "undo_limits",
    "Limits of undo",
    tooltip="Show what undo cannot do.",
)
"""For screens of an undo."""


def show_undo_limits(app: App[Any]) -> None:
    """Open the page."""
    from screens.text_window import TextWindow  # noqa: PLC0415 - only when it is needed

    paragraphs = [part for one in LIMITS for part in ((one, ""), ("", ""))]
    app.push_screen(TextWindow("What undo cannot do", paragraphs[:-1]))
