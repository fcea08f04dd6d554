"""The checklist as data: what the probes saw, the result of each item, and the saved state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wizard.answers.model import Answers
from wizard.answers.old_server import OldServer
from wizard.dns.asking import SILENT, Answer, Question
from wizard.text import counted

DONE, OPEN, UNKNOWN, TICKED = "done", "open", "unknown", "ticked"
"""An item's state: seen done, seen open, not visible from here, ticked by the operator."""


@dataclass(frozen=True)
class Port25:
    """Port 25 of the old server: if it greets, or refuses mail, or neither; `words` tells which.

    `certificate` is the SHA-256 of the served certificate in hex, "" if none was seen.
    """

    greets: bool = False
    refuses: bool = False
    words: str = "it was not asked"
    certificate: str = ""


@dataclass(frozen=True)
class View:
    """What the probes saw. `own` are this host's addresses, `theirs` the old server's.

    `records` has the DNS answers. The zones' own servers answered the questions in `zones_own`,
    the resolvers all others. `withdrawals` are those of the sections (`Section.withdrawals`), and
    `day` is today (YYYY-MM-DD).
    """

    old: OldServer
    answers: Answers
    own: tuple[str, ...]
    theirs: tuple[str, ...]
    records: Mapping[Question, Answer]
    zones_own: frozenset[Question]
    port25: Port25
    withdrawals: Mapping[str, str] = field(default_factory=dict)
    day: str = ""

    def of(self, name: str, kind: str) -> Answer:
        """Return the answer to a question. A question without an answer is SILENT."""
        question = Question(name, kind)
        return self.records.get(question, Answer(question, SILENT, why="it was not asked"))


@dataclass(frozen=True)
class ProbeResult:
    """The result of one item's probe: DONE, OPEN or UNKNOWN, and what it saw in words."""

    state: str
    words: str


@dataclass(frozen=True)
class SavedState:
    """What move.json saves between two checklists; times are in seconds since the epoch.

    By the ID of an item, `done` has the time at which it was first seen done, and `ticked` the time
    of its tick. `certificate` is the one that the old server served at `certificate_at`.
    """

    done: Mapping[str, float] = field(default_factory=dict)
    ticked: Mapping[str, float] = field(default_factory=dict)
    certificate: str = ""
    certificate_at: float = 0.0


@dataclass(frozen=True)
class Row:
    """One item of the list; times are in seconds since the epoch.

    `at` is the time at which it was first seen done or was ticked, 0 for neither. `was_done` is the
    time at which it was seen done if it no longer is, else 0. `waits_for` are the IDs of items
    that must be done before it and are not.
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
        """True if nothing remains to be done."""
        return self.state in {DONE, TICKED}


@dataclass(frozen=True)
class Checklist:
    """The list for one old server; `saved` is the state from which the next one is made."""

    old: OldServer
    rows: tuple[Row, ...]
    saved: SavedState
    warnings: tuple[str, ...] = ()

    @property
    def open(self) -> int:
        """The number of open items."""
        return sum(not row.settled for row in self.rows)

    @property
    def remaining(self) -> str:
        """The open items in a few words."""
        return (
            f"{self.open} of {counted(len(self.rows), 'item')} open"
            if self.open
            else "nothing is left"
        )

    @property
    def summary(self) -> str:
        """The list in a sentence."""
        return f"The move from {self.old.name}: {self.remaining}."
