"""The help page: the purpose of a screen, and every key that works there."""

from __future__ import annotations

from typing import ClassVar, Iterable, Mapping

from textual.binding import ActiveBinding
from textual.widget import Widget

from screens.modal import Window
from screens.terminal import WIDE
from screens.widgets.keyline import key_name
from screens.widgets.row import Row, text_rows
from screens.widgets.rows import Lines
from screens.widgets.wrap import wrapped

AROUND = 4
"""Cells of the window's frame."""

LEAST, MOST, MOST_WIDE = 20, 68, 92
"""Cells of the text; the last number is for wide terminals."""
MOVING = (
    ("Tab Up Down", "Move between the fields; in a list, Up and Down move in it."),
    ("Space", "Switch a list's item on or off; choose a word."),
    ("Enter", "Add what is typed to a list; else go on to the next field."),
    ("Left Right", "Move long lines under the window; move in what is typed."),
    ("^U", "Delete what is typed before the cursor."),
    ("PgUp PgDn", "Move by a page."),
    ("Home End", "Go to the first line or to the last one."),
    ("Del", "Remove a list's item."),
    ("Click", "Choose what is under the mouse, also a key below. Click a line again to open it."),
    ("Wheel", "Scroll. Hold Shift (Option on a Mac) to mark text with the mouse."),
)
OUTSIDE = (
    "The same without screens: `postfix-wizard plan` shows what would be done, "
    "`postfix-wizard apply` does it, `postfix-wizard --help` names the rest."
)
ON_ALL = "On all screens:"


class HelpScreen(Window[None]):
    """Lines to read. They are made from the bindings, so that none is forgotten."""

    AUTO_FOCUS: ClassVar[str] = "Lines"

    def __init__(
        self,
        title: str,
        text: str,
        own: Mapping[str, ActiveBinding],
        of_all: Mapping[str, ActiveBinding],
    ) -> None:
        super().__init__(f"Help: {title}")
        self._text = text
        self._own, self._of_all = own, of_all

    def body(self) -> Iterable[Widget]:
        """Make the lines."""
        yield Lines(self._rows(self.app.size.width - AROUND), choosing=False)

    def on_resize(self) -> None:
        """Wrap the lines at the width of the window."""
        lines = self.query_one(Lines)
        lines.show(self._rows(lines.size.width))

    def _rows(self, width: int) -> list[Row]:
        most = MOST_WIDE if self.app.size.width >= WIDE else MOST
        width = max(LEAST, min(width, most))
        rows = [*text_rows(self._text, width), Row("")]
        own, of_all = _texts(self._own), _texts(self._of_all)
        moving = {name: text for name, text in MOVING if name not in {**own, **of_all}}
        if own:
            rows += [*_key_rows(own, width), Row(""), Row(ON_ALL, "quiet")]
        rows += _key_rows({**of_all, **moving}, width)
        return [*rows, Row(""), *text_rows(OUTSIDE, width, "quiet")]


def _texts(keys: Mapping[str, ActiveBinding]) -> dict[str, str]:
    """Return what each key does by its name; of several keys for one action, the first one."""
    shown: dict[str, tuple[str, str]] = {}
    for active in keys.values():
        binding = active.binding
        if binding.show:
            text = active.tooltip or binding.description
            shown.setdefault(binding.action, (key_name(binding), text))
    return dict(shown.values())


def _key_rows(keys: Mapping[str, str], width: int) -> list[Row]:
    return [
        Row(f" {'' if number else name:<12}", "strong", "", line, "")
        for name, text in keys.items()
        for number, line in enumerate(wrapped(text, width - 13))
    ]
