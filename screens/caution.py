"""The page of a caution: what happens to mail. A dangerous one is accepted by typing its values."""

from __future__ import annotations

from typing import ClassVar, Iterable

from textual.binding import Binding, BindingType
from textual.widget import Widget

from screens.modal import Window
from screens.widgets.entry import Entry
from screens.widgets.line import Line
from wizard.answers.accept import option_for
from wizard.answers.model import Caution
from wizard.plan.dangers import DANGERS, is_typed, text_to_type

NOT_ACCEPTED = "Not accepted"


class TypedEntry(Entry):
    """The line for what must be typed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Accept", tooltip="Accept it, if what is typed is right."),
    ]


class DangerScreen(Window[bool]):
    """Closes with True once the values were typed."""

    AUTO_FOCUS: ClassVar[str] = "Entry"

    def __init__(self, caution: Caution) -> None:
        super().__init__(DANGERS[caution.name].title)
        self._caution = caution

    def body(self) -> Iterable[Widget]:
        """Make the plan's sentence, what happens to mail, and the line to type in."""
        wanted, count = text_to_type(self._caution), len(self._caution.values)
        what = wanted if wanted != str(count) else f"{wanted}, which is how many there are"
        yield Line(self._caution.message, id="caution-message")
        yield Line(DANGERS[self._caution.name].text, id="caution-text")
        yield Line(f"If that is what you want, type {what}:", "strong", id="caution-type")
        yield TypedEntry()
        yield Line(id="caution-says")

    def on_input_submitted(self, event: Entry.Submitted) -> None:
        """Accept the caution, or say what is missing."""
        event.stop()
        if is_typed(self._caution, event.value):
            self.dismiss(True)
        else:
            says = f"{NOT_ACCEPTED}: that is not {text_to_type(self._caution)}."
            self.query_one("#caution-says", Line).say(says, "wrong", NOT_ACCEPTED)


class CautionScreen(Window[bool]):
    """More on a caution that a key accepts. Closes with True if it was accepted."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "accept", "Accept", tooltip="Accept the caution."),
    ]

    def __init__(self, caution: Caution) -> None:
        super().__init__(f"Caution: {caution.name}")
        self._caution = caution

    def body(self) -> Iterable[Widget]:
        """Make the plan's sentence, and how the command line accepts it."""
        option = option_for(self._caution)
        yield Line(self._caution.message, id="caution-message")
        yield Line(f"On the command line: {option}", "quiet", id="caution-text")

    def action_accept(self) -> None:
        """Accept it."""
        self.dismiss(True)
