"""A hand edit as plans and journals store it; `planning/by_hand.py` finds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from wizard.plan.choices import MINE, OPEN


@dataclass(frozen=True)
class HandEdit:
    """One thing of a file that was changed by hand since `run` wrote the file.

    `name` is as `wizard.planning.file_entries` has it, "" for the whole file. `left`, `now` and `planned`
    are its values as a run wrote it, as it stands, and as the plan would have it; None where it
    is not set. They may hold any character. `choice` is OPEN where it is no conflict.
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
        """Whether the plan cannot be run before something is chosen."""
        return self.conflict and self.choice == OPEN

    @property
    def stays(self) -> bool:
        """Whether it is still the operator's own once the plan was run."""
        return not self.conflict or self.choice == MINE
