"""What the screens and the command line both do: look, plan, start, follow, prove.

One `Session` is made in `main`, where all effects are chosen; nothing below it asks again.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Collection, Iterator, Optional

from wizard.answers.model import Answers
from wizard.check.model import Finding
from wizard.check.prove import prove
from wizard.door import Door
from wizard.host.facts import Host
from wizard.host.read import read_host
from wizard.plan.build import build_plan
from wizard.plan.model import Plan
from wizard.plan.read_back import read_back
from wizard.run.follow import follow
from wizard.run.history import RunSummary, runs
from wizard.run.launch import launch
from wizard.run.lock import holder
from wizard.run.paths import Places
from wizard.run.prompts import send_answer
from wizard.run.records import Event


@dataclass(frozen=True)
class Session:
    """The machine (`door`), where runs are kept (`places`), and how to start this program."""

    door: Door
    places: Places
    program: tuple[str, ...]
    answers_file: Optional[Path] = None

    def host(self) -> Host:
        """Read what the host is now; takes 0.1 to 2 s (a package is fetched where none is)."""
        return read_host(self.door)

    def answers(self, host: Host) -> Optional[Answers]:
        """Return the given file's answers, else the saved ones, else what the host says.

        None where the host has no Postfix yet and no file was given: everything is to be asked.
        """
        return read_back(host)

    def plan(self, answers: Answers, host: Host, sections: Collection[str] = ()) -> Plan:
        """Return what would be done; a pure function, quick."""
        return build_plan(answers, host, sections)

    def start(self, plan: Plan, *, attended: bool) -> str:
        """Start a worker on this plan and return the run's ID; returns in about 50 ms.

        `attended` says that somebody will answer prompts. Raises LockedTrouble when another run
        is in progress.
        """
        return launch(self.places, plan, self.program, attended=attended)

    def follow(self, run: str) -> Iterator[Event]:
        """Yield the run's events from its first record, live, until it ends."""
        return follow(self.places, run)

    def answer(self, run: str, prompt: int, text: str) -> bool:
        """Send the answer to a prompt; False when it was answered already."""
        return send_answer(self.places, run, prompt, text)

    def running(self) -> Optional[str]:
        """Return the ID of the run in progress, None when there is none."""
        found = holder(self.places)
        return found.run if found else None

    def runs(self) -> tuple[RunSummary, ...]:
        """Return the runs of the past and present, oldest first."""
        return runs(self.places)

    def check(self, answers: Answers) -> Iterator[Finding]:
        """Prove the live state, finding by finding."""
        return prove(answers, self.door)
