"""Where runs are stored: one directory a run. `ls` lists them in order.

    runs/ID/run.json        what every version of the program reads (wizard.run.header)
    runs/ID/plan.json       the reviewed plan
    runs/ID/request.json    the plan's hash, and whether somebody answers prompts
    runs/ID/journal         wizard.run.journal
    runs/ID/output/STEP     the output of the step's children
    runs/ID/replaced/       replaced files, by hash; undo needs them
    runs/ID/staging/        staged files; emptied by the worker
    runs/pruned.json        a note on removed runs (wizard.run.pruning)
    gathered/SOURCE/        certificates that a gather run brought (wizard.host.gathered)
    draft.json              answers that were typed and not run yet (wizard.drafts.store)
    key                     the key of this host (wizard.run.seals)

Directories are 0700 and files 0600, since a replaced file may be a key.
"""

from __future__ import annotations

import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from wizard.errors import Trouble, UsageTrouble
from wizard.paths import SAVED_ANSWERS, STATE
from wizard.run.directories import make_private

_RUN = re.compile(r"[0-9]{8}-[0-9]{6}-([1-9][0-9]*)")
_STEP = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_TRIES = 100


class _Below:
    """An attribute: the path `name` in the directory that another attribute, `above`, names."""

    def __init__(self, above: str, name: str) -> None:
        self._above = above
        self._name = name

    def __get__(self, places: object, _kind: type) -> Path:
        return cast("Path", getattr(places, self._above)) / self._name


@dataclass(frozen=True)
class Places:
    """The wizard's own directories. Tests use others."""

    state: Path = Path(STATE)
    runtime: Path = Path("/run/postfix-wizard")
    answers: Path = Path(SAVED_ANSWERS)
    syslog: Path = Path("/dev/log")

    runs = _Below("state", "runs")
    """The directory with a directory for each run."""
    pruned = _Below("runs", "pruned.json")
    """The note on removed runs."""
    gathered = _Below("state", "gathered")
    """The directory of the gathered trees, by source."""
    draft = _Below("state", "draft.json")
    """The answers that were typed and not run yet (wizard.drafts.store)."""
    key = _Below("state", "key")
    """The key of this host for stored hashes (wizard.run.seals)."""
    lock = _Below("runtime", "lock")
    """The file that the worker in progress locks."""
    socket = _Below("runtime", "socket")
    """The socket on which the worker in progress takes answers."""

    def run(self, run: str) -> RunPlaces:
        """Return the paths of a run. Raises UsageTrouble if `run` is not the ID of a run."""
        if not _RUN.fullmatch(run):
            raise UsageTrouble(
                f"looking for run {run!r}",
                "that is no run's ID",
                "IDs look like 20261124-034502-1; `postfix-wizard runs` lists them.",
            )
        return RunPlaces(run, self.runs / run)


@dataclass(frozen=True)
class RunPlaces:
    """The files of one run."""

    id: str
    directory: Path

    header = _Below("directory", "run.json")
    """The small file that every version of the program reads."""
    plan = _Below("directory", "plan.json")
    """The reviewed plan as JSON."""
    request = _Below("directory", "request.json")
    """The launcher's request to the worker, next to the plan."""
    journal = _Below("directory", "journal")
    """The journal."""
    outputs = _Below("directory", "output")
    """The directory of the steps' output."""
    replaced = _Below("directory", "replaced")
    """The directory of the replaced files."""
    staging = _Below("directory", "staging")
    """The directory of staged files."""
    gathered = _Below("_state", "gathered")
    """The directory of the gathered trees, by source."""
    known_hosts = _Below("_state", "known_hosts")
    """The keys of other hosts that the operator accepted (sshd(8))."""
    key = _Below("_state", "key")
    """The key of this host, as `Places.key`."""

    @property
    def _state(self) -> Path:
        return self.directory.parent.parent

    def is_for_use_once(self, path: str) -> bool:
        """True if `path` is a gathered tree or a run's staging/. Only these may be removed."""
        directory = Path(path)
        runs = self.directory.parent
        is_staging = directory.name == self.staging.name and directory.parent.parent == runs
        is_staging = is_staging and bool(_RUN.fullmatch(directory.parent.name))
        return directory.parent == self.gathered or is_staging

    def output(self, step: str) -> Path:
        """Return the file of a step's output."""
        return self.outputs / step_name(step)


def step_name(step: str) -> str:
    """Return `step` if it can name a file. Raises Trouble if it cannot."""
    if not _STEP.fullmatch(step):
        raise Trouble(f"naming step {step!r}", "its ID cannot be a file's name", "Report this.")
    return step


def order(run: str) -> tuple[int, str]:
    """Return the sort key of a run: its number, which does not depend on the clock."""
    match = _RUN.fullmatch(run)
    return (int(match[1]) if match else 0, run)


def began(run: str) -> str:
    """Return the time in a run's ID as `2026-11-24 03:15`, UTC; "" for another name."""
    if not _RUN.fullmatch(run):
        return ""
    day, clock = run.split("-")[:2]
    return f"{day[:4]}-{day[4:6]}-{day[6:]} {clock[:2]}:{clock[2:4]}"


def known_runs(places: Places) -> tuple[str, ...]:
    """Return the IDs of all runs, oldest first."""
    try:
        names = [path.name for path in places.runs.iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return ()
    return tuple(sorted((name for name in names if _RUN.fullmatch(name)), key=order))


def make_run(places: Places, now: float) -> RunPlaces:
    """Make a new run's directory; `now` is in seconds since the epoch. Raises Trouble."""
    # Explicitly, for its label: with an existing runs/ the directory above is not checked.
    make_private(places.state)
    make_private(places.runs)
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now))
    for extra in range(_TRIES):
        newest = max((order(run)[0] for run in known_runs(places)), default=0)
        run = places.run(f"{stamp}-{newest + 1 + extra}")
        if not make_private(run.directory):
            continue
        try:
            for directory in (run.outputs, run.replaced, run.staging):
                make_private(directory)
        except BaseException:
            # An incomplete run would stay in the list as one that never started.
            shutil.rmtree(run.directory, ignore_errors=True)
            raise
        return run
    raise Trouble(
        f"making a directory in {places.runs}",
        "every name tried was taken",
        f"Look at what fills it: ls {places.runs}",
    )
