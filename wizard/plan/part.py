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

    `current` are today's answers, read back from the host; None on a new host. `protected` has by
    path the names of entries that the operator changed and keeps: a section must not change them.
    `tolerated` are the complaints of Postfix about main.cf that fail no step.
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
        """Today's answers if sections were named: only what differs from them is edited."""
        return self.current if self.scope.named else None

    def protected_in(self, path: str) -> frozenset[str]:
        """Return the names of the entries in a file that must not change."""
        return self.protected.get(path, frozenset())


@dataclass(frozen=True)
class Part:
    """What a section adds to a plan: files, remarks, and steps by the time at which they run.

    `first` runs before all changes, `packages` after Postfix is installed, `prepare` before
    Postfix reads the new files, `tables` before main.cf is written. `after_service` runs after
    Postfix was started or reloaded, then `firewall`, `after_firewall` and, last, `after_proof`.
    """

    files: tuple[PlannedFile, ...] = ()
    own_files: tuple[FileChange, ...] = ()
    """Changes of files that belong to the operator: nothing in them is a hand edit."""
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
    """True if only the saved answers change: a run must write them."""


@dataclass(frozen=True)
class Gathering:
    """What a section must fetch or obtain before a plan of the host can be made.

    `source` names it in the plan, and `step` does it. `cautions`, `obstacles` and `warnings` belong
    to the gather run. The later plan has the section's own obstacles, and its cautions with the
    names in `later`: they are unknown until then.
    """

    section: str
    source: str
    step: Step
    cautions: tuple[Caution, ...] = ()
    obstacles: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()
    later: frozenset[str] = frozenset()
