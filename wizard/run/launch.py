"""A run started in a unit of its own, outside the login that asked for it (systemd-run(1)).

KillMode=process: a stop or a crash of the worker leaves dnf alone, which would lose scriptlets
in silence. Nothing ever sends the worker SIGKILL but the kernel; a stop is SIGTERM, and it
ends at its next boundary.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Optional

from wizard.answers.accept import form_of
from wizard.environment import child_environment
from wizard.errors import NewerTrouble, Trouble
from wizard.plan.foreign import accepted_form
from wizard.plan.model import Plan
from wizard.run.audit import log_resume, log_start
from wizard.run.caller import find_caller
from wizard.run.header import read_header
from wizard.run.history import plan_of, refuse_newer_since
from wizard.run.journal import read_journal, set_aside
from wizard.run.lock import locked, refuse_if_locked
from wizard.run.paths import Places, RunPlaces, known_runs, make_run
from wizard.run.readiness import refuse_unready
from wizard.run.records import RunStarted
from wizard.run.release import current_release, refuse_other_release
from wizard.run.request import attend, write_request

WORKER = "worker"
"""The word after the program that makes it a worker; the run's ID follows."""

_PROPERTIES = (
    "KillMode=process",
    "SendSIGKILL=no",
    "TimeoutStopSec=15min",
    "OOMPolicy=continue",
    "IgnoreOnIsolate=yes",  # `systemctl isolate` stops what no target wants
    "LimitCORE=0",  # a dump of the worker's memory would have the secrets that it writes
    "WorkingDirectory=/",
    "StandardInput=null",
)
_PATIENCE = 60.0
_BEGIN = 15.0
"""Seconds that a worker gets to begin."""
_PAUSE = 0.02
_LOOK = (
    "Nothing was changed. `systemctl is-system-running` shows whether systemd works, and "
    "`journalctl -n 20` what it logged."
)

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

    `attended` says that somebody answers prompts. The plan's cautions were all accepted: the
    request names them, and who starts the run. Raises LockedTrouble when another run is in
    progress, NewerTrouble when a newer version of the program made the newest run, Trouble when
    the worker cannot be started: then there is no such run.
    """
    refuse_if_locked(places)
    refuse_newer_since(places, "", "starting a run")
    refuse_unready(places, plan, "starting a run", by_systemd=start is None)
    _set_damaged_aside(places)
    run = make_run(places, time.time())
    by, accepted = find_caller(), (*map(form_of, plan.cautions), *accepted_form(plan.foreign))
    plan = replace(plan, release=current_release())
    try:
        write_request(run, plan, attended=attended, by=by, accepted=accepted)
        log_start(places.syslog, run.id, plan, by, accepted)
        (start or start_unit)(f"postfix-wizard-{run.id}", (*program, WORKER, run.id))
    except BaseException:
        _discard(places, run)
        raise
    return run.id


def _discard(places: Places, run: RunPlaces) -> None:
    """Remove a run that no worker began. A worker that comes late finds nothing to do."""
    # It may have been started in spite of the error: then it has the lock, or has written already.
    with contextlib.suppress(Trouble), locked(places, run.id):
        if not run.journal.exists():
            shutil.rmtree(run.directory, ignore_errors=True)


def _set_damaged_aside(places: Places) -> None:
    """Keep a newest run whose journal is damaged from being taken for one to go on with."""
    for run in known_runs(places)[-1:]:
        journal = places.run(run).journal
        # One that cannot even be read must not hinder a new run either; the list tells of it.
        with contextlib.suppress(Trouble):
            reading = None if _is_newer(places.run(run)) else read_journal(journal)
            if reading is not None and reading.corrupt:
                set_aside(journal)


def _is_newer(run: RunPlaces) -> bool:
    """Return True if a newer version made the run, whose journal may have another form as well."""
    try:
        read_header(run)
    except NewerTrouble:
        return True
    except Trouble:
        return False
    return False


def relaunch(
    places: Places,
    run_id: str,
    program: Sequence[str],
    *,
    attended: bool,
    start: Optional[Starter] = None,
) -> None:
    """Start a worker that goes on with a run, and return once its journal says so.

    Raises LockedTrouble when a run is in progress, NewerTrouble when a newer version of the
    program made the run, Trouble when no worker begins.
    """
    refuse_if_locked(places)
    doing = f"resuming run {run_id}"
    refuse_newer_since(places, run_id, doing)
    refuse_other_release(places, run_id, doing)
    refuse_unready(places, plan_of(places, run_id), doing, by_systemd=start is None)
    run = places.run(run_id)
    by = find_caller()
    attend(run, attended=attended, by=by)
    log_resume(places.syslog, run.id, by)
    before = _attempts(run)
    (start or start_unit)(f"postfix-wizard-{run.id}-{before + 1}", (*program, WORKER, run.id))
    deadline = time.monotonic() + _BEGIN
    # A viewer that looks sooner would take the end of the last attempt for this one's.
    while _attempts(run) == before:
        if time.monotonic() > deadline:
            raise Trouble(
                doing,
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
        raise Trouble(doing, f"systemd-run: {error}", _LOOK) from error
    if done.returncode != 0:
        said = " ".join((done.stderr + done.stdout).decode("utf-8", "replace").split())
        raise Trouble(
            doing, f"systemd-run: {said or f'exit status {done.returncode}, no message'}", _LOOK
        )
