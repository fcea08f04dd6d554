"""Windows with a question: yes or no, or which of the host's suggestions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, ClassVar, Iterable, Optional, Sequence

from textual.app import App
from textual.binding import Binding, BindingType
from textual.widget import Widget

from screens.modal import Window
from screens.widgets.line import Line
from screens.widgets.row import Row
from screens.widgets.rows import Rows

if TYPE_CHECKING:
    from wizard.host.suggest import Suggestion


class AskScreen(Window[bool]):
    """Yes or no. Neither Enter nor Esc ever means yes."""

    AUTO_FOCUS: ClassVar[str] = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes", tooltip="Do what the question says."),
        Binding("n", "answer(False)", "No", tooltip="Do not do what the question says."),
    ]

    def __init__(self, title: str, text: str) -> None:
        super().__init__(title)
        self._text = text

    def body(self) -> Iterable[Widget]:
        """Make the question's text."""
        yield Line(self._text, id="window-text")

    def action_answer(self, yes: bool) -> None:
        """Answer."""
        self.dismiss(yes)


def ask(
    app: App[Any],
    title: str,
    text: str,
    yes: Callable[[], object],
    no: Callable[[], object] = lambda: None,
    *,
    close: Optional[Callable[[], object]] = None,
) -> None:
    """Ask, and call the function of the answer. Esc is a no, unless it has a function of its own."""

    def answered(agreed: Optional[bool]) -> None:
        (yes if agreed else no if agreed is False or close is None else close)()

    app.push_screen(AskScreen(title, text), answered)


class Suggestions(Rows):
    """The list of suggestions."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Take it", tooltip="Put the suggestion into the field."),
    ]
    CLICKS: ClassVar[tuple[str, str]] = ("choose", "choose")


class PickScreen(Window[str]):
    """Closes with the chosen value."""

    AUTO_FOCUS: ClassVar[str] = "Suggestions"

    def __init__(self, label: str, found: Sequence[Suggestion]) -> None:
        super().__init__(f"{label}: found on this host")
        self._found = found

    def body(self) -> Iterable[Widget]:
        """Make the list."""
        wide = max(len(one.value) for one in self._found)
        yield Suggestions(
            [Row(f" {one.value:<{wide}}", "", one.value, f"  {one.why}") for one in self._found]
        )

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Answer."""
        event.stop()
        self.dismiss(event.row.key)


def pick(
    app: App[Any], label: str, found: Sequence[Suggestion], take: Callable[[str], object]
) -> None:
    """Show the suggestions for a field, and call `take` with the chosen one."""

    def chosen(value: Optional[str]) -> None:
        if value is not None:
            take(value)

    app.push_screen(PickScreen(label, found), chosen)
