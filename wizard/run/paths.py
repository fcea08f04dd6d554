"""Where runs are kept: one directory a run, named so that `ls` shows them in order.

    runs/ID/run.json        what every version of the program reads (wizard.run.header)
    runs/ID/plan.json       the reviewed plan
    runs/ID/request.json    its hash, and whether somebody answers prompts
    runs/ID/journal         wizard.run.journal
    runs/ID/output/STEP     all that the step's children said
    runs/ID/replaced/       what was replaced, by hash; undo needs it
    runs/ID/staging/        files on their way; emptied by the worker
    runs/pruned.json        what is remembered of runs that were removed (wizard.run.pruning)
    gathered/SOURCE/        certificates that a gather run brought (wizard.host.gathered)
    key                     the key of this host (wizard.run.seals)

Directories are 0700 and files 0600: what was replaced may be a key.
"""

from __future__ import annotations

import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from wizard.errors import Trouble, UsageTrouble
from wizard.paths import SAVED_ANSWERS, STATE
from wizard.run.directories import make_private

_RUN = re.compile(r"[0-9]{8}-[0-9]{6}-([1-9][0-9]*)")
_STEP = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_TRIES = 100


@dataclass(frozen=True)
class Places:
    """The directories of the wizard's own; tests give others."""

    state: Path = Path(STATE)
    runtime: Path = Path("/run/postfix-wizard")
    answers: Path = Path(SAVED_ANSWERS)
    syslog: Path = Path("/dev/log")

    @property
    def runs(self) -> Path:
        """The directory that holds a directory for each run."""
        return self.state / "runs"

    @property
    def pruned(self) -> Path:
        """What is remembered of runs that were removed."""
        return self.runs / "pruned.json"

    @property
    def gathered(self) -> Path:
        """The directory that holds, by source, what gather runs brought."""
        return self.state / "gathered"

    @property
    def key(self) -> Path:
        """The key of this host, by which stored hashes are made (wizard.run.seals)."""
        return self.state / "key"

    @property
    def lock(self) -> Path:
        """The file that the worker in progress holds locked."""
        return self.runtime / "lock"

    @property
    def socket(self) -> Path:
        """Where the worker in progress takes answers."""
        return self.runtime / "socket"

    def run(self, run: str) -> RunPlaces:
        """Return a run's places. Raises UsageTrouble when `run` is no run's ID."""
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

    @property
    def header(self) -> Path:
        """The small file that every version of the program reads."""
        return self.directory / "run.json"

    @property
    def plan(self) -> Path:
        """The reviewed plan as JSON."""
        return self.directory / "plan.json"

    @property
    def request(self) -> Path:
        """What the launcher asks of the worker besides the plan."""
        return self.directory / "request.json"

    @property
    def journal(self) -> Path:
        """The journal."""
        return self.directory / "journal"

    @property
    def outputs(self) -> Path:
        """The directory of the steps' output."""
        return self.directory / "output"

    @property
    def replaced(self) -> Path:
        """The directory of what was replaced."""
        return self.directory / "replaced"

    @property
    def gathered(self) -> Path:
        """The directory that holds, by source, what gather runs brought."""
        return self._state / "gathered"

    @property
    def known_hosts(self) -> Path:
        """The keys of other hosts that the operator said yes to (sshd(8))."""
        return self._state / "known_hosts"

    @property
    def key(self) -> Path:
        """The key of this host, as `Places.key`."""
        return self._state / "key"

    @property
    def _state(self) -> Path:
        return self.directory.parent.parent

    @property
    def staging(self) -> Path:
        """The directory of files on their way."""
        return self.directory / "staging"

    def is_for_use_once(self, path: str) -> bool:
        """True if `path` is a gathered tree or a run's staging/: such a directory may be removed."""
        directory = Path(path)
        runs = self.directory.parent
        is_staging = directory.name == self.staging.name and directory.parent.parent == runs
        is_staging = is_staging and bool(_RUN.fullmatch(directory.parent.name))
        return directory.parent == self.gathered or is_staging

    def output(self, step: str) -> Path:
        """Return the file of a step's output."""
        return self.outputs / step_name(step)


def step_name(step: str) -> str:
    """Return `step` when it can name a file. Raises Trouble when it cannot."""
    if not _STEP.fullmatch(step):
        raise Trouble(f"naming step {step!r}", "its ID cannot be a file's name", "Report this.")
    return step


def order(run: str) -> tuple[int, str]:
    """Return what runs sort by: their number, which the clock cannot turn back."""
    match = _RUN.fullmatch(run)
    return (int(match[1]) if match else 0, run)


def began(run: str) -> str:
    """Return when a run was made, as its ID says: `2026-11-24 03:15`, UTC; "" for another name."""
    if not _RUN.fullmatch(run):
        return ""
    day, clock = run.split("-")[:2]
    return f"{day[:4]}-{day[4:6]}-{day[6:]} {clock[:2]}:{clock[2:4]}"


def known_runs(places: Places) -> tuple[str, ...]:
    """Return the IDs of all runs there are, oldest first."""
    try:
        names = [path.name for path in places.runs.iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return ()
    return tuple(sorted((name for name in names if _RUN.fullmatch(name)), key=order))


def make_run(places: Places, now: float) -> RunPlaces:
    """Make a new run's directory; `now` is in seconds since the epoch. Raises Trouble."""
    # By its own name: where runs/ is there, nobody would look at the label of what it is in.
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
            # A half-made run would stay in the list as one that never started.
            shutil.rmtree(run.directory, ignore_errors=True)
            raise
        return run
    raise Trouble(
        f"making a directory in {places.runs}",
        "every name tried was taken",
        f"Look at what fills it: ls {places.runs}",
    )
