"""A window with a yes-or-no question."""

from __future__ import annotations

from typing import ClassVar, Iterable

from textual.binding import Binding, BindingType
from textual.widget import Widget

from screens.modal import Window
from screens.widgets.line import Line


class AskScreen(Window[bool]):
    """Yes or no. Neither Enter nor Esc ever means yes."""

    AUTO_FOCUS: ClassVar[str] = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes", id="yes", key_display="y"),
        Binding("n", "answer(False)", "No", id="no", key_display="n"),
    ]

    def __init__(self, title: str, text: str) -> None:
        super().__init__(title)
        self._text = text

    def body(self) -> Iterable[Widget]:
        """Make the question's text."""
        yield Line(self._text, id="window-text")

    def action_answer(self, yes: bool) -> None:
        """Answer."""
        self.dismiss(yes)

    def action_close(self) -> None:
        """Esc is a no."""
        self.dismiss(False)
