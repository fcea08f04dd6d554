"""What the operator chooses of a plan: of conflicts with hand edits, and what is accepted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

MINE, PLANNED, OPEN = "mine", "planned", ""
"""What is chosen of a conflict: the operator's own, the plan's, nothing yet."""


@dataclass(frozen=True)
class Choices:
    """What the operator chose of conflicts: by path and name, and `rest` of all others.

    `accepted` has the values after `--accept NAME=VALUE,VALUE`, by name.
    """

    named: Mapping[tuple[str, str], str] = field(default_factory=dict)
    rest: str = OPEN
    accepted: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def of(self, path: str, name: str) -> str:
        """Return MINE, PLANNED or OPEN."""
        return self.named.get((path, name), self.rest)

    def but(self, path: str, name: str, choice: str) -> Choices:
        """Return the same choices with one more, or another."""
        return replace(self, named={**self.named, (path, name): choice})

    def accepting(self, name: str, values: frozenset[str]) -> Choices:
        """Return the same choices with other accepted values of this name."""
        others = {one: said for one, said in self.accepted.items() if one != name}
        return replace(self, accepted={**others, name: values} if values else others)
