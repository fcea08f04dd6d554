"""Host: the facts of the host, what is missing, and the outcome of the last run."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar, Iterable, Optional

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from screens.background import in_background
from screens.desk import Desk
from screens.frame import LOG, RUNS, UNDO, Sections, WizardScreen
from screens.messages import Failed, HostLoaded, HostRead, Watch
from screens.widgets.row import Row, error_rows, text_rows
from screens.widgets.rows import Rows
from screens.widgets.wrap import wrapped

if TYPE_CHECKING:
    from screens.facts import Fact

READING = "Reading this host: packages, files, certificates, firewall ..."
LABEL = 13
SOON = 0.02
"""Seconds after the screen was mounted."""


class HostScreen(WizardScreen):
    """The first screen. A thread reads the host, and all else waits for it."""

    HELP_TEXT: ClassVar[str] = (
        "Nothing is changed before the end of the review, where the whole plan is shown: each "
        "file's diff and each command. What you type is kept as a draft until a run has put it "
        "in place."
    )
    MAIN: ClassVar[tuple[str, ...]] = ("attach", "resume", "next")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "a",
            "attach",
            "Attach to the run",
            tooltip="Show the run in progress, and its questions.",
        ),
        Binding("g", "resume", "Continue", tooltip="Continue the last run where it ended early."),
        UNDO,
        RUNS,
        LOG,
        Binding("c", "read", "Read again", tooltip="Read this host again, after a failure."),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, "Host", "host")
        self._trouble = ""
        self._reading = desk.draft is None

    def body(self) -> Iterable[Widget]:
        """Make the list of facts."""
        yield Rows([Row(READING)], choosing=False, id="facts")

    def on_mount(self) -> None:
        """Read the host once the screen is painted."""
        if self._reading:
            # Not before the first paint, with which the imports of a thread would compete.
            self.set_timer(SOON, self._read)
        else:
            self._show()

    def _read(self) -> None:
        in_background(self, self._look, self.post_message)

    def _look(self) -> Message:
        desk = self.desk
        session = desk.session
        host = session.host()
        from wizard.run.history import runs  # noqa: PLC0415 - not for the first paint
        from wizard.run.lock import holder  # noqa: PLC0415

        owner, past = holder(session.places), runs(session.places)
        running = owner.run if owner else None
        user = session.caller().as_root

        opening = session.opening(host, desk.wish.given, desk.wish.sections)
        if running is not None:
            # Its answers may be the stored draft, and nobody knows yet whether it will be done.
            return HostRead(host, opening, running, past, user=user)
        from wizard.drafts.offer import find_offer, settle_done  # noqa: PLC0415 - loaded by now
        from wizard.run.history import plan_of  # noqa: PLC0415 - as runs

        store = session.drafts()
        settle_done(store, past)
        offer = find_offer(
            store,
            opening,
            host,
            past,
            lambda run: plan_of(session.places, run),
            now=time.time(),
            sections=desk.wish.sections,
        )
        # Without a run there is nothing to undo, and no need of its imports.
        to_undo = session.newest_to_undo() if past else ""
        return HostRead(host, opening, running, past, offer, user, to_undo)

    def on_host_loaded(self, message: HostLoaded) -> None:
        """Show the host's facts."""
        message.stop()
        self._reading = False
        self._show()

    def on_failed(self, message: Failed) -> None:
        """Say what could not be read."""
        message.stop()
        self._reading = False
        self._trouble = message.text
        self._show()

    def _show(self) -> None:
        self.query_one("#facts", Rows).show(self._rows())
        self.show_head()
        self.show_states()
        self.refresh_bindings()
        draft = self.desk.draft
        sections = self.query_one(Sections)
        if draft is None:
            return
        if draft.first:
            self.query_one("#facts").focus()
        else:
            sections.go_to(self.desk.places[0].name)
            sections.focus()

    def on_resize(self) -> None:
        """Wrap the lines again."""
        if self.desk.draft is not None or self._trouble:
            self.query_one("#facts", Rows).show(self._rows())

    def _rows(self) -> list[Row]:
        width = max(20, self.query_one("#facts").size.width)
        if self._trouble:
            return error_rows(self._trouble, width)
        draft = self.desk.draft
        if draft is None:
            return [Row(READING)]
        from screens.facts import facts, run_facts  # noqa: PLC0415 - not for the first paint

        rows = _rows_of(run_facts(self.desk), width)
        if draft.first:
            rows += _rows_of(facts(draft.host), width)
            return [*rows, Row(""), *text_rows(FIRST, width, "strong")]
        rows.append(Row("Found on this host:", "strong"))
        return rows + _rows_of(facts(draft.host), width)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> Optional[bool]:
        """Offer only keys that do something: attach to a run in progress, read after a failure."""
        desk = self.desk
        offered = {
            "attach": desk.running is not None,
            "resume": desk.early is not None and not desk.wish.dry_run,
            "log": desk.lists_sections,
            "read": bool(self._trouble),
        }
        if action in offered:
            return offered[action]
        if self.desk.draft is None and action in {"next", "sections"}:
            return False
        return super().check_action(action, parameters)

    def action_attach(self) -> None:
        """Show the run in progress."""
        if self.desk.running:
            self.post_message(Watch(self.desk.running))

    def action_resume(self) -> None:
        """Ask, then resume the run that ended early."""
        early = self.desk.early
        if early is not None:
            from screens.resuming import ask_to_resume  # noqa: PLC0415 - only with such a run

            ask_to_resume(self, early.run, early.summary)

    def action_read(self) -> None:
        """Try again."""
        self._trouble = ""
        self._reading = True
        self.query_one("#facts", Rows).show([Row(READING)])
        self._read()


FIRST = "This host was not set up before: the screens ask section by section (^N: next)."


def _rows_of(found: Iterable[Fact], width: int) -> list[Row]:
    return [
        _fact_row(fact, line, is_first=not number)
        for fact in found
        for number, line in enumerate(wrapped(fact.text, width - LABEL))
    ]


def _fact_row(fact: Fact, line: str, *, is_first: bool) -> Row:
    """Return a line of a fact. Words that have a look of their own are in its first one."""
    label = f"{fact.label if is_first else '':<{LABEL}}"
    if not fact.words:
        return Row(label, "quiet", "", line, fact.look)
    words = fact.words if is_first and line.startswith(fact.words) else ""
    return Row(label, "quiet", "", words, fact.look, line[len(words) :], "")
