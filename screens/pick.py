"""A window with the host's suggestions for a field."""

from __future__ import annotations

from typing import ClassVar, Iterable, Sequence

from textual.binding import Binding, BindingType
from textual.widget import Widget

from screens.modal import Window
from screens.widgets.rows import Row, Rows
from wizard.host.suggest import Suggestion


class Suggestions(Rows):
    """The list of suggestions."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "choose", "Take it")]


class PickScreen(Window[str]):
    """Closes with the chosen value."""

    AUTO_FOCUS: ClassVar[str] = "Suggestions"

    def __init__(self, label: str, found: Sequence[Suggestion]) -> None:
        super().__init__(f"{label}: found on this host")
        self._found = found

    def body(self) -> Iterable[Widget]:
        """Make the list."""
        wide = max(len(one.value) for one in self._found)
        yield Suggestions(
            [Row(f" {one.value:<{wide}}", "", one.value, f"  {one.why}") for one in self._found]
        )

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Answer."""
        event.stop()
        self.dismiss(event.row.key)
