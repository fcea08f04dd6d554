"""A window with what the host suggests for a field."""

from __future__ import annotations

from typing import ClassVar, Iterable, Sequence

from textual.binding import Binding, BindingType
from textual.widget import Widget

from screens.modal import Window
from screens.widgets.rows import Row, Rows
from wizard.host.suggest import Suggestion


class PickScreen(Window[str]):
    """Answers with the value that was picked."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # Shown only: the list itself takes the key.
        Binding("enter", "take", "Take it", id="take"),
    ]

    def __init__(self, label: str, found: Sequence[Suggestion]) -> None:
        super().__init__(f"{label}: found on this host")
        self._found = found

    def body(self) -> Iterable[Widget]:
        """Make the list."""
        wide = max(len(one.value) for one in self._found)
        yield Rows(
            [Row(f" {one.value:<{wide}}", "", one.value, f"  {one.why}") for one in self._found]
        )

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Answer."""
        event.stop()
        self.dismiss(event.row.key)

    def action_take(self) -> None:
        """Answer (where a mouse or a test presses the key on the window)."""
        self.query_one(Rows).action_choose()
