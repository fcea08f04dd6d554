"""What a section plans from, and what it adds to a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Optional

from wizard.answers.model import Answers, Caution, Problem
from wizard.host.facts import Host
from wizard.plan.choices import Choices
from wizard.plan.model import FileChange, Foreign, Step
from wizard.plan.planned_file import PlannedFile
from wizard.plan.scope import Scope


@dataclass(frozen=True)
class Request:
    """What a section plans from.

    `current` is what the host's files say today, None on a new host. `kept` has by path the names
    of what the operator changed by hand and keeps, `tolerated` what Postfix may say of main.cf
    without a step failing.
    """

    answers: Answers
    host: Host
    scope: Scope
    current: Optional[Answers]
    choices: Choices
    protected: Mapping[str, frozenset[str]]
    tolerated: tuple[str, ...]

    @property
    def rerun_from(self) -> Optional[Answers]:
        """What the host says, where sections were named: only what differs from it is edited."""
        return self.current if self.scope.named else None

    def protected_in(self, path: str) -> frozenset[str]:
        """Return the names of what the operator keeps in a file."""
        return self.protected.get(path, frozenset())


@dataclass(frozen=True)
class Part:
    """What a section adds to a plan: files, what to know of them, and steps by when they run.

    `first` runs before anything is changed, `packages` after Postfix is installed, `prepare` before
    Postfix reads the new files, `tables` before main.cf is written, `after_service` once Postfix
    was turned, then `firewall`, then `after_firewall`, and `after_proof` last.
    """

    files: tuple[PlannedFile, ...] = ()
    own_files: tuple[FileChange, ...] = ()
    """Changes of files that are the operator's from the start: nothing in them is a hand edit."""
    to_copy: tuple[FileChange, ...] = ()
    foreign: tuple[Foreign, ...] = ()
    obstacles: tuple[Problem, ...] = ()
    cautions: tuple[Caution, ...] = ()
    warnings: tuple[str, ...] = ()
    first: tuple[Step, ...] = ()
    packages: tuple[Step, ...] = ()
    prepare: tuple[Step, ...] = ()
    tables: tuple[Step, ...] = ()
    after_service: tuple[Step, ...] = ()
    firewall: tuple[Step, ...] = ()
    after_firewall: tuple[Step, ...] = ()
    after_proof: tuple[Step, ...] = ()
    saves: bool = False
    """True where the saved answers alone change, which a run must write."""


@dataclass(frozen=True)
class Gathering:
    """What a section must fetch or obtain before a plan of the host can be made.

    `source` names it in the plan, and `step` does it. `cautions`, `obstacles` and `warnings` are
    the gather run's own. What the section will say of the plan that comes after is not known yet:
    its obstacles, and its cautions with the names `later`.
    """

    section: str
    source: str
    step: Step
    cautions: tuple[Caution, ...] = ()
    obstacles: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()
    later: frozenset[str] = frozenset()
