"""Result: the findings of the checks, what waits for Dovecot, and the undo."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import ClassVar, Optional

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget

from screens.background import in_background
from screens.desk import Desk
from screens.frame import LOG, MOVE, WizardScreen
from screens.messages import Again, Failed, Finished, TakeBack, Watch
from screens.widgets.keyline import KeyLine
from screens.widgets.line import Line
from screens.widgets.rows import Row, Rows, text_rows
from screens.widgets.seat import Seat
from screens.widgets.wrap import cut
from wizard.answers.model import Answers
from wizard.answers.old_server import old_server
from wizard.check.report import WORDS
from wizard.errors import Trouble
from wizard.finding import RIGHT, UNKNOWN, WAITS, WARNING, WRONG, Finding
from wizard.move.model import Checklist
from wizard.run import history
from wizard.run.records import DONE

ORDER = (WRONG, WARNING, WAITS, UNKNOWN, RIGHT)
COUNTED = {**WORDS, WARNING: "to look at", WAITS: "waiting for Dovecot", UNKNOWN: "not known"}
LOOKS = {WRONG: "wrong", WARNING: "caution", WAITS: "value", RIGHT: "right"}
LATER = (
    "`postfix-wizard check` proves it again at any time, `postfix-wizard undo` takes the run "
    "back, and every file's first state is kept beside it as .orig."
)
LATER_WITHOUT_UNDO = (
    "`postfix-wizard check` proves the server at any time, and every file's first state is kept "
    "beside it as .orig."
)
"""For an undo and a run that returned: after these, `undo` would undo an earlier run."""


class ResultScreen(WizardScreen):
    """The last screen. The command line can show the same again."""

    HELP_TEXT: ClassVar[str] = (
        "Each line is one look at the live server: what was looked at and what was seen. The "
        "foot tells what was expected and what to do. What waits for Dovecot is no fault: "
        "people's passwords and mailboxes are Dovecot's part."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+p", "back", "Run", tooltip="Show the run's steps and output."),
        Binding(
            "u",
            "undo",
            "Undo",
            tooltip="Show what takes this run back; nothing is done before a yes.",
        ),
        Binding(
            "d",
            "records",
            "DNS",
            tooltip="Show what the DNS says of this server, and the records to publish.",
        ),
        LOG,
        MOVE,
        Binding(
            "escape",
            "sections",
            "Sections",
            tooltip="Look at the host anew, and go to the list of its sections.",
        ),
    ]

    def __init__(self, desk: Desk, over: Finished) -> None:
        super().__init__(desk, "Result")
        self.over = over
        self._move: Optional[Checklist] = None
        self.findings = sorted(over.findings, key=lambda one: ORDER.index(one.verdict))

    @property
    def seat(self) -> Seat:
        """The same, with the run of the result."""
        return replace(super().seat, run=f"run: {self.over.run}")

    def compose(self) -> ComposeResult:
        """Put the table above the foot."""
        self.fit()
        yield self.head()
        with Widget(id="result-body"):
            yield Line(self._summary(), self._look(), id="result-says")
            yield Rows(choosing=bool(self.findings), id="findings")
            with Widget(id="result-foot"):
                yield Line(id="result-detail")
            later = LATER if self.over.can_undo else LATER_WITHOUT_UNDO
            yield Line(later, "quiet", id="result-later")
        yield KeyLine()

    def _look(self) -> str:
        return "right" if self.over.outcome == DONE else "wrong"

    def _summary(self) -> str:
        counts = Counter(one.verdict for one in self.findings)
        found = ", ".join(f"{counts[one]} {COUNTED[one]}" for one in ORDER if counts[one])
        if self.over.outcome == DONE:
            move = f" {self._move.summary}" if self._move else ""
            return f"The run is done. Checks: {found or 'none were made'}.{move}"
        where = f" at the step: {self.over.failed_step}" if self.over.failed_step else ""
        return f"The run {self.over.outcome.upper()}{where}.".replace("DIED", "was CUT OFF")

    def on_mount(self) -> None:
        """Show the table."""
        self._show()
        self.query_one("#findings").focus()
        if self.over.outcome == DONE:
            in_background(self, self._look_at_move, self._show_move)

    def _look_at_move(self) -> Optional[Checklist]:
        answers = self._answers()
        if answers is None or old_server(answers) is None:
            return None
        return self.desk.session.move(answers, self.desk.host())

    def _show_move(self, found: Optional[Checklist]) -> None:
        """Say how much of the move is open."""
        self._move = found
        self.query_one("#result-says", Line).say(self._summary(), self._look())
        self.refresh_bindings()

    def on_failed(self, message: Failed) -> None:
        """Ignore it: the move is not a part of the run's result, and `status` reports the error."""
        message.stop()

    def _answers(self) -> Optional[Answers]:
        """Return the answers of the run's plan, None if unreadable. It reads a file, so in a thread."""
        from wizard.answers.toml import parse_stored  # noqa: PLC0415 - in the thread

        given = parse_stored(history.plan_of(self.desk.session.places, self.over.run).answers)
        return given if isinstance(given, Answers) else None

    def on_resize(self) -> None:
        """Fit the table to the width."""
        self._show()

    def _show(self) -> None:
        table = self.query_one("#findings", Rows)
        width = max(30, table.size.width)
        # A run that is done may have a message, too: about mail on hold, or about its answers.
        look = "caution" if self.over.outcome == DONE else "wrong"
        said = self.over.message
        rows = text_rows(said, width, look) if said else []
        if rows and self.findings:
            rows.append(Row(""))
        name = min(max((len(one.looked_at) for one in self.findings), default=0), width // 2)
        rows += [self._finding_row(one, name) for one in self.findings]
        table.show(rows)

    def _finding_row(self, one: Finding, name: int) -> Row:
        looked_at = cut(one.looked_at, name)
        return Row(
            f"{WORDS[one.verdict]:<8} ",
            LOOKS.get(one.verdict, ""),
            one.id,
            f"{looked_at:<{name}}  {one.seen}",
            "",
        )

    def on_rows_moved(self, event: Rows.Moved) -> None:
        """Show the details of the finding under the cursor."""
        event.stop()
        found = next((one for one in self.findings if event.row and one.id == event.row.key), None)
        if found is None:
            return
        detail = f"Seen: {found.seen}\nExpected: {found.expected}"
        if found.advice:
            detail += f"\n{found.advice}"
        self.query_one("#result-detail", Line).say(detail)

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Do nothing: a finding opens no screen."""
        event.stop()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> Optional[bool]:
        """Hide Next, and keys that do nothing."""
        wish = self.desk.wish
        offered = {
            "next": False,
            "back": True,
            "undo": self.over.can_undo,
            "records": bool(self.findings),
            "move": self._move is not None,
            # With requested sections or an answers file, the request is done.
            "sections": not wish.sections and wish.given is None,
        }
        if action in offered:
            return offered[action]
        return super().check_action(action, parameters)

    def action_sections(self) -> None:
        """Go to the list of sections of the host as it is now."""
        self.post_message(Again())

    def action_records(self) -> None:
        """Show the DNS records for the answers of the run's plan."""
        from screens.records import RecordsScreen  # noqa: PLC0415 - only when it is needed

        self.app.push_screen(RecordsScreen(self.desk, self._answers_there))

    def _answers_there(self) -> Answers:
        given = self._answers()
        if given is None:
            raise Trouble("reading the run's answers", "they cannot be read", "")
        return given

    def action_move(self) -> None:
        """Show the checklist of the move."""
        from screens.move import MoveScreen  # noqa: PLC0415 - only when it is needed

        self.app.push_screen(MoveScreen(self.desk, self._answers_there))

    def action_undo(self) -> None:
        """Show the undo of this run."""
        self.post_message(TakeBack(self.over.run, self.over.again()))

    def action_back(self) -> None:
        """Show the run again."""
        self.post_message(Watch(self.over.run))

    def ask_to_leave(self) -> bool:
        """Quit without a question, since the run is over and nothing is lost."""
        summary = self._summary().replace("The run", f"Run {self.over.run}", 1)
        said = self.over.message if self.over.outcome == DONE else ""
        self.desk.last_words = "\n".join(filter(None, (summary, said)))
        self.app.exit(0 if self.over.outcome == DONE else 1)
        return True
