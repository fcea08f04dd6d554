"""The review after a gather run: the host is read anew, with what was gathered."""

from __future__ import annotations

from typing import ClassVar

from textual.message import Message

from screens.desk import Desk
from screens.messages import Planned
from screens.review import ReviewScreen
from wizard.answers.model import Answers


class GatheredScreen(ReviewScreen):
    """The same review, of the plan that puts in place what was gathered and sets up the rest."""

    HELP_TEXT: ClassVar[str] = (
        "What was gathered lies in a private directory and nothing of this host was changed by "
        "it. This is the plan that uses it: the commands show which certificates are copied and "
        "linked, the notes which are not, and why."
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, "Review of what was gathered")

    def forget_accepted(self) -> None:
        """What was accepted before the gather run stays so: it is the same plan in two parts."""

    def make_plan(self, answers: Answers) -> Message:
        """Read the host anew first."""
        host = self.desk.session.host()
        return Planned(self.plan_of(answers, host), host)
