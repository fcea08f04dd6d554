"""A window with a yes-or-no question."""

from __future__ import annotations

from typing import Any, Callable, ClassVar, Iterable, Optional

from textual.app import App
from textual.binding import Binding, BindingType
from textual.widget import Widget

from screens.modal import Window
from screens.widgets.line import Line


class AskScreen(Window[bool]):
    """Yes or no. Neither Enter nor Esc ever means yes."""

    AUTO_FOCUS: ClassVar[str] = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes"),
        Binding("n", "answer(False)", "No"),
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


def ask(
    app: App[Any],
    title: str,
    text: str,
    yes: Callable[[], object],
    no: Callable[[], object] = lambda: None,
) -> None:
    """Ask, and call the function of the answer."""

    def answered(agreed: Optional[bool]) -> None:
        (yes if agreed else no)()

    app.push_screen(AskScreen(title, text), answered)
