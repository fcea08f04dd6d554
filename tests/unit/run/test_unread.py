"""The turn of a service that a run did not come to is in the next plan."""

from __future__ import annotations

import os
import time

import pytest

from wizard.plan.actions import PostfixCheck, Prove, Service, TurnBeside
from wizard.plan.model import Action, Plan, Step
from wizard.plan.undo_actions import ReturnUnit
from wizard.run.journal import open_journal
from wizard.run.paths import Places, make_run
from wizard.run.records import DONE, Record, RunStarted, StepFinished, StepStarted
from wizard.run.request import write_request
from wizard.run.unread import with_unread

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="files of root")

RELOAD, RESTART = (Service(verb, "postfix", "active") for verb in ("reload", "restart"))
DOVECOT = TurnBeside("restart", "dovecot", "active", ("/run/lmtp",))


def plan(undoes: str = "", done: bool = False, **actions: Action) -> Plan:
    steps = (
        Step(name.replace("_", "-"), f"Title of {name}", "", action, (("x", name),), done)
        for name, action in actions.items()
    )
    return Plan("", (), tuple(steps), (), undoes=undoes)


def cut_off(places: Places, wanted: Plan, *done: str) -> str:
    """A run whose worker was killed after these steps."""
    at = make_run(places, time.time())
    write_request(at, wanted, attended=False)
    records: list[Record] = [RunStarted(at.id, "", 1)]
    for step in done:
        records += [StepStarted(step), StepFinished(step, DONE, 0.1, "", {})]
    with open_journal(at.journal, at.id) as (journal, _):
        for record in records:
            journal.append(record)
    return at.id


NOTHING = plan(
    done=True,
    service=Service("none", "postfix", "active"),
    dovecot_service=DOVECOT,
    check=Prove(),
)
CHECKED = PostfixCheck((), ())
CASES = [
    # the run, its steps that are done, what is pending now
    (plan(postfix_check=CHECKED, service=RELOAD), (), {"service": "reload", "check": ""}),
    (plan(service=RESTART, check=Prove()), (), {"service": "restart", "check": ""}),
    (plan(service=RELOAD, check=Prove()), ("service",), {}),
    (plan(done=True, service=Service("none", "postfix", "active")), (), {}),
    # One that did not run is started by the new plan itself, which sees that.
    (plan(service=Service("start", "postfix", "inactive")), (), {}),
    (plan(dovecot_service=DOVECOT), (), {"dovecot-service": "restart", "check": ""}),
    (
        plan("20261124-034502-1", back_service=ReturnUnit("postfix", "reload", "active")),
        (),
        {"service": "reload", "check": ""},
    ),
    (plan("20261124-034502-1", back_service=ReturnUnit("postfix", "stop", "inactive")), (), {}),
    (plan(postfix_check=CHECKED), (), {}),
]


@pytest.mark.parametrize(("early", "done", "pending"), CASES)
def test_a_turn_that_a_run_did_not_come_to_is_pending(
    places: Places, early: Plan, done: tuple[str, ...], pending: dict[str, str]
) -> None:
    found = with_unread(NOTHING, places, cut_off(places, early, *done))
    verbs = {step.id: getattr(step.action, "verb", "") for step in found.pending}
    assert verbs == pending
    assert [step.id for step in found.steps] == [step.id for step in NOTHING.steps]


def test_a_turn_of_the_plan_itself_stays(places: Places) -> None:
    own = plan(service=RESTART)
    assert with_unread(own, places, cut_off(places, plan(service=RELOAD))) == own


def test_a_run_that_cannot_be_read_has_no_say(places: Places) -> None:
    run = cut_off(places, plan(service=RELOAD))
    places.run(run).plan.write_bytes(b"{")
    assert with_unread(NOTHING, places, run) == NOTHING
