"""What the operator chooses of conflicts between hand edits and a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

MINE, PLANNED, OPEN = "mine", "planned", ""
"""What is chosen of a conflict: the operator's own, the plan's, nothing yet."""


@dataclass(frozen=True)
class Choices:
    """What the operator chose of conflicts: by path and name, and `rest` of all others."""

    named: Mapping[tuple[str, str], str] = field(default_factory=dict)
    rest: str = OPEN

    def of(self, path: str, name: str) -> str:
        """Return MINE, PLANNED or OPEN."""
        return self.named.get((path, name), self.rest)

    def but(self, path: str, name: str, choice: str) -> Choices:
        """Return the same choices with one more, or another."""
        return Choices({**self.named, (path, name): choice}, self.rest)
