"""The reviews of other plans than that of the forms: of an undo, and after a gather run."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import ClassVar, Optional

from textual.binding import BindingType
from textual.message import Message

from screens.background import in_background
from screens.desk import Desk
from screens.messages import Finished, Planned
from screens.places import place
from screens.review import ReviewScreen
from screens.undo_limits import UNDO_LIMITS, show_undo_limits
from screens.widgets.seat import Seat
from wizard.answers.model import SECTIONS, Answers
from wizard.answers.toml import parse_answers
from wizard.drafts.offer import stored_of_answers
from wizard.errors import Trouble
from wizard.plan.model import Plan


class UndoScreen(ReviewScreen):
    """The review of an undo, which is run as any other plan."""

    HELP_TEXT: ClassVar[str] = (
        "Each file goes back to what it was before the run, and what was changed by hand since is "
        "never lost: then nothing is run. Packages, .orig files and issued certificates stay."
    )
    QUESTION: ClassVar[str] = "Take the run back?"
    BINDINGS: ClassVar[list[BindingType]] = [UNDO_LIMITS]

    def __init__(
        self, desk: Desk, run: str, came_from: Optional[Finished] = None, place: str = ""
    ) -> None:
        super().__init__(desk, f"Undo of run {run}")
        self.run_back = run
        self._came_from = came_from
        self._place = place

    @property
    def seat(self) -> Seat:
        """The same, with the run that is undone."""
        return replace(super().seat, run=f"run: {self.run_back}")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> Optional[bool]:
        """Show Back only if another screen was open before."""
        if action == "back":
            return bool(self.back_to)
        return super().check_action(action, parameters)

    @property
    def back_to(self) -> str:
        """The title of the screen from which the undo was requested, "" for none."""
        if self._came_from is not None:
            return "Result"
        return place(self._place).title if self._place else ""

    def action_back(self) -> None:
        """Go back to the screen from which the undo was requested."""
        if self._came_from is not None:
            self.post_message(self._came_from.again())
        elif self._place:
            self.leave_for(self._place)

    def action_undo_limits(self) -> None:
        """Show what undo cannot do."""
        show_undo_limits(self.app)

    def begin(self) -> None:
        """Make the plan of the undo."""
        session, run = self.desk.session, self.run_back
        in_background(
            self,
            lambda: Planned(session.undo_plan(run), queued=session.queued()),
            self.post_message,
        )

    @property
    def runs_the_draft(self) -> bool:
        """False: the forms have other answers than an undo."""
        return False

    @property
    def is_rerun(self) -> bool:
        """True, so that the review first shows the change from the live files."""
        return True


class GatheredScreen(ReviewScreen):
    """The review of the plan that installs the gathered certificates and sets up the rest.

    Its answers are those of the gather run's plan, so every operator who attaches gets the same.
    """

    HELP_TEXT: ClassVar[str] = (
        "What was gathered lies in a private directory and nothing of this host was changed by "
        "it. This is the plan that uses it: the commands show which certificates are copied and "
        "linked, the notes which are not, and why."
    )

    def __init__(self, desk: Desk, gathering: Plan) -> None:
        super().__init__(desk, "Review of what was gathered")
        self._gathering = gathering
        self._first = desk.draft.first if desk.draft is not None else not gathering.sections

    def forget_accepted(self) -> None:
        """Forget nothing: both runs are parts of one plan, so accepted cautions stay accepted."""

    def begin(self) -> None:
        """Read the host again and make the plan, in a thread."""
        self.is_ready = False
        in_background(self, self._make, self.post_message)

    def _make(self) -> Message:
        answers = parse_answers(self._gathering.answers)
        if not isinstance(answers, Answers):
            raise Trouble(
                "reading the answers that were gathered for",
                "they are none of this program's",
                "Start postfix-wizard again: what was gathered is used.",
            )
        session = self.desk.session
        host = session.host()
        plan = session.plan(answers, host, self._gathering.sections, self.choices)
        opening = session.opening(host)
        draft = replace(opening, first=self._first).draft(host)
        draft.apply(stored_of_answers(answers, self._gathering.sections, time.time()))
        draft.seen.update(SECTIONS)
        return Planned(plan, draft, session.queued())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> Optional[bool]:
        """Hide Back and the list until the plan brings the draft."""
        if action in {"back", "sections"} and self.desk.draft is None:
            return False
        return super().check_action(action, parameters)
