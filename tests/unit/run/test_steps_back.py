"""The way back of each kind of step."""

from __future__ import annotations

import os
import time
from pathlib import Path
from unittest.mock import Mock

import pytest

from tests.unit.run.undoing import NEW, plan
from wizard.plan.actions import (
    EnableUnit,
    Install,
    OpenFirewall,
    ReplaceFile,
    Service,
    StagedCheck,
    TurnBeside,
)
from wizard.plan.files import NewFile, sha256
from wizard.plan.model import Action, Plan
from wizard.plan.undo_actions import CloseFirewall, Disable, PutBack, Remove, ReturnUnit
from wizard.run.journal import open_journal, read_journal
from wizard.run.paths import Places, make_run
from wizard.run.progress import Progress, progress
from wizard.run.records import FAILED, Returning, RunFinished, StepIntended
from wizard.run.undo import steps_back

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="files of root")

INTENDED: dict[str, dict[str, object]] = {
    "install": {"package": "postfix", "was": ""},
    "service": {"unit": "postfix", "verb": "start", "was": "inactive"},
    "enable": {"unit": "postfix", "was": "disabled"},
    "firewall": {"zone": "public", "added": ["smtp"]},
}


def whole() -> Plan:
    return plan(
        ("install", Install("postfix", ("dnf", "install", "postfix"), ())),
        ("staged", StagedCheck((), ())),
        ("service", Service("reload", "postfix", "active")),
        ("enable", EnableUnit("postfix", "disabled")),
        ("firewall", OpenFirewall("public", ("smtp", "smtps"), ("smtp",))),
    )


def back(places: Places, past: Progress, *, remove: bool = False) -> list[Action]:
    at = places.run("20261124-034502-1")
    return [step.action for step in steps_back(whole(), past, at, remove_package=remove)]


def test_each_step_has_its_own_way_back(places: Places) -> None:
    past = Progress(done=tuple(INTENDED), intended=dict(INTENDED))
    expected = [
        ReturnUnit("postfix", "stop", "inactive"),
        CloseFirewall("public", ("smtp",)),
        Disable("postfix"),
    ]
    assert back(places, past) == expected
    removal = Remove("postfix", ("dnf", "remove", "postfix"))
    assert back(places, past, remove=True) == [*expected, removal]


def test_what_was_so_before_stays(places: Places) -> None:
    intended: dict[str, dict[str, object]] = {
        "install": {"package": "postfix", "was": "postfix-3.5.25-1"},
        "enable": {"unit": "postfix", "was": "enabled"},
        "firewall": {"zone": "public", "added": []},
    }
    assert back(places, Progress(intended=intended), remove=True) == []


def test_a_service_that_ran_reads_the_old_files_again(places: Places) -> None:
    """Its new processes read main.cf as it is, so it is turned though the run never came to it."""
    entry = {"path": "/etc/postfix/main.cf", "was": "missing", "now": "missing"}
    files: dict[str, dict[str, object]] = {"staged": {"files": [entry]}}
    *_, last = back(places, Progress(intended=files))
    assert last == ReturnUnit("postfix", "reload", "active")


def test_a_service_that_failed_is_restarted(places: Places) -> None:
    ran: dict[str, dict[str, object]] = {
        "service": {"unit": "postfix", "verb": "reload", "was": "active"}
    }
    assert back(places, Progress(intended=ran)) == [ReturnUnit("postfix", "restart", "active")]
    done = Progress(intended=ran, done=("service",))
    assert back(places, done) == [ReturnUnit("postfix", "reload", "active")]


def test_the_way_back_survives_its_journal(places: Places) -> None:
    at = make_run(places, time.time())
    past = Progress(intended=dict(INTENDED))
    record = Returning("why", steps_back(whole(), past, at, remove_package=True))
    with open_journal(at.journal, at.id) as (journal, _):
        journal.append(record)
        journal.append(RunFinished(FAILED, "why"))
    read = read_journal(at.journal)
    assert read is not None
    assert read.records[0] == record
    assert isinstance(record.steps[0].action, ReturnUnit)
    assert not any(isinstance(step.action, PutBack) for step in record.steps)


@pytest.mark.parametrize(("was", "verb"), [("active", "restart"), ("inactive", "stop")])
def test_a_unit_beside_is_turned_after_its_file_went(was: str, verb: str) -> None:
    conf = str(Path("/etc/dovecot/conf.d/99.conf"))
    made = plan(
        ("conf", ReplaceFile(NewFile(conf, NEW, None))),
        ("turn", TurnBeside("start", "dovecot", was, ("/run/lmtp",))),
    )
    entry = {"path": conf, "was": "missing", "now": f"file:{sha256(NEW)}"}
    past = progress(
        [
            StepIntended("conf", {"files": [entry]}),
            StepIntended("turn", {"unit": "dovecot", "was": was}),
        ]
    )
    run = Mock(replaced=Path("/replaced"), key=Path("/no/key"))
    back = steps_back(made, past, run)
    assert [step.id for step in back] == ["back-conf", "back-turn"]
    assert back[1].action == TurnBeside(verb, "dovecot", "active")
    assert back[1].commands == (("systemctl", verb, "dovecot"),)
