"""A run started in a unit of its own, outside the login that asked for it (systemd-run(1)).

KillMode=process: a stop or a crash of the worker leaves dnf alone, which would lose scriptlets
in silence. Nothing ever sends the worker SIGKILL but the kernel; a stop is SIGTERM, and it
ends at its next boundary.
"""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import Optional

from wizard.environment import child_environment
from wizard.errors import Trouble
from wizard.plan.model import Plan
from wizard.run.journal import read_journal, set_aside
from wizard.run.lock import refuse_if_locked
from wizard.run.paths import Places, RunPlaces, known_runs, make_run
from wizard.run.records import RunStarted
from wizard.run.request import attend, write_request

WORKER = "worker"
"""The word after the program that makes it a worker; the run's ID follows."""

_PROPERTIES = (
    "KillMode=process",
    "SendSIGKILL=no",
    "TimeoutStopSec=15min",
    "OOMPolicy=continue",
    "WorkingDirectory=/",
    "StandardInput=null",
)
_PATIENCE = 60.0
_BEGIN = 15.0
"""Seconds that a worker gets to begin."""
_PAUSE = 0.02

Starter = Callable[[str, Sequence[str]], None]
"""Starts an argv, apart from this process, under a unit's name."""


def launch(
    places: Places,
    plan: Plan,
    program: Sequence[str],
    *,
    attended: bool,
    start: Optional[Starter] = None,
) -> str:
    """Write the plan down, start `program worker RUN` on it, and return the run's ID.

    `attended` says that somebody answers prompts. Raises LockedTrouble when another run is in
    progress, Trouble when the worker cannot be started.
    """
    refuse_if_locked(places)
    _set_damaged_aside(places)
    run = make_run(places, time.time())
    write_request(run, plan, attended=attended)
    (start or start_unit)(f"postfix-wizard-{run.id}", (*program, WORKER, run.id))
    return run.id


def _set_damaged_aside(places: Places) -> None:
    """Keep a newest run whose journal is damaged from being taken for one to go on with."""
    for run in known_runs(places)[-1:]:
        journal = places.run(run).journal
        # One that cannot even be read must not hinder a new run either; the list tells of it.
        with contextlib.suppress(Trouble):
            reading = read_journal(journal)
            if reading is not None and reading.corrupt:
                set_aside(journal)


def relaunch(
    places: Places,
    run_id: str,
    program: Sequence[str],
    *,
    attended: bool,
    start: Optional[Starter] = None,
) -> None:
    """Start a worker that goes on with a run, and return once its journal says so.

    Raises LockedTrouble when a run is in progress, Trouble when no worker begins.
    """
    refuse_if_locked(places)
    run = places.run(run_id)
    attend(run, attended=attended)
    before = _attempts(run)
    (start or start_unit)(f"postfix-wizard-{run.id}-{before + 1}", (*program, WORKER, run.id))
    deadline = time.monotonic() + _BEGIN
    # A viewer that looks sooner would take the end of the last attempt for this one's.
    while _attempts(run) == before:
        if time.monotonic() > deadline:
            raise Trouble(
                f"going on with run {run.id}",
                "the worker did not begin",
                "Look at `journalctl -u 'postfix-wizard-*' -n 20`.",
            )
        time.sleep(_PAUSE)


def _attempts(run: RunPlaces) -> int:
    reading = read_journal(run.journal)
    return sum(isinstance(one, RunStarted) for one in (reading.records if reading else ()))


def unit_argv(unit: str, argv: Sequence[str]) -> list[str]:
    """Return the systemd-run command line that starts `argv` as this unit."""
    properties = [word for one in _PROPERTIES for word in ("-p", one)]
    variables = [f"--setenv={name}={value}" for name, value in child_environment().items()]
    return [
        "systemd-run",
        "--quiet",
        "--collect",
        "--no-ask-password",
        "--service-type=exec",
        f"--unit={unit}",
        "--description=Postfix set-up by postfix-wizard",
        *properties,
        *variables,
        "--",
        *argv,
    ]


def start_unit(unit: str, argv: Sequence[str]) -> None:
    """Start `argv` as a transient unit; returns once it has been executed. Raises Trouble."""
    doing = f"starting the worker as {unit}.service"
    try:
        done = subprocess.run(
            unit_argv(unit, argv),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=child_environment(),
            cwd="/",
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Trouble(doing, f"systemd-run: {error}", "Is systemd running on this host?") from error
    if done.returncode != 0:
        said = (done.stderr + done.stdout).decode("utf-8", "replace").strip()
        raise Trouble(
            doing, f"systemd-run: {said}", f"Nothing was changed. systemctl status {unit}"
        )
