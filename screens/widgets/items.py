"""A field for a list: items and suggestions, each with a box, and a line to add one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Callable, ClassVar, Collection, Mapping, Optional, Sequence

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from screens.widgets.entry import Entry
from screens.widgets.field import WRONG, FormField
from screens.widgets.field_label import FieldLabel
from screens.widgets.line import Line
from screens.widgets.row import Row
from screens.widgets.rows import FieldRows, Rows
from wizard.answers.as_written import as_written
from wizard.answers.field import Field
from wizard.answers.form import Text, item_problem, item_problems, split_items
from wizard.answers.rules.names import readable_name
from wizard.host.suggest import Suggestion
from wizard.secrets import masked

ON, OFF = "[x]", "[ ]"
MAX_REFUSED = 5
"""Wrong items of a paste that are named; the rest is counted."""


@dataclass(frozen=True)
class Item:
    """One item. `taken` is True if it is in the list. `remark` is the source of a suggestion."""

    text: str
    taken: bool
    remark: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Shown:
    """The rows of a list in their order, and which of them this host suggests, with the reasons."""

    items: tuple[Item, ...]
    remarks: Mapping[str, str]


class Boxes(FieldRows):
    """Items, each with a box."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "pick", "On/off", tooltip="Put the item on the list, or leave it out."),
        Binding(
            "delete",
            "remove",
            "Remove",
            tooltip="Remove the item; one that this host suggests is only left out.",
        ),
    ]
    CLICKS: ClassVar[tuple[str, str]] = ("pick", "pick")

    @dataclass
    class Removed(Message):
        """The operator wants the row removed."""

        rows: Boxes
        row: Row

    def action_remove(self) -> None:
        """Request the removal of the row."""
        if self.current:
            self.post_message(self.Removed(self, self.current))


def _harmless(item: str) -> str:
    """Find no danger in taking an item out."""
    del item
    return ""


class ItemField(FormField):
    """A list of items. The space bar takes or drops one. Enter in the line adds one.

    `danger` returns what taking an item out would do, "" for nothing dangerous. Then the same key is
    needed a second time. `adds` names what the line adds.
    """

    @dataclass
    class Warned(Message):
        """A key would take something dangerous out: `ItemField.warning` has the sentence."""

    def __init__(
        self,
        field: Field,
        taken: Sequence[str],
        suggested: Sequence[Suggestion] = (),
        *,
        adds: str = "",
        danger: Callable[[str], str] = _harmless,
    ) -> None:
        super().__init__(field)
        self._adds = f"Add {adds}:" if adds else "Add:"
        self._danger = danger
        self._warned = ""
        self._remarks = {one.value: one.why for one in suggested}
        wrong = item_problems(field.section, field.name, tuple(taken))
        self.items = [
            Item(text, True, self._remarks.get(text, ""), wrong.get(text, ""))
            for text in dict.fromkeys(taken)
        ]
        self._add_suggested()
        self._entered = ""

    def _add_suggested(self) -> bool:
        known = {item.text for item in self.items}
        new = [Item(text, False, why) for text, why in self._remarks.items() if text not in known]
        self.items += new
        return bool(new)

    @property
    def shown(self) -> Shown:
        """The rows as they are now."""
        return Shown(tuple(self.items), dict(self._remarks))

    def show_as(self, shown: Optional[Shown]) -> None:
        """Put the rows in the order of an earlier visit, so that no key finds another row there."""
        if shown is None:
            return
        taken = set(self.text)
        earlier = [replace(one, taken=one.text in taken) for one in shown.items]
        known = {one.text for one in earlier}
        self.items = [*earlier, *(one for one in self.items if one.text not in known)]
        self._remarks.update(shown.remarks)
        self._redraw()

    def _fault(self, text: str) -> str:
        return item_problem(self.field.section, self.field.name, text)

    def compose(self) -> ComposeResult:
        """Stack label, items, the line to add one, and the preview."""
        yield FieldLabel(self.label)
        yield self.control()
        with Widget(classes="adding") as adding:
            # All that a list of known words can have is in it.
            adding.display = not self.field.choices
            yield Line(self._adds, "quiet", id="add-label")
            yield Entry()
        preview = Line(id="preview")
        preview.display = bool(self.field.becomes)
        yield preview

    def control(self) -> Widget:
        """Make the list."""
        return Boxes(self._rows())

    def on_mount(self) -> None:
        """Set the look of an empty list."""
        self._redraw()

    @property
    def _boxes(self) -> Boxes:
        return self.query_one(Boxes)

    def _rows(self) -> list[Row]:
        # The key is the index, since an item may be there twice. A rule reports that.
        return [
            Row(
                f"  {ON if item.taken else OFF} {masked(readable_name(item.text))}",
                "" if item.taken else "quiet",
                str(number),
                f"  {WRONG}" if item.problem else f"  {item.remark}".rstrip(),
                "wrong" if item.problem else "quiet",
                f": {item.problem}" if item.problem else "",
                "",
            )
            for number, item in enumerate(self.items)
        ]

    def _redraw(self) -> None:
        rows = self._rows() or [Row("  none yet", "quiet")]
        self._boxes.show(rows)
        self._boxes.can_focus = bool(self.items)

    def _changed(self) -> None:
        self._warned = ""
        self._redraw()
        self.post_message(self.Edited(self, self.text))

    @property
    def text(self) -> Text:
        """The taken items."""
        return tuple(item.text for item in self.items if item.taken)

    @property
    def current(self) -> str:
        """The item under the cursor, "" in the line to add one."""
        row = self._boxes.current if self._boxes.has_focus else None
        return self.items[int(row.key)].text if row and self.items else ""

    @property
    def warning(self) -> str:
        """What taking out the item under the cursor would do, once a key was pressed for that."""
        if not self._warned or self._warned != self.current:
            return ""
        return f"{self._danger(self._warned)} Press the key again to take it out."

    @property
    def item_problem(self) -> str:
        """What is wrong with the item under the cursor."""
        row = self._boxes.current if self._boxes.has_focus else None
        return self.items[int(row.key)].problem if row and self.items else ""

    def remark(self, remarks: Mapping[str, str]) -> None:
        """Set the remarks of items, by their text."""
        self.items = [
            replace(item, remark=remarks.get(item.text, item.remark)) for item in self.items
        ]
        self._redraw()

    def leave_out(self, texts: Collection[str]) -> None:
        """Drop these items from the list. They stay visible."""
        self.items = [
            replace(item, taken=item.taken and item.text not in texts) for item in self.items
        ]
        self._changed()

    def offer(self, suggested: Sequence[Suggestion]) -> None:
        """Add suggestions that are found later. They are not taken."""
        self._remarks = {**{one.value: one.why for one in suggested}, **self._remarks}
        if self._add_suggested():
            self._redraw()

    def put(self, text: str) -> None:
        """Add items, as if they had been typed."""
        self._add(split_items(text))

    def settle(self) -> bool:
        """Add the right items of the line. Wrong ones stay in it; then return False."""
        entry = self.query_one(Entry)
        items = split_items(entry.value)
        taken = tuple(as_written(self.field, item) for item in items)
        wrong = item_problems(self.field.section, self.field.name, taken)
        refused = [item for item, value in zip(items, taken) if value in wrong]
        self._entered = " ".join(refused)
        if entry.value != self._entered:
            entry.value = self._entered
            entry.cursor_position = len(self._entered)
        right = [value for value in taken if value not in wrong]
        if right:
            self._add(right, dict(zip(taken, items)))
        return not refused

    def _add(self, texts: Sequence[str], typed_as: Mapping[str, str] = {}) -> None:
        # Typed items are in the order of the typing, also if they were suggested.
        remarks = {item.text: item.remark for item in self.items if not item.taken}
        remarks.update(
            (value, f"typed as {typed}") for value, typed in typed_as.items() if value != typed
        )
        typed = frozenset(texts)
        self.items = [item for item in self.items if item.taken or item.text not in typed]
        there = {item.text for item in self.items}
        for text in texts:
            if text not in there:
                there.add(text)
                self.items.append(Item(text, True, remarks.get(text, "")))
        self._changed()
        if texts:
            self._boxes.go_to(str(next(n for n, i in enumerate(self.items) if i.text == texts[-1])))

    @property
    def entered(self) -> str:
        """The text in the line to add from."""
        return self._entered

    def begin_with(self, text: str) -> None:
        """Put text that was typed in an earlier sitting into the line to add from."""
        self._entered = text
        with self.prevent(Entry.Changed):
            self.query_one(Entry).value = text

    @property
    def typed_problem(self) -> str:
        """The problems of the text in the line to add from, "" for none."""
        items = split_items(self._entered)
        if not items:
            return ""
        values = {as_written(self.field, item): item for item in items}
        wrong = item_problems(self.field.section, self.field.name, tuple(values))
        if len(items) == 1:
            return next(iter(wrong.values()), "")
        shown = [f"{masked(values[text])}: {said}" for text, said in wrong.items()]
        rest = len(shown) - MAX_REFUSED
        more = [f"and {rest} more."] if rest > 0 else []
        return " ".join([*shown[:MAX_REFUSED], *more])

    def on_input_changed(self, event: Entry.Changed) -> None:
        """Report the edit. Several items at once, as from a paste, are added at once."""
        event.stop()
        was, self._entered = self._entered, event.value
        if len(event.value) > len(was) + 1 and len(split_items(event.value)) > 1:
            self.settle()
            if not self._entered:
                return
        self.post_message(self.Edited(self, (), typed=True))

    def on_input_submitted(self, event: Entry.Submitted) -> None:
        """Add the text. An empty line goes to the next field, as in a field for one text."""
        if not event.value.strip(" "):
            return
        event.stop()
        if not self.settle():
            self.post_message(self.Edited(self, self.text))

    def on_key(self, event: events.Key) -> None:
        """Send text that is typed in the list to the line below it; go up to the last item."""
        entry = self.query_one(Entry)
        if entry.has_focus:
            if event.key == "up" and self.items:
                event.stop()
                self._boxes.action_end(1)
                self._boxes.focus()
            return
        if event.character in {None, " ", "?"} or not event.is_printable:
            return
        event.stop()
        entry.focus()
        entry.insert_text_at_cursor(event.character or "")

    def _is_safe(self, item: Item) -> bool:
        """True if the item can be taken out now. A dangerous one needs the key a second time."""
        if not item.taken or self._warned == item.text or not self._danger(item.text):
            return True
        self._warned = item.text
        self.post_message(self.Warned())
        return False

    def on_rows_moved(self, event: Rows.Moved) -> None:
        """Forget a warning about another item, and let the form explain the one under the cursor."""
        del event
        self._warned = ""

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Take an item or drop it."""
        event.stop()
        self._switch(int(event.row.key))

    def _switch(self, number: int) -> None:
        item = self.items[number]
        if self._is_safe(item):
            self.items[number] = replace(item, taken=not item.taken)
            self._changed()

    def on_boxes_removed(self, event: Boxes.Removed) -> None:
        """Remove the item; leave out a suggested one. After the last one go to the line to add one."""
        event.stop()
        number = int(event.row.key)
        item = self.items[number]
        if item.text in self._remarks:
            if item.taken:
                self._switch(number)
            return
        if not self._is_safe(item):
            return
        del self.items[number]
        self._changed()
        if not self.items:
            self.query_one(Entry).focus()
