"""The names of a screen's tabs on one line, with brackets around the open one."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from screens.widgets.choice import Choice


class Tabs(Choice):
    """The tabs' names. The digits choose one from anywhere on the screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,space", "step(1)", "Next tab", show=False),
    ]

    def parts(self) -> tuple[tuple[str, str], ...]:
        """Return the line, with brackets around the open tab."""
        parts: list[tuple[str, str]] = []
        for word in self.words:
            opening, closing = "[]" if word == self.value else "  "
            parts += [(f"{opening}{word}{closing}", self.chosen_look(word)), ("", "")]
        return tuple(parts)
