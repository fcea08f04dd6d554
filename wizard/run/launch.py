"""Start a run in a unit of its own, outside the caller's login (systemd-run(1)).

With KillMode=process a stop or a crash of the worker does not kill dnf, which would skip
scriptlets without an error. Only the kernel sends the worker SIGKILL. A stop sends SIGTERM, and
the worker ends at its next boundary.
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
from wizard.environment import captured, child_environment
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
"""The program's first argument for a worker. The run's ID follows."""

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
"""Seconds within which a worker must begin."""
_PAUSE = 0.02
_LOOK = (
    "Nothing was changed. `systemctl is-system-running` shows whether systemd works, and "
    "`journalctl -n 20` what it logged."
)

Starter = Callable[[str, Sequence[str]], None]
"""Starts an argv outside this process, under a unit's name."""


def launch(
    places: Places,
    plan: Plan,
    program: Sequence[str],
    *,
    attended: bool,
    start: Optional[Starter] = None,
) -> str:
    """Store the plan, start `program worker RUN` on it, and return the run's ID.

    `attended` is True if somebody answers prompts. All cautions of the plan were accepted. The
    request names them, and who starts the run. Raises LockedTrouble if another run is in
    progress, NewerTrouble if a newer version of the program made the newest run, Trouble if the
    worker cannot be started. Then the run is removed.
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
    """Remove a run that no worker began. A worker that starts late finds nothing to do."""
    # A worker may have started in spite of the error. Then it has the lock, or a journal.
    with contextlib.suppress(Trouble), locked(places, run.id):
        if not run.journal.exists():
            shutil.rmtree(run.directory, ignore_errors=True)


def _set_damaged_aside(places: Places) -> None:
    """Set the journal of the newest run aside if it is damaged. Then nobody tries to resume it."""
    for run in known_runs(places)[-1:]:
        journal = places.run(run).journal
        # An unreadable journal must not stop a new run either. The list of runs reports it.
        with contextlib.suppress(Trouble):
            reading = None if _is_newer(places.run(run)) else read_journal(journal)
            if reading is not None and reading.corrupt:
                set_aside(journal)


def _is_newer(run: RunPlaces) -> bool:
    """True if a newer version made the run. Then its journal may have another form, too."""
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
    """Start a worker that resumes a run, and return once it has begun.

    Raises LockedTrouble if a run is in progress, NewerTrouble if a newer version of the program
    made the run, Trouble if no worker begins.
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
    # A viewer that reads sooner would show the end of the last attempt as the end of this one.
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
    """Start `argv` as a transient unit, and return once it is executed. Raises Trouble."""
    doing = f"starting the worker as {unit}.service"
    try:
        done = captured(unit_argv(unit, argv), _PATIENCE)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Trouble(doing, f"systemd-run: {error}", _LOOK) from error
    if done.returncode != 0:
        said = " ".join((done.stderr + done.stdout).decode("utf-8", "replace").split())
        raise Trouble(
            doing, f"systemd-run: {said or f'exit status {done.returncode}, no message'}", _LOOK
        )
