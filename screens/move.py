"""A window over the whole screen with the checklist of the move. Items can be ticked by hand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Callable, ClassVar, Optional

from textual.binding import Binding, BindingType
from textual.widget import Widget

from screens.background import in_background
from screens.desk import Desk
from screens.messages import Failed
from screens.modal import NEXT_PART, Window
from screens.widgets.line import Line
from screens.widgets.row import Row, text_rows
from screens.widgets.rows import Rows
from wizard.answers.model import Answers
from wizard.move import ticks
from wizard.move.model import DONE, OPEN, TICKED, UNKNOWN, Checklist
from wizard.move.report import details, head

LOOKING = "Looking at the records and at the old server: six seconds at most ..."
WARNING = "Warning"
LOOKS = {DONE: "right", TICKED: "right", OPEN: "wrong", UNKNOWN: ""}


class Items(Rows):
    """One line for each item. Space ticks it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "space",
            "pick",
            "Tick",
            tooltip="Tick an item that cannot be seen from here, or take the tick back.",
        ),
    ]


class MoveScreen(Window[None]):
    """The items, and below them the details of the current one. `answers` is called in a thread."""

    AUTO_FOCUS: ClassVar[str] = "Items"
    BINDINGS: ClassVar[list[BindingType]] = [
        NEXT_PART,
        Binding("c", "look", "Look again", tooltip="Read the state of the move again."),
    ]

    def __init__(self, desk: Desk, answers: Callable[[], Answers]) -> None:
        super().__init__("The move from the old server")
        self._desk = desk
        self._dry_run = desk.wish.dry_run
        self._answers = answers
        self._found: Optional[Checklist] = None

    def body(self) -> Iterable[Widget]:
        """Put the list between its head and the foot."""
        yield Line(LOOKING, "quiet", id="move-says")
        yield Items(id="items")
        with Widget(id="move-foot"):
            yield Rows(choosing=False, id="move-detail")

    def on_mount(self) -> None:
        """Read the state of the move in a thread."""
        self.action_look()

    def action_look(self) -> None:
        """Read the state again."""
        self._begin(lambda: None)

    def _begin(self, first: Callable[[], None]) -> None:
        """Read the state of the move in a thread, after `first`."""
        self.query_one("#move-says", Line).say(LOOKING, "quiet")
        desk, session = self._desk, self._desk.session

        def work() -> Optional[Checklist]:
            first()
            host = desk.host()
            found = session.move(self._answers(), host)
            if found is not None and not self._dry_run:
                ticks.write_saved(session.places, found.old.name, found.saved)
            return found

        in_background(self, work, self._show_found)

    def on_failed(self, message: Failed) -> None:
        """Say why there is nothing to show, or why a tick was not saved."""
        message.stop()
        self.query_one("#move-says", Line).say_error(message.text)

    def on_resize(self) -> None:
        """Wrap the lines again."""
        self._say_more()

    def _show_found(self, found: Optional[Checklist]) -> None:
        """Show the state of the move; None without an old server."""
        self._found = found
        if found is None:
            self.query_one("#move-says", Line).say("No old server is named any more.", "quiet")
            return
        said = " ".join((found.summary, *(f"{WARNING}: {one}" for one in found.warnings)))
        self.query_one("#move-says", Line).say(said, "caution", WARNING)
        self.query_one(Items).show(
            [Row(head(row)[:9], LOOKS[row.state], row.id, head(row)[9:], "") for row in found.rows]
        )
        self._say_more()

    def on_rows_moved(self, event: Rows.Moved) -> None:
        """Show the details of the item under the cursor."""
        event.stop()
        if isinstance(event.rows, Items):
            self._say_more()

    def _say_more(self) -> None:
        current = self.query_one(Items).current
        rows = self._found.rows if self._found else ()
        row = next((one for one in rows if current and one.id == current.key), None)
        detail = self.query_one("#move-detail", Rows)
        width = max(20, detail.size.width)
        texts = () if row is None else details(row)
        detail.show([row for text in texts for row in text_rows(text, width)])

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Tick the item, or take its tick back."""
        event.stop()
        found, key = self._found, event.row.key
        if found is None or not event.toggled or self._dry_run:
            return
        old, one, none = found.old.name, (key,), ()
        done, undone = (none, one) if key in found.saved.ticked else (one, none)
        self._begin(lambda: self._desk.session.tick_move(old, done, undone))
