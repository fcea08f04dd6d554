"""A step of a run that is undone, and the order of the steps that undo it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from wizard.plan.files import Past
from wizard.plan.model import Action, Plan, Step
from wizard.run.paths import RunPlaces
from wizard.run.progress import Progress

PREFIX = "back-"
"""What the ID of each step of an undo begins with."""
ANSWERS = "answers"
"""The name of the saved answers in the journal. No step of a plan writes them."""

Terms = dict[str, Any]


class Slot(Enum):
    """A place in an undo, in the order of its steps."""

    STOP = "Postfix is stopped if it did not run before"
    HOLD = "queued mail is put on hold that the old files would bounce"
    CHANGES = "what the steps changed, the last first"
    ZONES = "named reads the old zone"
    TURN = "Postfix reads the old files"
    TURN_AFTER_FILES = "the same, if any file is put back"
    HOLD_AGAIN = "mail that arrived meanwhile is put on hold"
    MAIL = "mail is released"
    OTHER_UNITS = "other programs read their old files"
    OTHER_MTA = "the other mail server, the last first: Postfix must release port 25 first"
    PACKAGE = "packages are removed, if the operator wants that"
    AFTER_PACKAGE = "what is exact only after that, the last first"


Back = tuple[Slot, Step]
"""A step of an undo with its place."""


@dataclass(frozen=True)
class RunToUndo:
    """A run that is undone.

    `links` are the links of lineages that it wrote, `new` the paths that did not exist before it.
    """

    plan: Plan
    past: Progress
    places: RunPlaces
    links: Sequence[Past] = ()
    new: frozenset[str] = frozenset()


@dataclass(frozen=True)
class PastStep:
    """A step of a run that is undone. `terms` is what it journalled, empty if it did not begin."""

    id: str
    action: Any
    terms: Terms
    run: RunToUndo

    @property
    def began(self) -> bool:
        """True if the step journalled what undo needs."""
        return self.id in self.run.past.intended

    def back(
        self, slot: Slot, title: str, why: str, action: Action, *commands: tuple[str, ...]
    ) -> Back:
        """Return the step that undoes this one."""
        return slot, Step(PREFIX + self.id, title, why, action, commands)
