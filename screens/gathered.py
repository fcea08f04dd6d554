"""The review after a gather run: of its own answers, on the host as it is now."""

from __future__ import annotations

from typing import ClassVar, Optional

from textual.message import Message

from screens.background import in_background
from screens.desk import Desk
from screens.draft import Draft
from screens.messages import Planned
from screens.review import ReviewScreen
from wizard.answers.build import to_values
from wizard.answers.model import SECTIONS, Answers
from wizard.answers.toml import parse_answers
from wizard.errors import Trouble
from wizard.plan.model import Plan


class GatheredScreen(ReviewScreen):
    """The same review, of the plan that puts in place what was gathered and sets up the rest.

    The answers are those of the gather run's plan, so that it is the same whoever attached to it.
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
        """What was accepted before the gather run stays so: it is the same plan in two parts."""

    def begin(self) -> None:
        """Read the host anew and plan, in a thread."""
        self._ready = False
        in_background(self, self._make)

    def _make(self) -> Message:
        answers = parse_answers(self._gathering.answers)
        if not isinstance(answers, Answers):
            raise Trouble(
                "reading the answers that were gathered for",
                "they are none of this program's",
                "Begin again: what was gathered is used.",
            )
        session = self.desk.session
        host = session.host()
        plan = session.plan(answers, host, self._gathering.sections, self.choices)
        draft = Draft(host, to_values(answers), first=self._first)
        draft.seen.update(SECTIONS)
        return Planned(plan, draft)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> Optional[bool]:
        """Back and the list need the draft, which comes with the plan."""
        if action in {"back", "sections"} and self.desk.draft is None:
            return False
        return super().check_action(action, parameters)
