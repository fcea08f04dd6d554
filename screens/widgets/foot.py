"""The foot of a form: what the field in focus is for, or what is wrong with it."""

from __future__ import annotations

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.widget import Widget

from screens.widgets.line import Line
from screens.widgets.wrap import wrapped

LINES, MOST_LINES = 4, 8
"""Lines of the foot, with the one above it: for the help of each field, and for long errors."""


class Foot(Widget):
    """The preview of an inline field, and the advice."""

    def __init__(self) -> None:
        super().__init__(id="foot")
        self.says_wrong = False
        """True if the advice is about an error."""
        self._height = LINES

    def compose(self) -> ComposeResult:
        """Make the two lines."""
        yield Line(id="foot-preview")
        yield Line(look="quiet", id="foot-advice")

    def show_preview(self, preview: str) -> None:
        """Show the preview of an inline field."""
        self.query_one("#foot-preview", Line).say(preview, "value")

    def clear(self) -> None:
        """Show nothing instead of the advice, which would cost a slow line more than the key."""
        self.query_one("#foot-advice", Line).say("", "quiet")
        self.says_wrong = False

    def say(self, preview: str, advice: str, look: str, words: str = "") -> None:
        """Show both. The foot grows for a long text, where the form can spare the lines.

        `words` are those of the advice that have the look, "" for all.
        """
        self.says_wrong = look == "wrong"
        if cell_len(preview) > self.size.width > 0:
            # Its line would cut it. The advice is wrapped.
            preview, advice = "", f"{preview}\n{advice}"
        line = self.query_one("#foot-preview", Line)
        line.set_class(bool(preview), "-shown")
        line.say(preview, "value")
        self.query_one("#foot-advice", Line).say(advice, look, words)
        most = LINES if self.screen.has_class("-low") else MOST_LINES
        needed = 1 + bool(preview) + len(wrapped(advice, self.size.width, MOST_LINES))
        height = max(LINES, min(needed, most))
        if height != self._height:
            self._height = height
            self.styles.height = height
