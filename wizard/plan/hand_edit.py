"""A hand edit as plans and journals store it; `planning/by_hand.py` finds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from wizard.plan.choices import MINE, OPEN


@dataclass(frozen=True)
class HandEdit:
    """One entry of a file that the operator changed since `run` wrote the file.

    `name` is that of `wizard.planning.file_entries`, "" for the whole file. `left` is the value
    that the run wrote, `now` the live value, `planned` the plan's; None means not set. Values may
    contain any character. `choice` is OPEN if there is no conflict.
    """

    path: str
    name: str
    left: Optional[str]
    now: Optional[str]
    planned: Optional[str]
    run: str
    conflict: bool = False
    choice: str = OPEN

    @property
    def undecided(self) -> bool:
        """True if the operator must decide before the plan can run."""
        return self.conflict and self.choice == OPEN

    @property
    def stays(self) -> bool:
        """True if the run does not overwrite it."""
        return not self.conflict or self.choice == MINE
