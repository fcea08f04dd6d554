"""A field that holds a list: its items with a box each, what the host suggests, a line to add."""

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
    """One item: whether it is taken, and a remark (where a suggestion comes from)."""

    text: str
    taken: bool
    remark: str = ""
    problem: str = ""


class Boxes(Rows):
    """Items with a box each."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "pick", "Take/leave", id="take", tooltip="Take the item or leave it out."),
        Binding(
            "delete", "remove", "Remove", id="remove", key_display="Del", tooltip="Remove the item."
        ),
    ]

    @dataclass
    class Removed(Message):
        """The operator wants the row gone."""

        rows: Boxes
        row: Row

    def action_remove(self) -> None:
        """Say that the row is to go."""
        if self.current:
            self.post_message(self.Removed(self, self.current))


class ItemField(FormField):
    """A list of items. The space bar takes one or leaves it out; Enter in the line adds one."""

    def __init__(
        self,
        field: Field,
        taken: Sequence[str],
        suggested: Sequence[Suggestion] = (),
        *,
        adding: str = "Add:",
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
        self._adding = adding
        self._entered = ""

    def _fault(self, text: str) -> str:
        return item_problem(self.field.section, self.field.name, text)

    def compose(self) -> ComposeResult:
        """Stack label, items, the line to add one, and what it becomes."""
        yield Line(self.field.label, id="label")
        yield self.control()
        with Widget(classes="adding"):
            yield Line(self._adding, "quiet", id="add-label")
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
        # The key is the place: an item may stand there twice, which a rule then says.
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
        """The items that are taken."""
        return tuple(item.text for item in self.items if item.taken)

    def remark(self, remarks: Mapping[str, str]) -> None:
        """Write remarks beside items, by their text."""
        self.items = [
            replace(item, remark=remarks.get(item.text, item.remark)) for item in self.items
        ]
        self._redraw()

    def leave_out(self, texts: Collection[str]) -> None:
        """Take these items no longer; they stay in sight."""
        self.items = [
            replace(item, taken=item.taken and item.text not in texts) for item in self.items
        ]
        self._changed()

    def offer(self, suggested: Sequence[Suggestion]) -> None:
        """Add suggestions that are found later; none is taken by itself."""
        known = {item.text for item in self.items}
        new = [Item(one.value, False, one.why) for one in suggested if one.value not in known]
        if new:
            self.items += new
            self._redraw()

    def put(self, text: str) -> None:
        """Add items, as if they had been typed."""
        self._add(split_items(text))

    def settle(self) -> bool:
        """Add what stands in the line; False when it is wrong, and it stays there."""
        entry = self.query_one(Entry)
        items = split_items(entry.value)
        if len(items) == 1 and self._fault(items[0]):
            return False
        entry.value = ""
        if items:
            self._add(items)
        return True

    def _add(self, texts: Sequence[str]) -> None:
        # What is typed stands in the order of the typing, whether it was suggested or not.
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
    def typed_problem(self) -> str:
        """What is wrong with the text in the line to add from, "" while nothing is."""
        items = split_items(self._entered)
        return self._fault(items[0]) if len(items) == 1 else ""

    def on_input_changed(self, event: Entry.Changed) -> None:
        """Look at what is typed; many items at once, as from a paste, are added right away."""
        event.stop()
        was, self._entered = self._entered, event.value
        if len(event.value) > len(was) + 1 and len(split_items(event.value)) > 1:
            self.settle()
            return
        self.post_message(self.Edited(self, (), typed=True))

    def on_input_submitted(self, event: Entry.Submitted) -> None:
        """Add it; with nothing typed go on to the next field."""
        event.stop()
        if not event.value.strip(" "):
            self.screen.focus_next()
        elif not self.settle():
            self.post_message(self.Edited(self, self.text))

    def on_key(self, event: events.Key) -> None:
        """Whoever types in the list means the line below it."""
        entry = self.query_one(Entry)
        if entry.has_focus or event.character in {None, " ", "?", "q"} or not event.is_printable:
            return
        event.stop()
        entry.focus()
        entry.insert_text_at_cursor(event.character or "")

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Take an item or leave it out."""
        event.stop()
        number = int(event.row.key)
        self.items[number] = replace(self.items[number], taken=not self.items[number].taken)
        self._changed()

    def on_boxes_removed(self, event: Boxes.Removed) -> None:
        """Remove the item; with none left go to the line to add one."""
        event.stop()
        del self.items[int(event.row.key)]
        self._changed()
        if not self.items:
            self.query_one(Entry).focus()
