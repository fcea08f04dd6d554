"""A choice among a few words, all visible: `(x) ipv4  ( ) all  ( ) ipv6`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Collection, Sequence

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Offset, Size
from textual.message import Message
from textual.strip import Strip

from screens.widgets.looks import Drawn
from screens.widgets.moving import focus_beside
from screens.widgets.row import Row
from screens.widgets.rows import FieldRows


class Choice(Drawn, can_focus=True):
    """A field with a few words as values. Left, right and the space bar change it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", "Before", show=False),
        Binding(
            "right,space",
            "step(1)",
            "Choose",
            key_display="Left/Right",
            tooltip="Choose the next word (also the space bar), or the one before.",
        ),
        Binding("up", "beside(-1)", "Previous field", show=False),
        Binding("down", "beside(1)", "Next field", show=False),
        Binding("enter", "go_on", "Next field", show=False),
    ]

    @dataclass
    class Changed(Message):
        """Another word was chosen."""

        choice: Choice
        value: str

    @dataclass
    class Ended(Message):
        """Enter was pressed, and no field comes after this one."""

    def __init__(self, value: str, words: Sequence[str], *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.value = value
        self.words = tuple(words)

    def action_step(self, by: int) -> None:
        """Choose the next word or the one before. After the last comes the first."""
        at = self.words.index(self.value) if self.value in self.words else -by
        self.choose(self.words[(at + by) % len(self.words)])

    def action_beside(self, by: int) -> None:
        """Go to the field before or after."""
        focus_beside(self, by)

    def action_go_on(self) -> None:
        """Go to the next field, or report that there is none."""
        if not focus_beside(self, 1):
            self.post_message(self.Ended())

    def choose(self, value: str) -> None:
        """Take this word."""
        if value == self.value:
            return
        self.value = value
        self.refresh()
        self._place_cursor()
        self.post_message(self.Changed(self, value))

    def on_click(self, event: events.Click) -> None:
        """Choose the word under the mouse."""
        offset = event.get_content_offset(self)
        rows = self._rows(self.size.width)
        if offset is None or offset.y >= len(rows):
            return
        end = 0
        for at in rows[offset.y]:
            (text, _), (gap, _) = self.parts()[at * 2 : at * 2 + 2]
            start, end = end, end + len(text) + len(gap)
            if start <= offset.x < start + len(text):
                self.choose(self.words[at])

    def on_focus(self) -> None:
        """Show the focus on the chosen word."""
        self.refresh()
        self._place_cursor()

    def on_blur(self) -> None:
        """Remove the mark of the focus."""
        self.refresh()

    def on_resize(self) -> None:
        """Place the cursor: before the first layout, the focus finds no place for it."""
        if self.has_focus:
            self._place_cursor()
            self.refresh()

    def parts(self) -> tuple[tuple[str, str], ...]:
        """Return the line. A mark shows the chosen word, also without colours."""
        parts: list[tuple[str, str]] = []
        for word in self.words:
            chosen = word == self.value
            parts += [(f"({'x' if chosen else ' '}) {word}", self.chosen_look(word)), ("  ", "")]
        return tuple(parts)

    def chosen_look(self, word: str) -> str:
        """Return the look of a word: reversed if it is chosen and has the focus."""
        if word != self.value:
            return ""
        return "cursor" if self.has_focus else "strong"

    def _place_cursor(self) -> None:
        x, y, _, _ = self.content_region
        at = self.words.index(self.value) if self.value in self.words else 0
        rows = self._rows(self.size.width)
        row = next(number for number, words in enumerate(rows) if at in words)
        before = self.parts()[rows[row].start * 2 : at * 2]
        cells = sum(len(text) for text, _ in before)
        self.app.cursor_position = Offset(x + cells + 1, y + row)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the number of lines for the words."""
        del container, viewport
        return len(self._rows(width))

    def _rows(self, width: int) -> list[range]:
        """Return for each line the indexes of its words, as many as fit next to each other."""
        rows: list[range] = []
        first = cells = 0
        texts = [len(text) for text, _ in self.parts()]
        for at, (wide, gap) in enumerate(zip(texts[::2], texts[1::2])):
            if at > first and cells + wide > width:
                rows.append(range(first, at))
                first, cells = at, 0
            cells += wide + gap
        return [*rows, range(first, len(self.words))]

    def render_line(self, y: int) -> Strip:
        """Draw one line of words. A narrow widget has several lines."""
        rows = self._rows(self.size.width)
        words = rows[y] if y < len(rows) else range(0)
        return self.strips(self.parts()[words.start * 2 : words.stop * 2], self.size.width)


class ChoiceList(FieldRows):
    """A choice with a sentence for each word, one a line. The space bar and Enter take one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "pick", "Choose", tooltip="Choose the word under the cursor."),
        Binding("left", "step(-1)", "Choice before", show=False),
        Binding("right", "step(1)", "Next choice", show=False),
    ]
    CLICKS: ClassVar[tuple[str, str]] = ("pick", "pick")

    def __init__(self, value: str, words: Sequence[str], says: Sequence[str]) -> None:
        self.value = value
        self._words = tuple(zip(words, says))
        super().__init__(self._lines())
        self.go_to(value)

    def _lines(self) -> list[Row]:
        wide = max(len(word) for word, _ in self._words)
        return [
            Row(
                f"  ({'x' if word == self.value else ' '}) {word:<{wide}}",
                "strong" if word == self.value else "",
                word,
                f"  {says[:1].upper()}{says[1:]}",
            )
            for word, says in self._words
        ]

    def choose(self, value: str) -> None:
        """Mark this word, and put the cursor on it."""
        self.value = value
        self.show(self._lines())
        self.go_to(value)

    def action_choose(self) -> None:
        """Take the word under the cursor at once: the next key may come before the field's answer."""
        self._take()
        super().action_choose()

    def action_pick(self) -> None:
        """Do the same for the space bar."""
        self._take()
        super().action_pick()

    def _take(self) -> None:
        if self.current:
            self.choose(self.current.key)

    def action_step(self, by: int) -> None:
        """Take the next word or the one before. After the last comes the first."""
        words = [word for word, _ in self._words]
        at = words.index(self.value) if self.value in words else -by
        self.go_to(words[(at + by) % len(words)])
        self.action_pick()


class Tabs(Choice):
    """The tabs' names. The digits choose one from anywhere on the screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,space", "step(1)", "Next tab", show=False),
    ]

    def __init__(
        self,
        value: str,
        words: Sequence[str],
        *,
        quiet: Collection[str] = (),
        id: str | None = None,  # noqa: A002 - Textual's own name
    ) -> None:
        super().__init__(value, words, id=id)
        self._quiet = quiet

    def chosen_look(self, word: str) -> str:
        """Return the look of a name: that of a tab with nothing new in it is quiet."""
        look = super().chosen_look(word)
        return "quiet" if not look and word in self._quiet else look

    def parts(self) -> tuple[tuple[str, str], ...]:
        """Return the line, with brackets around the open tab."""
        parts: list[tuple[str, str]] = []
        for word in self.words:
            opening, closing = "[]" if word == self.value else "  "
            parts += [(f"{opening}{word}{closing}", self.chosen_look(word)), ("", "")]
        return tuple(parts)
