"""A window with a whole text, which was cut where it was listed. It scrolls, and a line can be copied."""

from __future__ import annotations

from typing import ClassVar, Iterable, Sequence

from textual.binding import Binding, BindingType
from textual.widget import Widget

from screens.clipboard import can_copy, copy
from screens.modal import Window
from screens.widgets.row import Row, text_rows
from screens.widgets.rows import Rows


class Paragraphs(Rows):
    """Text that is wrapped at the width, with a cursor on one line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy", "Copy", tooltip="Copy the line under the cursor, whole."),
    ]
    CLICKS: ClassVar[tuple[str, str]] = ("", "")

    def __init__(self, paragraphs: Sequence[tuple[str, str]]) -> None:
        super().__init__(id="whole")
        self._paragraphs = paragraphs

    def on_resize(self) -> None:  # type: ignore[override]
        """Wrap the text at the new width."""
        self.show(
            [
                Row(row.text, row.look, f"{number}.{at}" if text else "")
                for number, (text, look) in enumerate(self._paragraphs)
                for at, row in enumerate(text_rows(text, max(10, self.size.width), look))
            ]
        )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:
        """Offer to copy only where the terminal can."""
        del parameters
        return action != "copy" or can_copy()

    def action_copy(self) -> None:
        """Copy the paragraph of the line under the cursor."""
        if self.current:
            copy(self.app, self._paragraphs[int(self.current.key.partition(".")[0])][0])


class TextWindow(Window[None]):
    """`paragraphs` are lines of any length, each with its look."""

    AUTO_FOCUS: ClassVar[str] = "Paragraphs"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter", "close", "Close", tooltip="Close the window."),
    ]

    def __init__(self, title: str, paragraphs: Iterable[tuple[str, str]]) -> None:
        super().__init__(title)
        self._paragraphs = tuple(paragraphs)

    def body(self) -> Iterable[Widget]:
        """Make the lines."""
        yield Paragraphs(self._paragraphs)

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Enter closes the window, as it opened it."""
        event.stop()
        if not event.toggled:
            self.action_close()
