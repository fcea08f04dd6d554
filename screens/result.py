"""Result: what the checks say of the server, or how far the run came and what to do."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import ClassVar, Optional, Sequence, Union

from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.widget import Widget

from screens.background import in_background
from screens.clipboard import copy
from screens.desk import Desk
from screens.findings import REPAIR, Group, Paragraph, ago, groups, name_without_address, sentence
from screens.frame import LOG, MOVE, WizardScreen, reworded
from screens.messages import Again, Failed, Finished, TakeBack, Watch
from screens.outcome import ended_early, server_rows, title, ways
from screens.places import place_of_section
from screens.result_list import Findings
from screens.result_rows import BACK, Item, Part, item_at, lines_of, parts, rows
from screens.resuming import ask_to_resume
from screens.undo_limits import UNDO_LIMITS, show_undo_limits
from screens.widgets.keyline import KeyLine
from screens.widgets.line import Line
from screens.widgets.row import Row, error_rows, text_rows
from screens.widgets.rows import Rows
from screens.widgets.seat import Seat
from wizard.answers.model import Answers
from wizard.answers.old_server import old_server
from wizard.errors import Trouble
from wizard.finding import Finding
from wizard.move.model import Checklist
from wizard.run import history
from wizard.run.records import DONE
from wizard.status.mail_state import MailState
from wizard.text import counted

CHECKING = "Checking this server: 3 to 20 seconds ..."
NO_CHECKS = "No checks ran: c checks now."
LATER = "The first state of each file is kept next to it as .orig."
AFTER_UNDO = 'Nothing undoes an undo: "Stays" has the command that makes the changes again.'
MINUTE = 60.0


class ResultScreen(WizardScreen):
    """The last screen of a run. The command line can show the same again."""

    HELP_TEXT: ClassVar[str] = (
        "Enter opens a group, and shows a line whole. What waits for Dovecot is no fault: "
        "passwords and mailboxes are Dovecot's part. Unknown: it could not be checked from this "
        "host. What follows from another finding is shown with that one."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+p", "back", "Run", show=False),
        Binding("g", "resume", "Continue", tooltip="Continue the run where it ended, after a yes."),
        Binding(
            "u",
            "undo",
            "Undo",
            tooltip="Show what undoes this run; nothing is done before a yes.",
        ),
        Binding("c", "check", "Check again", tooltip="Check the server as it is now."),
        Binding("o", "output", "Output", tooltip="Show the run's steps and output (also ^P)."),
        Binding(
            "d",
            "records",
            "DNS",
            tooltip="Show what the DNS says of this server, and the records to publish.",
        ),
        UNDO_LIMITS,
        LOG,
        MOVE,
        Binding(
            "e",
            "edit",
            "Edit",
            tooltip="Open the form of the section that the line is about.",
        ),
        Binding(
            "escape",
            "sections",
            "Sections",
            tooltip="Read the host again, and go to the list of its sections.",
        ),
    ]

    def __init__(self, desk: Desk, over: Finished) -> None:
        super().__init__(desk, "Result")
        self.over = over
        self._move: Optional[Checklist] = None
        self._mail: Optional[MailState] = None
        self._can_undo = False
        self._checking = False
        self._trouble = ""
        self._open = {REPAIR, BACK}
        self._groups: tuple[Group, ...] = groups(over.findings)
        self._parts: tuple[Part, ...] = parts(over, self._groups)

    @property
    def seat(self) -> Seat:
        """The same, with the run of the result."""
        return replace(super().seat, run=f"run: {self.over.run}")

    def compose(self) -> ComposeResult:
        """Put what is said first above the groups."""
        self.fit()
        yield self.head()
        with Widget(id="result-body"):
            yield Rows(choosing=False, id="result-says")
            with Widget(id="result-main"):
                yield Findings(id="findings")
                yield Rows(choosing=False, id="result-detail")
            yield Line(self.later_text, "quiet", id="result-later")
        yield KeyLine()

    @property
    def later_text(self) -> str:
        """The last line: what remains of the state before the run."""
        if self.over.outcome != DONE:
            return ""
        return AFTER_UNDO if self.over.plan.undoes else LATER

    def on_mount(self) -> None:
        """Show what is known, and read the rest in threads."""
        for rows_to_read in ("#result-says", "#result-detail"):
            self.query_one(rows_to_read).can_focus = False
        self._show()
        self.query_one("#findings").focus()
        self.set_interval(MINUTE / 2, self._say)
        session, over = self.desk.session, self.over
        in_background(self, self._look_at_run, self._show_run)
        if over.outcome == DONE:
            in_background(self, self._look_at_move, self._show_move)
        else:
            in_background(self, lambda: session.mail_state(over.plan), self._show_mail)

    def _look_at_run(self) -> tuple[bool, Optional[float]]:
        """Return whether undo takes back anything of the run, and when it ended."""
        session, run = self.desk.session, self.over.run
        ended = next((one.ended for one in history.runs(session.places) if one.run == run), None)
        return session.has_something_to_undo(run), ended

    def _show_run(self, found: tuple[bool, Optional[float]]) -> None:
        self._can_undo, ended = found
        if not self.over.checked and ended is not None:
            self.over = replace(self.over, checked=ended)
        self._say()
        self.refresh_bindings()

    def _show_mail(self, found: MailState) -> None:
        """Say whether port 25 answers."""
        self._mail = found
        self._say()

    def _look_at_move(self) -> Optional[Checklist]:
        answers = self._answers()
        if answers is None or old_server(answers) is None:
            return None
        return self.desk.session.move(answers, self.desk.host())

    def _show_move(self, found: Optional[Checklist]) -> None:
        """Say how much of the move is open."""
        self._move = found
        self._say()
        self.refresh_bindings()

    def on_failed(self, message: Failed) -> None:
        """Ignore it: the move and the undo are no part of the result, and `status` reports the error."""
        message.stop()

    def _answers(self) -> Optional[Answers]:
        """Return the answers of the run's plan, None if unreadable. For threads."""
        from wizard.answers.toml import parse_stored  # noqa: PLC0415 - in the thread

        given = parse_stored(self.over.plan.answers)
        return given if isinstance(given, Answers) else None

    def on_resize(self) -> None:
        """Fit the lines to the width."""
        self.fit()
        self._show()

    def _show(self) -> None:
        self._say()
        table = self.query_one("#findings", Findings)
        table.show(list(rows(self.over, self._parts, self._open, max(20, table.size.width))))
        self._show_detail()
        self.refresh_bindings()

    def _say(self) -> None:
        """Write what is said first."""
        says = self.query_one("#result-says", Rows)
        width = max(20, says.size.width)
        if self.over.outcome == DONE:
            shown = server_rows(self._groups, self.done_text, width)
            shown += text_rows(self._move.summary, width) if self._move else []
        else:
            can_read_again = bool(self.check_action("sections", ()))
            keys = ways(self.over, can_undo=self._can_undo, can_read_again=can_read_again)
            shown = list(ended_early(self.over, self._mail, keys, width))
        shown += self._age(width)
        says.styles.height = len(shown)
        says.show(shown)

    @property
    def done_text(self) -> str:
        """What is said of a run without findings that is done."""
        undoes = self.over.plan.undoes
        return f"Run {undoes} is undone." if undoes else f"Run {self.over.run} is done."

    def _age(self, width: int) -> list[Row]:
        """Return the line that says when the server was checked, or that it is being checked."""
        if self._checking:
            return [Row(CHECKING, "strong")]
        if self._trouble:
            return error_rows(self._trouble, width)
        if not self._groups:
            return [Row(NO_CHECKS, "quiet")] if self.over.outcome == DONE else []
        checked = self.over.checked or time.time()
        return [Row(f"Checked {ago(time.time() - checked)}.", "quiet")]

    def on_rows_moved(self, event: Rows.Moved) -> None:
        """Show the line under the cursor whole, where there is room for it, and its keys."""
        event.stop()
        self._show_detail()
        self.refresh_bindings()

    def _show_detail(self) -> None:
        detail = self.query_one("#result-detail", Rows)
        shown = self._paragraphs if self.has_class("-wide") else ()
        width = max(20, detail.size.width)
        detail.show([row for text, look in shown for row in text_rows(text, width, look)])

    @property
    def _key(self) -> str:
        """The key of the row under the cursor, "" for none."""
        row = next((one.current for one in self.query(Findings)), None)
        return row.key if row else ""

    @property
    def _item(self) -> Optional[Item]:
        """What is under the cursor, None for the title of a group."""
        return item_at(self.over, self._parts, self._key)

    @property
    def _paragraphs(self) -> Sequence[Paragraph]:
        """The line under the cursor, whole; of the title of a closed group the lines in it."""
        if self._item is not None:
            return self._item.paragraphs
        return () if self._key in self._open else lines_of(self._parts, self._key)

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Open or close a group, show a line whole, or copy it (y)."""
        event.stop()
        item = self._item
        if event.toggled:
            copy(self.app, item.line if item else event.row.whole)
        elif item is None:
            self._open ^= {event.row.key}
            self._show()
        else:
            from screens.text_window import TextWindow  # noqa: PLC0415 - only when it is needed

            self.app.push_screen(TextWindow(item.title, item.paragraphs))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> Optional[bool]:
        """Hide Next, and keys that do nothing."""
        wish, over = self.desk.wish, self.over
        # With requested sections or an answers file, the request is done.
        goes_on = not wish.sections and wish.given is None
        offered = {
            "next": False,
            "back": True,
            "resume": over.can_resume,
            "undo": self._can_undo,
            "check": not self._checking,
            "records": bool(over.findings),
            "move": self._move is not None,
            "undo_limits": bool(over.plan.undoes),
            "sections": goes_on,
            "edit": goes_on and bool(self._section),
        }
        if action in offered:
            return offered[action]
        return super().check_action(action, parameters)

    def action_check(self) -> None:
        """Check the server again, in a thread."""
        self._checking, self._trouble = True, ""
        self._say()
        self.refresh_bindings()
        in_background(self, self._check, self._checked)

    def _check(self) -> Union[tuple[Finding, ...], str]:
        try:
            return self.desk.session.check()
        except Trouble as trouble:
            return str(trouble)

    def _checked(self, found: Union[tuple[Finding, ...], str]) -> None:
        """Show the findings, or why there are none."""
        self._checking = False
        if isinstance(found, str):
            self._trouble = found
        else:
            self.over = replace(self.over, findings=found, checked=time.time())
            self._groups = groups(found)
            self._parts = parts(self.over, self._groups)
        self._show()
        self.refresh_bindings()

    def action_resume(self) -> None:
        """Ask, then continue the run."""
        over = self.over
        said = f"{title(over)} {len(over.done)} of {counted(over.steps, 'step')} done."
        ask_to_resume(self, over.run, said)

    def action_undo_limits(self) -> None:
        """Show what undo cannot do."""
        show_undo_limits(self.app)

    def action_sections(self) -> None:
        """Go to the list of sections of the host as it is now."""
        self.post_message(Again())

    @property
    def _section(self) -> str:
        """The section that the line under the cursor is about, "" for none.

        Elsewhere it is that of the host's name, if the DNS does not have it.
        """
        item = self._item
        if item is not None:
            return item.section
        return "hostname" if name_without_address(self._groups) else ""

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The keys, with the name of the section to edit."""
        return reworded(super().active_bindings, {"edit": f"Edit {self._section}"})

    def action_edit(self) -> None:
        """Open the form of the section."""
        self.open_form(place_of_section(self._section).name, self._section)

    def open_form(self, place: str, section: str) -> None:
        """Read the host again, which the run changed, and open a form."""
        self.post_message(Again(place, section))

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

    def action_output(self) -> None:
        """Show the run again, which begins with the output of its last step."""
        self.action_back()

    def ask_to_leave(self) -> bool:
        """Quit without a question, since the run is over and nothing is lost."""
        done = self.over.outcome == DONE
        first, _, rest = sentence(self._groups) if self._groups else ("", "", "")
        said = (title(self.over), first + rest, self.over.message) if done else (title(self.over),)
        self.desk.last_words = "\n".join(filter(None, said))
        self.app.exit(0 if done else 1)
        return True
