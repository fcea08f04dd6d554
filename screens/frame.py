"""The base of every screen: head line, list of sections, body, keys."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Callable, ClassVar, Iterable, Mapping, Optional

from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.message import Message
from textual.reactive import Reactive
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget

from screens.compositor import NearCompositor
from screens.desk import Desk
from screens.messages import Go, TakeBack
from screens.places import Place
from screens.terminal import LOW, LOWEST, WIDE
from screens.widgets.head import Head
from screens.widgets.keyline import KeyLine
from screens.widgets.looks import LOOK_CLASSES
from screens.widgets.row import Row
from screens.widgets.rows import Rows
from screens.widgets.seat import GAP, Seat
from screens.widgets.whole import Whole

if TYPE_CHECKING:
    from wizard.drafts.draft import Draft

DRY_RUN = "DRY RUN, changes nothing"

WIDTHS = (("-tiny", 0, 50), ("-narrow", 50, 76), ("-wide", WIDE, 1 << 16))
"""Classes of screens by their columns: name, the first number and the first that is too many.

The design is for 80 columns.
"""

REST = 0.05
"""Seconds without a key until the foot explains what the cursor is on.

A key that repeats comes sooner. Over a slow line the explanation takes longer than the key.
"""


OPEN = "*"
"""The mark of the open section while the list's cursor is on another one."""


class Sections(Rows):
    """The list at the left; Enter opens a section."""

    @dataclass
    class Marked(Message):
        """The cursor is on another line, or the list got or lost the focus."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Open", tooltip="Open the section."),
    ]
    CLICKS: ClassVar[tuple[str, str]] = ("choose", "choose")

    def on_rows_moved(self) -> None:
        """Have the mark of the cursor drawn."""
        self.post_message(self.Marked())

    def on_blur(self) -> None:
        """Have the mark of the cursor removed."""
        self.post_message(self.Marked())


LOG = Binding(
    "l",
    "log",
    "Log",
    tooltip="Show what Postfix's log tells: refusals, failed logins, what waits, warnings.",
)
"""For screens without text fields."""

MOVE = Binding(
    "m",
    "move",
    "Move",
    tooltip="Show what is left of the move from the old server; tick what is done there.",
)
"""The same, for those that know whether there is an old server."""


RUNS = Binding(
    "b",
    "runs",
    "Runs",
    tooltip="Show the runs before, with what each did; each can be opened, or undone.",
)
UNDO = Binding(
    "u",
    "undo",
    "Undo",
    tooltip="Show what undoes the newest run that changed something; nothing is done before a yes.",
)
"""Both for screens that show the newest runs."""


TO_LIST = "Go to the list at the left; Enter there opens a section."


class WizardScreen(Screen[None], Whole):
    """A screen of the wizard. `body` makes its own widgets."""

    COMPONENT_CLASSES: ClassVar[set[str]] = LOOK_CLASSES
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+n", "next", "Next", tooltip="Go on to the next screen."),
        Binding("ctrl+p", "back", "Back", tooltip="Go back to the screen before."),
        Binding(
            "f10,ctrl+r",
            "review",
            "Review",
            key_display="F10",
            tooltip="Go to the review of what is changed (also ^R).",
        ),
        Binding(
            "escape",
            "sections",
            "Sections",
            tooltip=TO_LIST,
        ),
        Binding(
            "f1,ctrl+g,question_mark",
            "help",
            "Help",
            key_display="F1",
            tooltip="Show this page (also ^G, and ? where no text is typed).",
        ),
        Binding("q", "app.leave", "Quit", show=False),
    ]
    # Textual's own repaints the whole screen when the focus moves. Here each widget that gets or loses
    # it draws itself.
    focused: Reactive[Optional[Widget]] = Reactive(None, repaint=False)

    MAIN: ClassVar[tuple[str, ...]] = ("review", "next")
    """The actions that go on from here. The footer marks the key of the first one that is offered."""
    HELP_TEXT: ClassVar[str] = ""
    """The text of the help page for this screen, above the keys."""

    def __init__(self, desk: Desk, title: str, name: str = "") -> None:
        # No ID: a second Host may be on top of the first one.
        super().__init__(classes=f"screen-{name}" if name else None)
        self._compositor = NearCompositor()
        self.desk = desk
        self.heading = title
        self.place_name = name
        self.begin_at = ""
        """The section whose field gets the focus first, "" for the screen's first field."""
        self.came_from = ""
        """The name of the screen that was open before, "" for none of the list."""
        self._rest: Optional[Timer] = None

    @property
    def draft(self) -> Draft:
        """The answers, for screens and threads that begin after the host was read."""
        if self.desk.draft is None:
            raise RuntimeError("a screen was opened before the host was read")
        return self.desk.draft

    def compose(self) -> ComposeResult:
        """Make title, list, body and keys."""
        self.fit()
        yield self.head()
        with Widget(id="main"):
            yield Sections(self.section_rows(), id="sections")
            with Widget(id="body"):
                yield from self.body()
        yield KeyLine()

    def fit(self) -> None:
        """Set the classes for the terminal's size, before the layout."""
        wide, high = self.app.size
        self.set_class(high < LOW, "-low")
        self.set_class(high < LOWEST, "-lowest")
        for name, least, most in WIDTHS:
            self.set_class(least <= wide < most, name)

    def on_resize(self) -> None:
        """Follow the terminal's width."""
        self.fit()

    def head(self) -> Head:
        """Make the head line."""
        return Head(self._title, self.seat)

    def show_head(self) -> None:
        """Show what the head line says by now: the host was read, or another run is the newest."""
        self.query_one(Head).say(self._title, self.seat)

    @property
    def _title(self) -> str:
        text = f"{self.heading}{GAP}{DRY_RUN}" if self.desk.wish.dry_run else self.heading
        return f"{text}{GAP}NOT KEPT: {self.desk.not_stored}" if self.desk.not_stored else text

    @property
    def seat(self) -> Seat:
        """Host, user and run for the head line; the run is the newest one."""
        return self.desk.seat

    def body(self) -> Iterable[Widget]:
        """Make the screen's own widgets."""
        return ()

    def on_mount(self) -> None:
        """Set the list's cursor on this screen, and show the keys of the focused widget."""
        # Textual calls this after a subclass's own on_mount, so none calls super().
        for sections in self.query(Sections):
            sections.go_to(self.place_name)
        for keys in self.query(KeyLine):
            keys.show_keys()

    def section_rows(self) -> list[Row]:
        """Return the list's lines: name and state."""
        return [self._row(one) for one in self.desk.places]

    def _row(self, one: Place) -> Row:
        draft = self.desk.draft
        state = draft.state(*one.sections) if draft and one.sections else ""
        is_open = one.name == self.place_name
        mark = ">" if one.name == self._cursor_in_list() else OPEN if is_open else " "
        look = "strong" if is_open else ""
        return Row(f"{mark}{one.title:<12}", look, one.name, state, _STATE_LOOKS.get(state, ""))

    def _cursor_in_list(self) -> str:
        """Return the name under the list's cursor; without the focus that of the open screen."""
        if not isinstance(self.focused, Sections) or self.focused.current is None:
            return self.place_name
        return self.focused.current.key

    def on_sections_marked(self, event: Sections.Marked) -> None:
        """Show the mark of the list's cursor."""
        event.stop()
        self.show_states()

    def at_rest(self, explain: Callable[[], None]) -> None:
        """Call `explain` once the cursor rests."""
        self.drop_explanation()
        self._rest = self.set_timer(REST, explain)

    def drop_explanation(self) -> None:
        """Explain nothing: a message takes its place."""
        if self._rest is not None:
            self._rest.stop()

    def show_states(self) -> None:
        """Update the list. Only lines that differ are sent."""
        self.query_one(Sections).show(self.section_rows())

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Open the chosen section of the list."""
        if isinstance(event.rows, Sections):
            event.stop()
            self.leave_for(event.row.key)

    def leave_for(self, place: str) -> None:
        """Go to another screen of the list."""
        again = place == self.place_name
        self.post_message(Go(place, came_from=self.came_from if again else self.place_name))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> Optional[bool]:
        """Hide Next on the last screen, Back on the first, and Undo without a run to undo."""
        del parameters
        if action == "next":
            return self.desk.beside(self.place_name, 1) is not None
        if action == "back":
            return self.before is not None
        if action == "review":
            return self._can_review
        if action == "undo":
            return bool(self.desk.to_undo)
        if action == "runs":
            return bool(self.desk.runs)
        return True

    @property
    def _can_review(self) -> bool:
        """True on the list and on a section, once one is changed on a host that is set up."""
        draft = self.desk.draft
        listed = self.place_name and self.place_name != "review"
        return bool(listed and draft and not draft.first and draft.to_run)

    def action_review(self) -> None:
        """Go to the review."""
        self.leave_for("review")

    def action_next(self) -> None:
        """Go to the next screen."""
        after = self.desk.beside(self.place_name, 1)
        if after:
            self.leave_for(after.name)

    def action_back(self) -> None:
        """Go to the previous screen."""
        if self.before:
            self.leave_for(self.before.name)

    @property
    def before(self) -> Optional[Place]:
        """The screen that Back opens: the one before in the list. None if it is the first."""
        return self.desk.beside(self.place_name, -1)

    def action_sections(self) -> None:
        """Go to the list, and from there back to the form."""
        sections = self.query_one(Sections)
        if sections.has_focus or not sections.display:
            self.focus_body()
        else:
            sections.focus()

    def focus_body(self) -> None:
        """Focus the first of the screen's own widgets."""
        for widget in self.query("#body *"):
            if widget.focusable:
                # Not widget.focus(): the first paint is then without the focus, and followed by one.
                self.set_focus(widget)
                return

    def scroll_to_focus(self) -> None:
        """Scroll to the widget that has the focus: it got it before the screen had its layout."""
        if self.focused is not None and not self.can_view_entire(self.focused):
            self.scroll_to_center(self.focused, origin_visible=True)

    def action_undo(self) -> None:
        """Show the undo of the run that `postfix-wizard undo` takes back, too."""
        self.post_message(TakeBack(self.desk.to_undo, place=self.place_name))

    def action_runs(self) -> None:
        """Show the runs, and open or undo the chosen one."""
        from screens.runs import RunsScreen  # noqa: PLC0415 - only when it is needed

        def chosen(message: Optional[Message]) -> None:
            if message is not None:
                self.post_message(message)

        self.app.push_screen(RunsScreen(self.desk, self.place_name), chosen)

    def action_log(self) -> None:
        """Show the counts of Postfix's log."""
        from screens.log import LogScreen  # noqa: PLC0415 - only when it is needed

        self.app.push_screen(LogScreen(self.desk))

    def action_help(self) -> None:
        """Show the help page of this screen."""
        from screens.help import HelpScreen  # noqa: PLC0415 - only when it is needed

        own: dict[str, ActiveBinding] = {}
        of_all: dict[str, ActiveBinding] = {}
        for key, active in self.active_bindings.items():
            is_own = active.node is not self.app and active.tooltip not in _OF_ALL
            (own if is_own else of_all)[key] = active
        self.app.push_screen(HelpScreen(self.heading, self.HELP_TEXT, own, of_all))


def reworded(
    found: Mapping[str, ActiveBinding], words: Mapping[str, str]
) -> dict[str, ActiveBinding]:
    """Return the keys, those of the actions in `words` with these words in the footer."""

    def other(active: ActiveBinding) -> ActiveBinding:
        text = words.get(active.binding.action, "")
        return (
            active._replace(binding=replace(active.binding, description=text)) if text else active
        )

    return {key: other(active) for key, active in found.items()}


_OF_ALL = frozenset(one.tooltip for one in Binding.make_bindings(WizardScreen.BINDINGS))
"""What the keys of all screens do. A screen with another meaning for one has it as its own."""
_STATE_LOOKS = {
    "ok": "right",
    "wrong": "wrong",
    "changed": "strong",
    "to do": "",
    "as is": "quiet",
}
