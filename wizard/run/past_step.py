"""A step of a run that is undone, and what undoes it: its place in the undo, and files put back."""

from __future__ import annotations

import os
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import PurePosixPath
from typing import Any, TypeVar, cast

from wizard.host.units import RUNNING_STATES
from wizard.plan.actions import Service
from wizard.plan.files import Past
from wizard.plan.model import Action, Plan, Step
from wizard.plan.undo_actions import PutBack
from wizard.run.changed import CERTBOT, TABLE, build_command, kind_of, lineage_of, source_of
from wizard.run.path_state import MISSING
from wizard.run.progress import Progress

PREFIX = "back-"
"""What the ID of each step of an undo begins with."""
ANSWERS = "answers"
"""The name of the saved answers in the journal. No step of a plan writes them."""

Terms = dict[str, Any]
_Action = TypeVar("_Action")


def files_of(terms: Mapping[str, object]) -> list[Terms]:
    """Return what a step journalled of files and links (docs/journal.md, `files`)."""
    return cast("list[Terms]", terms.get("files", ()))


class Slot(Enum):
    """A place in an undo, in the order of its steps."""

    STOP = "Postfix is stopped if it did not run before"
    HOLD = "queued mail is put on hold that the old files would bounce"
    CHANGES = "what the steps changed, the last first"
    ZONES = "named reads the old zone"
    TURN = "Postfix reads the old files"
    TURN_AFTER_FILES = "the same, if any file is put back"
    HOLD_AGAIN = "mail that arrived meanwhile is put on hold"
    MAIL = "mail is released"
    OTHER_UNITS = "other programs read their old files"
    OTHER_MTA = "the other mail server, the last first: Postfix must release port 25 first"
    PACKAGE = "packages are removed, if the operator wants that"
    AFTER_PACKAGE = "what is exact only after that, the last first"


Back = tuple[Slot, Step]
"""A step of an undo with its place."""


@dataclass(frozen=True)
class RunToUndo:
    """A run that is undone: all that it wrote, and the steps that undo it, once they are known."""

    plan: Plan
    past: Progress
    written: Sequence[Past] = ()
    back: Sequence[Step] = ()

    def of(self, data: type[_Action]) -> Iterator[tuple[_Action, Terms]]:
        """Yield the actions of one class that began, with their terms."""
        for step in self.plan.pending:
            if step.id in self.past.begun and isinstance(step.action, data):
                yield step.action, self.past.intended.get(step.id, {})

    @property
    def started(self) -> bool:
        """True if the run started a Postfix that did not run."""
        return any(terms.get("was") not in RUNNING_STATES for _, terms in self.of(Service))


@dataclass(frozen=True)
class PastStep:
    """A step of a run that is undone. `terms` is what it journalled, empty if it did not begin.

    `files` are the files and links among these.
    """

    id: str
    action: Any
    terms: Terms
    files: tuple[Past, ...]
    run: RunToUndo

    @property
    def began(self) -> bool:
        """True if the step journalled what undo needs."""
        return self.id in self.run.past.intended

    def back(
        self, slot: Slot, title: str, why: str, action: Action, *commands: tuple[str, ...]
    ) -> Back:
        """Return the step that undoes this one."""
        return slot, Step(PREFIX + self.id, title, why, action, commands)


def files_back(one: PastStep) -> Iterator[Back]:
    """Yield the step that puts back the files and directories of a step, if it wrote any."""
    directories = tuple(cast("Sequence[str]", one.terms.get("directories", ())))
    if not (one.files or directories):
        return
    links = (link for link in one.run.written if lineage_of(link.path))
    new = {file.path for file in one.run.written if file.was == MISSING}
    action = PutBack(one.files, directories, tuple(_needed(one.files, links)))
    yield one.back(
        Slot.CHANGES,
        f"Put back {_place(tuple(file.path for file in one.files) or directories)}",
        "From its text, which is back by then; without a text it is as before the run."
        if is_table(action)
        else "As it stood before the run, with its owner, mode and time.",
        action,
        *(argv for file in one.files for argv in _typed(file, new)),
        *(("rmdir", directory) for directory in directories[::-1]),
    )


def files_back_unless_issued(one: PastStep) -> Iterator[Back]:
    """Yield the same, but nothing for a certificate that was issued for this host."""
    if not one.action.stays:
        yield from files_back(one)


def is_table(action: object) -> bool:
    """True if an action puts lookup tables back, and nothing else."""
    files = action.files if isinstance(action, PutBack) else ()
    return bool(files) and all(kind_of(one.path) is TABLE for one in files)


def _needed(files: Sequence[Past], links: Iterable[Past]) -> Iterator[Past]:
    """Yield the links whose renewal makes certbot need these files.

    An account serves every lineage; a file of a lineage serves that one.
    """
    of_certbot = [one.path.split("/") for one in files if kind_of(one.path) is CERTBOT]
    for link in links:
        name = lineage_of(link.path)
        if any("accounts" in parts or {name, f"{name}.conf"} & {*parts} for parts in of_certbot):
            yield link


def _place(paths: Sequence[str]) -> str:
    if len(paths) == 1:
        return PurePosixPath(paths[0]).name
    return f"{PurePosixPath(os.path.commonpath(paths)).name} ({len(paths)} files)"


def _typed(past: Past, new: Container[str]) -> Iterator[tuple[str, ...]]:
    kind, _, rest = past.was.partition(":")
    source = source_of(past.path)
    if kind_of(past.path) is TABLE and source not in new:
        builder, table_type = build_command(past.path)
        yield (builder, f"{table_type}:{source}")
    elif kind == "file":
        yield ("cp", "-p", past.copy, past.path)
    elif kind == "link":
        yield ("ln", "-sfn", rest, past.path)
    else:
        yield ("rm", past.path)
