"""The list of a result: groups, and the lines of those that are open."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from screens.clipboard import can_copy
from screens.result_rows import is_item
from screens.widgets.row import Row
from screens.widgets.rows import Rows


class Findings(Rows):
    """Groups, and the lines of those that are open."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter",
            "choose",
            "Open",
            tooltip="Open a group or close it. Show a line whole: what was seen, and what to do.",
        ),
        Binding("y", "pick", "Copy", tooltip="Copy the line under the cursor, whole."),
    ]

    def clicks(self, row: Row) -> tuple[str, str]:
        """Open or close a group with one click; show a line whole with the second one."""
        return ("", "choose") if is_item(row.key) else ("choose", "choose")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:
        """Offer only keys that do something: to copy, where the terminal can."""
        del parameters
        if action in {"choose", "pick"} and self.current is None:
            return False
        return action != "pick" or can_copy()
