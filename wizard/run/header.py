"""run.json: the small file of a run that every version of the program can read.

It is written when the run is made, and completed when a worker ends. It keeps its name, and
`os.rename` replaces it whole. Resume and undo do not need it: they use the journal and the plan.
docs/journal.md describes it.
"""

from __future__ import annotations

import dataclasses
import json
import os
import stat
from dataclasses import dataclass
from typing import Any, Optional

from wizard import __version__
from wizard.errors import NewerTrouble, Trouble
from wizard.plan.model import Plan
from wizard.plan.wire import NewerForm, from_data, require_known, to_data
from wizard.run.caller import NOBODY, Caller
from wizard.run.directories import explained
from wizard.run.files import FileSnapshot, replace
from wizard.run.paths import RunPlaces
from wizard.run.records import require_outcome
from wizard.secrets import masked_data
from wizard.text import counted
from wizard.version import commit, named, this_program

FORMAT = 2
"""The format of a run's directory as this program writes it. Runs without run.json have format 1."""
MAX_BYTES = 256 * 1024
"""A larger run.json is not read."""
MAX_MESSAGE = 8 * 1024
"""Characters of the message; the journal has all of it."""
MAX_TOUCHED = 1000
"""Things in `touched`. A run that touched more has none there, so its journal is read."""

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


@dataclass(frozen=True)
class Stamp:
    """A file's size in bytes and its time of change in ns since the epoch."""

    size: int
    mtime_ns: int


@dataclass(frozen=True)
class Header:
    """What run.json contains.

    `format`, `version` and `commit` (of the program that last worked on the run), `undoes`,
    `outcome`, `done` and `steps` have the same names and meanings in every later format. `made`,
    `started` and `ended` are seconds since the epoch. `outcome` is "" until a worker ended.
    `message`, `step`, `returned`, `by` and `resumed_by` are as in `RunSummary`. `touched` names
    what the run changed (`wizard.run.touched`), None if that is unknown. `stamps` are those of the
    run's files when `outcome` was written. If one differs, the files count and not run.json.
    """

    format: int
    version: str
    commit: str
    run: str
    undoes: str = ""
    gathers: str = ""
    sections: tuple[str, ...] = ()
    made: float = 0.0
    started: Optional[float] = None
    ended: Optional[float] = None
    outcome: str = ""
    done: int = 0
    steps: int = 0
    message: str = ""
    step: str = ""
    returned: bool = False
    by: Caller = NOBODY
    resumed_by: tuple[Caller, ...] = ()
    touched: Optional[tuple[str, ...]] = None
    stamps: tuple[tuple[str, Stamp], ...] = ()


@dataclass(frozen=True)
class NewerRun:
    """A run in a newer form: what every version can read, and why the rest is not understood."""

    why: str
    version: str = ""
    commit: str = ""
    undoes: str = ""
    outcome: str = ""
    done: int = 0
    steps: int = 0

    @property
    def made_by(self) -> str:
        """Who wrote the run, in words that follow its ID."""
        return f"was written by {named(self.version, self.commit)} (newer): {self.why}"

    @property
    def progress(self) -> str:
        """How far the run came, "" if that is unknown."""
        if not (self.outcome or self.done):
            return ""
        of_all = f"{self.done} of {counted(self.steps, 'step')}"
        done = of_all if self.steps else counted(self.done, "step")
        outcome = f"its outcome is {self.outcome!r}, and " if self.outcome else ""
        return f"{outcome}{done} done"


def planned(run: str, plan: Plan, now: float) -> Header:
    """Return the header of a run that is made now."""
    return Header(
        FORMAT,
        __version__,
        commit(),
        run,
        undoes=plan.undoes,
        gathers=plan.gathers,
        sections=plan.sections,
        made=now,
        steps=len(plan.pending),
    )


def write_header(run: RunPlaces, header: Header, current: Optional[FileSnapshot] = None) -> None:
    """Write run.json, whole or not at all.

    `current` is the file that it replaces, as `read` returned it. Raises Trouble, also if that
    file has changed since.
    """
    message = header.message
    if len(message) > MAX_MESSAGE:
        message = message[:MAX_MESSAGE] + " ... (the journal has all of it)"
    touched = header.touched
    if touched is not None and len(touched) > MAX_TOUCHED:
        touched = None
    header = dataclasses.replace(header, message=message, touched=touched)
    data = masked_data(to_data(Header, header))
    text = json.dumps(data, separators=(",", ":")).encode("ascii") + b"\n"
    replace(str(run.header), text, current, mode=0o600)


def read_header(run: RunPlaces) -> Optional[Header]:
    """Return the header from run.json, None if there is no such file.

    Raises NewerTrouble if a newer version wrote it, Trouble if it is damaged.
    """
    doing = f"reading {run.header}"
    data = _bytes(run, doing)
    if data is None:
        return None
    try:
        fields = json.loads(data)
        require_known(fields["format"])
        header = from_data(Header, fields)
        require_outcome(header.outcome)
    except NewerForm as newer:
        raise newer_trouble(run, doing, str(newer)) from newer
    except KeyError as error:
        raise Trouble(doing, f"it is damaged (it has no {error})", "") from error
    except (ValueError, TypeError, RecursionError) as error:
        raise Trouble(doing, f"it is damaged ({error})", "") from error
    return header


def _bytes(run: RunPlaces, doing: str) -> Optional[bytes]:
    with explained(doing, run.header):
        try:
            fd = os.open(run.header, _READ)
        except FileNotFoundError:
            return None
        with os.fdopen(fd, "rb") as file:
            status = os.fstat(fd)
            if not stat.S_ISREG(status.st_mode) or status.st_uid not in {0, os.geteuid()}:
                raise Trouble(doing, "it is not a regular file of root's", "")
            data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise Trouble(doing, f"it has more than {MAX_BYTES} bytes", "")
    return data


def newer_run(run: RunPlaces, why: str, *, done: int = 0) -> NewerRun:
    """Return what can be read of a run in a newer form.

    `why` says what is not understood. `done` is the number of steps that are done by its journal.
    """
    try:
        fields = json.loads(_bytes(run, "") or b"{}")
    except (Trouble, ValueError, RecursionError):
        fields = {}
    if not isinstance(fields, dict):
        fields = {}
    return NewerRun(
        why,
        _text(fields, "version"),
        _text(fields, "commit"),
        _text(fields, "undoes"),
        _text(fields, "outcome"),
        max(done, _count(fields, "done")),
        _count(fields, "steps"),
    )


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    return "".join(filter(str.isprintable, value[:100])) if isinstance(value, str) else ""


def _count(fields: dict[str, Any], name: str) -> int:
    value = fields.get(name)
    return value if type(value) is int and 0 <= value < MAX_BYTES else 0


def newer_trouble(run: RunPlaces, doing: str, why: str, *, done: int = 0) -> NewerTrouble:
    """Return the error that names the program that wrote a run, and how far the run came."""
    return explain_newer(run.id, newer_run(run, why, done=done), doing)


def explain_newer(run: str, newer: NewerRun, doing: str) -> NewerTrouble:
    """Return the error that names the program of a run, how far it came, and what can resume it."""
    progress = f". How far it came: {newer.progress}" if newer.progress else ""
    return NewerTrouble(
        doing,
        f"run {run} {newer.made_by}{progress}",
        f"Install {named(newer.version, newer.commit) if newer.version else 'that version'}: it can"
        f" list, resume and undo that run. This is {this_program()}, which leaves the run alone.",
        newer.why,
    )


def stamps(run: RunPlaces) -> tuple[tuple[str, Stamp], ...]:
    """Return the stamps of a run's plan, request and journal. A missing file has none."""
    found = []
    for path in (run.plan, run.request, run.journal):
        try:
            status = os.lstat(path)
        except OSError:
            continue
        found.append((path.name, Stamp(status.st_size, status.st_mtime_ns)))
    return tuple(found)
