"""A window over the screen that closes with an answer."""

from __future__ import annotations

from typing import ClassVar, Generic, Iterable, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widget import Widget

from screens.terminal import LOW, WIDE
from screens.widgets.keyline import KeyLine
from screens.widgets.line import Line
from screens.widgets.looks import LOOK_CLASSES
from screens.widgets.whole import Whole

Answer = TypeVar("Answer")


NEXT_PART = Binding(
    "tab", "app.focus_next", "Next part", tooltip="Go to the next part of the window."
)
"""For windows with a list or a choice, and a text that scrolls."""


class Window(ModalScreen[Answer], Whole, Generic[Answer]):
    """A window with title, body and keys. Esc closes it without an answer."""

    COMPONENT_CLASSES: ClassVar[set[str]] = LOOK_CLASSES
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close", tooltip="Close the window."),
    ]

    def __init__(self, title: str) -> None:
        super().__init__()
        self.heading = title

    def compose(self) -> ComposeResult:
        """Make title, body and keys."""
        self._fit()
        with Widget(id="window"):
            yield Line(self.heading, "strong", id="window-title")
            yield from self.body()
            yield KeyLine()

    def on_resize(self) -> None:
        """Follow the terminal's size."""
        self._fit()

    def _fit(self) -> None:
        wide, high = self.app.size
        self.set_class(high < LOW, "-low")
        self.set_class(wide >= WIDE, "-wide")

    def body(self) -> Iterable[Widget]:
        """Make the window's own widgets."""
        return ()

    def action_close(self) -> None:
        """Close it."""
        self.dismiss(None)
