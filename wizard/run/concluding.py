"""A run's run.json, completed when a worker ends, so that a list need not read the whole run."""

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
    """Say in run.json that this program works on the run now, where it does not say so yet.

    A run of format 1 gets one. Where it cannot be written the journal alone says what happens.
    """
    with contextlib.suppress(Trouble):
        current, header = read(str(run.header)), read_header(run)
        plan = read_plan(run, read_request(run).plan_sha256)
        ours = planned(run.id, plan, header.made if header else time.time())
        if ours != header:
            write_header(run, ours, current)


def conclude(run: RunPlaces) -> None:
    """Complete run.json from the journal and the plan. Where that fails, nothing else changes.

    The lock is free by then, so that nobody has to wait for this. A worker that has begun since
    has written run.json anew, and is not written over.
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
