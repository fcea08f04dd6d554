"""Complete a run's run.json when a worker ends, so that a list need not read the whole run."""

from __future__ import annotations

import contextlib
import dataclasses
import time

from wizard.errors import Trouble
from wizard.run.files import read
from wizard.run.header import planned, read_header, stamps, write_header
from wizard.run.history import summary_of
from wizard.run.paths import RunPlaces
from wizard.run.request import read_plan, read_request


def begin(run: RunPlaces) -> None:
    """Name in run.json this program as the one that works on the run.

    A run of format 1 gets a run.json. If it cannot be written, the journal alone has the outcome.
    """
    with contextlib.suppress(Trouble):
        current, header = read(str(run.header)), read_header(run)
        plan = read_plan(run, read_request(run).plan_sha256)
        ours = planned(run.id, plan, header.made if header else time.time())
        if ours != header:
            write_header(run, ours, current)


def conclude(run: RunPlaces) -> None:
    """Complete run.json from the journal and the plan. If that fails, nothing changes.

    The lock is free by then, so that nobody has to wait for this. If a new worker has written
    run.json since, it stays.
    """
    with contextlib.suppress(Trouble):
        current, header = read(str(run.header)), read_header(run)
        one = summary_of(run)
        if header is None or one.newer is not None:
            return
        ended = dataclasses.replace(
            header,
            started=one.started,
            ended=one.ended,
            outcome=one.outcome,
            done=one.done,
            steps=one.steps,
            message=one.message,
            step=one.step,
            returned=one.returned,
            by=one.by,
            resumed_by=one.resumed_by,
            touched=None if one.touched is None else tuple(sorted(one.touched)),
            stamps=stamps(run),
        )
        write_header(run, ended, current)
