"""The checklist as data: what was looked at, what an item came to, what is kept of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wizard.answers.model import Answers
from wizard.answers.old_server import OldServer
from wizard.dns.asking import SILENT, Answer, Question

DONE, OPEN, UNKNOWN, TICKED = "done", "open", "unknown", "ticked"
"""An item's state: seen done, seen not to be done, not to be seen from here, ticked by hand."""


@dataclass(frozen=True)
class Port25:
    """Port 25 of the old server: whether it greets, refuses, or neither, in words.

    `certificate` is the SHA-256 of the one that it serves, in hex, "" where none was seen.
    """

    greets: bool = False
    refuses: bool = False
    words: str = "it was not asked"
    certificate: str = ""


@dataclass(frozen=True)
class View:
    """What was looked at. `own` are this host's addresses, `theirs` the old server's.

    `records` hold the answers of the zones' own servers, else of the resolvers; those of
    `zones_own` are of the former.
    """

    old: OldServer
    answers: Answers
    own: tuple[str, ...]
    theirs: tuple[str, ...]
    records: Mapping[Question, Answer]
    zones_own: frozenset[Question]
    port25: Port25

    def of(self, name: str, kind: str) -> Answer:
        """Return the answer to a question; one that was not asked is silent."""
        question = Question(name, kind)
        return self.records.get(question, Answer(question, SILENT, why="it was not asked"))


@dataclass(frozen=True)
class ProbeResult:
    """What a look at one item came to: DONE, OPEN or UNKNOWN, and what was seen in words."""

    state: str
    words: str


@dataclass(frozen=True)
class SavedState:
    """What is kept from one look to the next; times are seconds since the epoch.

    `done` has when an item was first seen done, `ticked` when it was ticked by hand, by its ID.
    `certificate` is that which the old server served on `certificate_at`.
    """

    done: Mapping[str, float] = field(default_factory=dict)
    ticked: Mapping[str, float] = field(default_factory=dict)
    certificate: str = ""
    certificate_at: float = 0.0


@dataclass(frozen=True)
class Row:
    """One item of the list as it stands.

    `at` is when it was first seen done or was ticked, 0 for neither; `was_done` when it was
    seen done that is no longer; `waits_for` are the IDs of items before it that are not done.
    """

    id: str
    title: str
    why: str
    how: str
    what_to_do: str
    state: str
    seen: str
    at: float = 0.0
    was_done: float = 0.0
    waits_for: tuple[str, ...] = ()

    @property
    def settled(self) -> bool:
        """Whether nothing is left to do of it."""
        return self.state in {DONE, TICKED}


@dataclass(frozen=True)
class Checklist:
    """The list for one old server; `kept` is what the next look goes on from."""

    old: OldServer
    rows: tuple[Row, ...]
    saved: SavedState
    warnings: tuple[str, ...] = ()

    @property
    def open(self) -> int:
        """How many items are left."""
        return sum(not row.settled for row in self.rows)

    @property
    def remaining(self) -> str:
        """How much is left, in a few words."""
        return f"{self.open} of {len(self.rows)} items open" if self.open else "nothing is left"

    @property
    def summary(self) -> str:
        """The list in a sentence."""
        return f"The move from {self.old.name}: {self.remaining}."
