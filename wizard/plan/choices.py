"""The operator's choices for a plan: decisions on conflicts, and accepted cautions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

MINE, PLANNED, OPEN = "mine", "planned", ""
"""The decision on a conflict: the operator's value, the plan's value, or none yet."""


@dataclass(frozen=True)
class Choices:
    """The decisions on conflicts by path and name; `rest` is the decision on all others.

    `accepted` has by name the values of `--accept NAME=VALUE,VALUE`.
    """

    named: Mapping[tuple[str, str], str] = field(default_factory=dict)
    rest: str = OPEN
    accepted: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def of(self, path: str, name: str) -> str:
        """Return the decision on an entry of a file: MINE, PLANNED or OPEN."""
        return self.named.get((path, name), self.rest)

    def but(self, path: str, name: str, choice: str) -> Choices:
        """Return the same choices with this decision on one entry."""
        return replace(self, named={**self.named, (path, name): choice})

    def accepting(self, name: str, values: frozenset[str]) -> Choices:
        """Return the same choices with these accepted values for the name."""
        others = {one: said for one, said in self.accepted.items() if one != name}
        return replace(self, accepted={**others, name: values} if values else others)
