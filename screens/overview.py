"""The list of sections of a host that is set up. Each is changed, reviewed and run separately."""

from __future__ import annotations

from typing import ClassVar, Iterable, Optional

from textual.binding import Binding, BindingType
from textual.widget import Widget

from screens.background import in_background
from screens.desk import Desk
from screens.facts import run_facts
from screens.frame import LOG, MOVE, RUNS, UNDO, WizardScreen
from screens.messages import Failed, Go, Typed
from screens.overview_rows import (
    LOOKING,
    OTHERS,
    folded,
    heads,
    overview_rows,
    redoable,
    why_of,
)
from screens.places import place_of_section
from screens.widgets.line import ERROR, Line
from screens.widgets.rows import Rows
from screens.widgets.wrap import cut, wrapped
from wizard.answers.model import POLICY, SECTIONS, Answers
from wizard.answers.old_server import old_server
from wizard.move.model import Checklist
from wizard.status.issues import NOT_KNOWN
from wizard.status.sections import SectionRow

LEAST_TEXT, MOST_TEXT = 2, 720
"""Lines of text for which the foot takes room from the list, and cells of text for which it has
lines if there is room. So it is as high as its text needs: nine lines on 80 columns, five on 132."""

ABOVE, LEAST_FOOT, MOST_KEYS = 3, 2, 2
"""Lines of head, last run and headings; of the foot; and for keys, of which more come with a row."""

NO_RUN = "No run of the wizard changed this host: these are its own values."


class SectionList(Rows):
    """One line for each section, then the host and the review. Enter opens one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Open", tooltip="Open the section, and change it."),
        Binding(
            "space",
            "pick",
            "Redo",
            tooltip="Apply again what the last run set. Space again: no longer.",
        ),
    ]

    redoable: frozenset[str] = frozenset()
    """The sections that can be run again."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> Optional[bool]:
        """Offer to run a section again only if a run wrote it."""
        del parameters
        return action != "pick" or (self.current is not None and self.current.key in self.redoable)


class OverviewScreen(WizardScreen):
    """The first screen of a host that is set up, unless a run is in progress or ended early."""

    BINDINGS: ClassVar[list[BindingType]] = [
        UNDO,
        Binding("c", "check", "Check", tooltip="Check the server as it is now: 3 to 20 seconds."),
        RUNS,
        LOG,
        MOVE,
    ]
    HELP_TEXT: ClassVar[str] = (
        "As planned: as a run left it. Changed by hand: somebody changed it since; it stays so "
        "unless you change it. Missing, unhealthy: the foot says what, and what to do. As found: "
        "no run was ever planned for it. A section that you change is reviewed and run alone."
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, "Sections", "list")
        self._trouble = ""
        self._why = ""
        """What the foot says of the row under the cursor."""
        self._is_unfolded = False
        """True if the sections that are not in use have a row each, also without room for them."""

    def body(self) -> Iterable[Widget]:
        """Put the list between the last run and the foot."""
        yield Line(id="list-run")
        yield Line(id="list-heads")
        yield SectionList(fixed=2, id="list")
        with Widget(id="list-foot"):
            yield Line(id="list-why")

    def on_mount(self) -> None:
        """Show what is known, and read the rest in a thread."""
        self.set_focus(self.query_one("#list"))
        self._show()
        if not self.desk.sections:
            in_background(self, self._look, self._listed)
        today = self._today
        if today is not None and old_server(today) is not None:
            in_background(
                self,
                lambda: self.desk.session.move(today, self.draft.host),
                self._show_move,
            )

    @property
    def _today(self) -> Optional[Answers]:
        return self.desk.draft.today if self.desk.draft else None

    def _show_move(self, found: Optional[Checklist]) -> None:
        """Show how much of the move is open."""
        self.desk.move = found
        self._show()
        self.refresh_bindings()

    def _look(self) -> tuple[tuple[SectionRow, ...], Optional[Answers]]:
        return self.desk.session.sections(self.draft.host)

    def _listed(self, found: tuple[tuple[SectionRow, ...], Optional[Answers]]) -> None:
        """Store and show the list, and the answers that the last runs wrote."""
        self.desk.sections, self.desk.from_runs = found
        self._show()

    def on_failed(self, message: Failed) -> None:
        """Say what could not be read. The sections can be opened all the same."""
        message.stop()
        self._trouble = message.text
        self._show()

    def on_resize(self) -> None:
        """Fit the columns to the width."""
        self._show()

    def _show(self) -> None:
        self.query_one("#list-run", Line).say(*self._last_run())
        listed = self.query_one("#list", SectionList)
        listed.redoable = redoable(self.desk)
        width = listed.size.width or self.app.size.width
        self.query_one("#list-heads", Line).say(heads(self.desk, width), "quiet")
        not_yet = NOT_KNOWN if self._trouble else LOOKING
        rows = overview_rows(self.desk, width, not_yet)
        if (
            not self._is_unfolded
            and len(rows) > self.app.size.height - ABOVE - LEAST_FOOT - MOST_KEYS
        ):
            rows = folded(self.desk, rows, width, not_yet)
        listed.show(rows)
        self._say_why()

    def _last_run(self) -> tuple[str, str, str]:
        """Return the line above the list, its look, and the words that have it."""
        if self._trouble:
            return f"{ERROR}: {self._trouble}", "wrong", ERROR
        draft = self.desk.draft
        refusal = draft.host.postfix.refusal if draft else ""
        if refusal:
            begins = "Postfix refuses main.cf as it is"
            return f"{begins}: {refusal}.", "wrong", begins
        last = next(run_facts(self.desk), None)
        if last is None:
            return NO_RUN, "quiet", ""
        # One line: with two, the list had no room for its last row.
        return cut(f"{last.label} {last.text}", self.app.size.width - 1), last.look, ""

    def on_rows_moved(self, event: Rows.Moved) -> None:
        """Explain the row under the cursor, and show its keys."""
        event.stop()
        self.at_rest(self._say_why)
        self.refresh_bindings()

    def _say_why(self) -> None:
        listed = self.query_one("#list", Rows)
        self._why = why_of(self.desk, listed.current.key) if listed.current else ""
        self.query_one("#list-why", Line).say(self._why, "quiet")
        self._fit()

    def _fit(self) -> None:
        """Give the foot the lines that the list does not need, and its text two if it has them."""
        wide, high = self.app.size
        # The foot has one line above its text.
        spare = high - ABOVE - MOST_KEYS - len(self.query_one("#list", Rows).rows)
        text = len(wrapped(self._why, max(1, wide - 1), LEAST_TEXT))
        height = max(1 + text, min(spare, 1 + MOST_TEXT // max(1, wide)))
        foot = self.query_one("#list-foot")
        if foot.styles.height is None or foot.styles.height.value != height:
            foot.styles.height = height

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Open a section or another screen. Space runs a section again with its last run's values."""
        event.stop()
        key = event.row.key
        if key == OTHERS:
            self._unfold()
        elif event.toggled:
            self.draft.run_again(key, self.desk.from_runs)
            self.post_message(Typed())
            self._show()
            self.refresh_bindings()
        elif key in (*SECTIONS, POLICY):
            self.post_message(Go(place_of_section(key).name, key))
        else:
            self.leave_for(key)

    def _unfold(self) -> None:
        """Show a row for each section, with the cursor on the first that is not in use."""
        listed = self.query_one("#list", SectionList)
        before = {row.key for row in listed.rows}
        self._is_unfolded = True
        self._show()
        listed.go_to(next(row.key for row in listed.rows if row.key not in before))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> Optional[bool]:
        """Hide the list at the left, and keys that do nothing."""
        if action == "sections":
            return False
        if action == "move":
            return self.desk.move is not None
        return super().check_action(action, parameters)

    def action_check(self) -> None:
        """Check the server, on the screen of a result."""
        from screens.checked import CheckScreen  # noqa: PLC0415 - only when it is needed

        self.app.switch_screen(CheckScreen(self.desk))

    def action_move(self) -> None:
        """Show the checklist of the move."""
        from screens.move import MoveScreen  # noqa: PLC0415 - only when it is needed

        today = self._today
        if today is not None:
            self.app.push_screen(MoveScreen(self.desk, lambda: today))
