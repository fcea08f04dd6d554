"""Where runs are kept: one directory a run, named so that `ls` shows them in order.

    runs/ID/plan.json       the reviewed plan
    runs/ID/request.json    its hash, and whether somebody answers prompts
    runs/ID/journal         wizard.run.journal
    runs/ID/output/STEP     all that the step's children said
    runs/ID/replaced/       what was replaced, by hash; undo needs it
    runs/ID/staging/        files on their way; emptied by the worker
    gathered/SOURCE/        certificates that a gather run brought (wizard.host.gathered)

Directories are 0700 and files 0600: what was replaced may be a key.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path

from wizard.errors import Trouble, UsageTrouble
from wizard.run.directories import make_private

_RUN = re.compile(r"[0-9]{8}-[0-9]{6}-([1-9][0-9]*)")
_STEP = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_TRIES = 100


@dataclass(frozen=True)
class Places:
    """The directories of the wizard's own; tests give others."""

    state: Path = Path("/var/lib/postfix-wizard")
    runtime: Path = Path("/run/postfix-wizard")
    answers: Path = Path("/etc/postfix-wizard/answers.toml")

    @property
    def runs(self) -> Path:
        """The directory that holds a directory for each run."""
        return self.state / "runs"

    @property
    def gathered(self) -> Path:
        """The directory that holds, by source, what gather runs brought."""
        return self.state / "gathered"

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
    def _state(self) -> Path:
        return self.directory.parent.parent

    @property
    def staging(self) -> Path:
        """The directory of files on their way."""
        return self.directory / "staging"

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
    make_private(places.runs)
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now))
    for extra in range(_TRIES):
        newest = max((order(run)[0] for run in known_runs(places)), default=0)
        run = places.run(f"{stamp}-{newest + 1 + extra}")
        if not make_private(run.directory):
            continue
        for directory in (run.outputs, run.replaced, run.staging):
            make_private(directory)
        return run
    raise Trouble(
        f"making a directory in {places.runs}",
        "every name tried was taken",
        f"Look at what fills it: ls {places.runs}",
    )
