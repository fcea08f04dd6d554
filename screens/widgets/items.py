"""A field for a list: items and suggestions, each with a box, and a line to add one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Collection, Mapping, Sequence

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from screens.widgets.entry import Entry
from screens.widgets.field import FormField
from screens.widgets.line import Line
from screens.widgets.rows import Row, Rows
from wizard.answers.field import Field
from wizard.answers.form import Text, item_problem, item_problems, split_items
from wizard.answers.rules.names import readable_name
from wizard.host.suggest import Suggestion
from wizard.secrets import masked

ON, OFF = "[x]", "[ ]"


@dataclass(frozen=True)
class Item:
    """One item. `taken` is True if it is in the list. `remark` is the source of a suggestion."""

    text: str
    taken: bool
    remark: str = ""
    problem: str = ""


class Boxes(Rows):
    """Items, each with a box."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "pick", "Take/leave", tooltip="Take the item or leave it out."),
        Binding("delete", "remove", "Remove", tooltip="Remove the item."),
    ]

    @dataclass
    class Removed(Message):
        """The operator wants the row removed."""

        rows: Boxes
        row: Row

    def action_remove(self) -> None:
        """Request the removal of the row."""
        if self.current:
            self.post_message(self.Removed(self, self.current))


class ItemField(FormField):
    """A list of items. The space bar takes or drops one. Enter in the line adds one."""

    def __init__(
        self,
        field: Field,
        taken: Sequence[str],
        suggested: Sequence[Suggestion] = (),
    ) -> None:
        super().__init__(field)
        remarks = {one.value: one.why for one in suggested}
        wrong = item_problems(field.section, field.name, tuple(taken))
        self.items = [
            Item(text, True, remarks.get(text, ""), wrong.get(text, ""))
            for text in dict.fromkeys(taken)
        ]
        known = {item.text for item in self.items}
        self.items += [Item(text, False, why) for text, why in remarks.items() if text not in known]
        self._entered = ""

    def _fault(self, text: str) -> str:
        return item_problem(self.field.section, self.field.name, text)

    def compose(self) -> ComposeResult:
        """Stack label, items, the line to add one, and the preview."""
        yield Line(self.field.label, id="label")
        yield self.control()
        with Widget(classes="adding"):
            yield Line("Add:", "quiet", id="add-label")
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

    def _rows(self) -> list[Row]:
        # The key is the index, since an item may be there twice. A rule reports that.
        return [
            Row(
                f"  {ON if item.taken else OFF} {masked(readable_name(item.text))}",
                "wrong" if item.problem and item.taken else "" if item.taken else "quiet",
                str(number),
                f"  {'WRONG: ' + item.problem if item.problem else item.remark}".rstrip(),
                "wrong" if item.problem else "quiet",
            )
            for number, item in enumerate(self.items)
        ]

    def _redraw(self) -> None:
        rows = self._rows() or [Row("  none yet", "quiet")]
        self.query_one(Rows).show(rows)
        self.query_one(Rows).can_focus = bool(self.items)

    def _changed(self) -> None:
        self._redraw()
        self.post_message(self.Edited(self, self.text))

    @property
    def text(self) -> Text:
        """The taken items."""
        return tuple(item.text for item in self.items if item.taken)

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
        known = {item.text for item in self.items}
        new = [Item(one.value, False, one.why) for one in suggested if one.value not in known]
        if new:
            self.items += new
            self._redraw()

    def put(self, text: str) -> None:
        """Add items, as if they had been typed."""
        self._add(split_items(text))

    def settle(self) -> bool:
        """Add the text of the line. If it is wrong, leave it there and return False."""
        entry = self.query_one(Entry)
        items = split_items(entry.value)
        if len(items) == 1 and self._fault(items[0]):
            return False
        entry.value = ""
        if items:
            self._add(items)
        return True

    def _add(self, texts: Sequence[str]) -> None:
        # Typed items are in the order of the typing, also if they were suggested.
        remarks = {item.text: item.remark for item in self.items if not item.taken}
        typed = frozenset(texts)
        self.items = [item for item in self.items if item.taken or item.text not in typed]
        there = {item.text for item in self.items}
        wrong = item_problems(self.field.section, self.field.name, texts)
        for text in texts:
            if text not in there:
                there.add(text)
                self.items.append(Item(text, True, remarks.get(text, ""), wrong.get(text, "")))
        self._changed()

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
        """The problem of the text in the line to add from, "" for none."""
        items = split_items(self._entered)
        return self._fault(items[0]) if len(items) == 1 else ""

    def on_input_changed(self, event: Entry.Changed) -> None:
        """Report the edit. Several items at once, as from a paste, are added at once."""
        event.stop()
        was, self._entered = self._entered, event.value
        if len(event.value) > len(was) + 1 and len(split_items(event.value)) > 1:
            self.settle()
            return
        self.post_message(self.Edited(self, (), typed=True))

    def on_input_submitted(self, event: Entry.Submitted) -> None:
        """Add the text. An empty line goes to the next field."""
        event.stop()
        if not event.value.strip(" "):
            self.screen.focus_next()
        elif not self.settle():
            self.post_message(self.Edited(self, self.text))

    def on_key(self, event: events.Key) -> None:
        """Send text that is typed in the list to the line below it."""
        entry = self.query_one(Entry)
        if entry.has_focus or event.character in {None, " ", "?", "q"} or not event.is_printable:
            return
        event.stop()
        entry.focus()
        entry.insert_text_at_cursor(event.character or "")

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Take an item or drop it."""
        event.stop()
        number = int(event.row.key)
        self.items[number] = replace(self.items[number], taken=not self.items[number].taken)
        self._changed()

    def on_boxes_removed(self, event: Boxes.Removed) -> None:
        """Remove the item. After the last one go to the line to add one."""
        event.stop()
        del self.items[int(event.row.key)]
        self._changed()
        if not self.items:
            self.query_one(Entry).focus()
