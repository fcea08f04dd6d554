"""A field of a form: its label, its control, and the preview of its value in main.cf."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.dom import DOMNode
from textual.message import Message
from textual.widget import Widget

from screens.widgets.choice import Choice, ChoiceList
from screens.widgets.entry import Entry
from screens.widgets.field_label import FieldLabel, Parts
from screens.widgets.line import Line
from screens.widgets.rows import Rows
from screens.widgets.whole import Whole
from wizard.answers.field import Field
from wizard.answers.form import Text

WRONG = "WRONG"
FOCUSED, OTHER = "> ", "  "
"""In front of a label, so that the field with the focus is found without colours."""


class FormField(Whole):
    """The base of all kinds of fields. A form uses nothing else of them."""

    @dataclass
    class Edited(Message):
        """The operator changed the value. `typed` is True for a key, after which more may follow.

        With `done` the operator goes on to the next field.
        """

        form_field: FormField
        text: Text
        typed: bool = False
        done: bool = False

    def __init__(self, field: Field, *, inline: bool = False) -> None:
        super().__init__(classes="-inline" if inline else "-stacked")
        self.field = field
        self.inline = inline
        self.problem = ""
        self.was = ""
        """The text of the start, if the present one differs."""

    @property
    @abstractmethod
    def text(self) -> Text:
        """The field's present value."""

    @property
    def sentence(self) -> str:
        """What the chosen word means, "" where the field's help says it."""
        return ""

    @abstractmethod
    def put(self, text: str) -> None:
        """Enter a suggestion as if it had been typed."""

    def settle(self) -> bool:
        """Enter typed text that is not entered yet. Return False if it is wrong."""
        return True

    def mark(self, problem: str) -> None:
        """Mark the value as wrong, or remove the mark if `problem` is ""."""
        self.problem = problem
        self._say_label()

    def show_was(self, was: str) -> None:
        """Show the text of the start beside a changed one; "" for one that is not changed."""
        if was != self.was:
            self.was = was
            self._say_label()

    @property
    def label(self) -> Parts:
        """The name of the field, with what is to be known of its state. Only one word is red."""
        begin = FOCUSED if self.has_focus_within else OTHER
        name = (self.field.label, "")
        if self.inline:
            # The foot has the old value of an inline field, which has no room for it.
            wrong = ((WRONG, "wrong"), (" ", "")) if self.problem else ()
            return ((begin, ""), *wrong, name)
        wrong = ((" - ", ""), (WRONG, "wrong")) if self.problem else ()
        was = ((f"   (was {self.was})", "quiet"),) if self.was else ()
        return ((begin, ""), name, *wrong, *was)

    def _say_label(self) -> None:
        self.query_one(FieldLabel).say(self.label)

    def on_click(self, event: events.Click) -> None:
        """Focus the field whose label is clicked."""
        if isinstance(event.widget, FieldLabel):
            for widget in self.query("*"):
                if widget.focusable:
                    widget.focus()
                    return

    def on_descendant_focus(self) -> None:
        """Show which field has the focus."""
        self._say_label()

    def on_descendant_blur(self) -> None:
        """Take the mark of the focus away."""
        self._say_label()

    def show_preview(self, preview: str) -> None:
        """Show the preview. That of an inline field is in the form's foot."""
        for line in self.query("#preview").results(Line):
            line.say(preview, "value")

    def compose(self) -> ComposeResult:
        """Stack label, control and preview. An inline field has its preview in the form's foot."""
        yield FieldLabel(self.label)
        yield self.control()
        if not self.inline:
            yield Line(id="preview")

    @abstractmethod
    def control(self) -> Widget:
        """Make the widget for the value."""


def fields_in(node: DOMNode) -> tuple[FormField, ...]:
    """Return the fields of a form, from the first to the last."""
    return tuple(node.query(FormField))  # type: ignore[type-abstract]  # it makes none


class TextField(FormField):
    """A field for one text or number."""

    def __init__(self, field: Field, text: str, *, inline: bool = False) -> None:
        super().__init__(field, inline=inline)
        self._start = text

    def control(self) -> Widget:
        """Make the line to type into."""
        return Entry(self._start)

    @property
    def text(self) -> Text:
        """The typed text."""
        return self.query_one(Entry).value

    def show(self, text: str) -> None:
        """Show a text that the draft has already."""
        self._start = text
        self.put(text)

    def put(self, text: str) -> None:
        """Type it."""
        entry = self.query_one(Entry)
        entry.value = text
        entry.cursor_position = len(text)

    def on_input_changed(self, event: Entry.Changed) -> None:
        """Tell the form."""
        event.stop()
        if event.value != self._start:
            self._start = event.value
            self.post_message(self.Edited(self, event.value, typed=True))


class ChoiceField(FormField):
    """A field for one of a few words, on one line. With `below` they are below the label."""

    @property
    def sentence(self) -> str:
        """What the chosen word means, "" where the field's help says it."""
        says = dict(zip(self.field.choices, self.field.says)).get(str(self.text), "")
        return f"{self.text}: {says}" if says else ""

    def __init__(self, field: Field, text: str, *, below: bool = False) -> None:
        super().__init__(field, inline=True)
        self.set_class(below, "-below")
        self._start = text

    def control(self) -> Widget:
        """Make the words."""
        return Choice(self._start, self.field.choices)

    @property
    def text(self) -> Text:
        """The word that is chosen."""
        return self.query_one(Choice).value

    def put(self, text: str) -> None:
        """Choose it."""
        self.query_one(Choice).choose(text)

    def on_choice_changed(self, event: Choice.Changed) -> None:
        """Tell the form."""
        event.stop()
        self.post_message(self.Edited(self, event.value))

    def on_choice_ended(self, event: Choice.Ended) -> None:
        """Go on to the next screen."""
        event.stop()
        self.post_message(self.Edited(self, self.text, done=True))


class ListedChoiceField(FormField):
    """A field for one of a few words, each on its own line with its sentence."""

    def __init__(self, field: Field, text: str) -> None:
        super().__init__(field, inline=True)
        self.add_class("-listed")
        self._start = text

    def control(self) -> Widget:
        """Make the lines."""
        return ChoiceList(self._start, self.field.choices, self.field.says)

    @property
    def text(self) -> Text:
        """The word that is chosen."""
        return self.query_one(ChoiceList).value

    @property
    def current(self) -> str:
        """The word under the cursor."""
        row = self.query_one(ChoiceList).current
        return row.key if row else ""

    def put(self, text: str) -> None:
        """Choose it."""
        self.query_one(ChoiceList).choose(text)
        self.post_message(self.Edited(self, text))

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Tell the form. Enter goes on to the next field."""
        event.stop()
        self.post_message(self.Edited(self, event.row.key, done=not event.toggled))
