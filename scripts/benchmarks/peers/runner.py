"""One run of the plan that a host's answers come to, in a manner that is asked for.

    runner.py detached|foreground|unsynced

Prints JSON: `wall` is the run's time, from its request to its end; `commands` the time in its
children and `checks` the time in the checks (both of a foreground run; seconds).
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable

from wizard.answers.toml import read_answers
from wizard.plan.actions import Prove
from wizard.plan.model import Plan
from wizard.run import commands, terminal
from wizard.run.actions import BY_CLASS, packages, proof
from wizard.run.follow import follow
from wizard.run.paths import make_run
from wizard.run.request import write_request
from wizard.run.worker import work
from wizard.session import Session, local_session

ANSWERS = Path("/root/zeke.toml")
took = {"commands": 0.0, "checks": 0.0}


def main(manner: str) -> None:
    """Make the plan, take the time of the run, print it."""
    session = local_session()
    plan = session.plan(read_answers(ANSWERS), session.host())
    began = time.monotonic()
    {"detached": detached, "foreground": foreground, "unsynced": unsynced}[manner](session, plan)
    print(json.dumps({"wall": time.monotonic() - began, **took}))


def detached(session: Session, plan: Plan) -> None:
    """Run it as the wizard does, in a unit of its own, and follow it."""
    program = ("/usr/bin/python3", "/opt/installed/postfix-wizard")
    own = Session(session.door, session.places, program)
    for _ in follow(own.places, own.start(plan, attended=False)):
        pass


def foreground(session: Session, plan: Plan) -> None:
    """Run it in this process, the children timed."""
    commands.run = timed(commands.run, "commands")
    vars(packages)["drive"] = timed(terminal.drive, "commands")
    BY_CLASS[Prove] = replace(BY_CLASS[Prove], execute=timed(proof.prove_all, "checks"))
    run = make_run(session.places, time.time())
    write_request(run, plan, attended=False)
    if work(session.places, run.id) != 0:
        sys.exit("the run failed")


def unsynced(session: Session, plan: Plan) -> None:
    """The same, and nothing is ever synced."""
    vars(os)["fsync"] = nothing
    foreground(session, plan)


def nothing(_fd: Any) -> None:
    """Stand in for fsync(2)."""


def timed(call: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Return the function with its time added up under a name."""

    def wrapped(*args: Any, **named: Any) -> Any:
        began = time.monotonic()
        try:
            return call(*args, **named)
        finally:
            took[name] += time.monotonic() - began

    return wrapped


main(sys.argv[1])
