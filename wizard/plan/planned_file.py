"""A file of the host with the text that is proposed for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from wizard.host.facts import FileFacts
from wizard.plan.actions import BuildTable, ReplaceFile
from wizard.plan.files import NewFile, sha256
from wizard.plan.model import Step
from wizard.plan.sealed_file import SealedFile
from wizard.postfix.proposal import Proposal
from wizard.postfix.sender_access import rows, rows_by_key


@dataclass(frozen=True)
class PlannedFile:
    """One file's facts with what is proposed for it."""

    facts: FileFacts
    proposal: Proposal
    sealed: Optional[SealedFile] = None
    keeps_original: bool = False
    """True if a copy (`.orig`) is made before the first change."""

    @property
    def live(self) -> Optional[bytes]:
        """The live text with marks for its keys, None if there is no file."""
        return self.facts.live if self.sealed is None else self.sealed.live

    @property
    def pending(self) -> bool:
        """True if the plan writes the file."""
        return self.proposal.text != self.live

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.facts.path.rpartition("/")[2]

    @property
    def next(self) -> NewFile:
        """The text to write, and the hash of the file that it replaces."""
        live = self.facts.live
        new = NewFile(
            self.facts.path,
            self.proposal.text,
            None if live is None else sha256(live),
            self.facts.mode,
            self.proposal.reasons,
        )
        return new if self.sealed is None else self.sealed.with_keys(new)

    def write(self, title: str, why: str, step: str = "") -> Step:
        """Return the step that writes the file; its ID is `step`, else the file's name."""
        return Step(step or self.name, title, why, ReplaceFile(self.next), done=not self.pending)

    def index(
        self, title: str, kind: str, dump: Optional[bytes], tolerated: tuple[str, ...]
    ) -> Step:
        """Return the step that builds the indexed table of the file (postmap(1)), of the type `kind`.

        `dump` is the text of the table that is there, None if there is none. `tolerated` are lines of
        stderr that do not fail the step.
        """
        path, expected = self.facts.path, rows(self.proposal.text)
        return Step(
            f"{self.name}-table",
            title,
            "Postfix reads the indexed table, not the text.",
            BuildTable(kind, path, expected, tolerated),
            (("postmap", f"{kind}:{path}"),),
            done=not self.pending and dump is not None and rows_by_key(dump) == dict(expected),
        )
