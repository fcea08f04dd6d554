"""The worker looks at the host before its first step, once, and the proof compares with that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.run.runs import last, plan, prepared, told
from wizard.answers.model import Answers
from wizard.answers.sections.hostname import Hostname
from wizard.answers.toml import format_answers
from wizard.check.cures.known import Known
from wizard.errors import Trouble
from wizard.finding import RIGHT, WRONG, Finding, cure
from wizard.plan.actions import Command, Install, Prove, Service, StagedCheck
from wizard.plan.model import Plan, Step
from wizard.run.journal import Journal, open_journal
from wizard.run.paths import Places
from wizard.run.records import Before, Found, StepFinished, StepStarted
from wizard.run.worker import work

NAMED = Answers(Hostname("mail.example.com", "example.com"))
RENAMED = Answers(Hostname("new.example.com", "example.com"))
WAS_WRONG = Finding("port.587", "port 587", "nobody", "master", WRONG, "Start it.")
BROKEN = Finding("smtp.25.vrfy", "port 25", "252", "502", WRONG, "Set it.")
RAN, STOPPED = (Service("none", "postfix", state) for state in ("active", "inactive"))


def ending(changed: Path, service: Service = RAN) -> Plan:
    """Return a plan that makes a file, as a step that changes the host, and then looks."""
    made = plan(
        ("change", Command(("touch", str(changed)))),
        ("check", Prove()),
        answers=format_answers(RENAMED),
    )
    turned = Step("service", "", "", service, done=True)
    return replace(made, steps=(*made.steps, turned), today=format_answers(NAMED))


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[dict[str, Any]]:
    """Stand in for the checks: 587 is wrong always, 25 once the plan has changed the host."""
    calls: list[dict[str, Any]] = []

    def prove(answers: Answers, _door: object, **how: Any) -> Iterator[Finding]:
        changed = (tmp_path / "changed").exists()
        calls.append({"name": answers.hostname.myhostname, "changed": changed, **how})
        yield WAS_WRONG
        yield (
            BROKEN if changed and (tmp_path / "breaks").exists() else replace(BROKEN, verdict=RIGHT)
        )

    monkeypatch.setattr("wizard.check.prove.prove", prove)
    return calls


def before_of(places: Places, run: str) -> list[Before]:
    return [one for one in told(places, run) if isinstance(one, Before)]


@pytest.mark.promise(40)
def test_a_run_that_breaks_nothing_is_done(
    places: Places, looks: list[dict[str, Any]], tmp_path: Path
) -> None:
    run = prepared(places, ending(tmp_path / "changed"))
    assert work(places, run) == 0, last(places, run).message
    assert [(one["name"], one["changed"]) for one in looks] == [
        ("mail.example.com", False),
        ("new.example.com", True),
    ]
    assert looks[0]["is_quick"]
    assert before_of(places, run) == [Before((("port.587", "port 587"),))]
    (found,) = [one for one in told(places, run) if isinstance(one, Found)]
    assert [(one.verdict, one.fatal) for one in found.findings] == [(WRONG, False), (RIGHT, True)]


@pytest.mark.promise(40)
def test_what_was_right_before_and_is_wrong_after_fails(
    places: Places, looks: list[dict[str, Any]], tmp_path: Path
) -> None:
    (tmp_path / "breaks").touch()
    run = prepared(places, ending(tmp_path / "changed"))
    assert work(places, run) == 1
    assert "1 of 2 checks found something wrong: port 25" in last(places, run).message
    assert len(looks) == 2


@pytest.mark.parametrize("breaks", [False, True])
def test_the_findings_of_a_run_have_causes_and_cures_as_those_of_a_check(
    places: Places,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    breaks: bool,
) -> None:
    """What the run has just written is not cured by another run."""
    starts = cure("systemctl start postfix")
    stopped = Finding("unit.active", "postfix", "inactive", "active", WRONG, "", cure=starts)

    def prove(_answers: Answers, _door: object, **_how: Any) -> Iterator[Finding]:
        yield stopped
        yield WAS_WRONG
        if breaks and (tmp_path / "changed").exists():
            yield BROKEN

    read: list[tuple[str, bool]] = []

    def read_known(
        answers: Answers, _door: object, changes: Callable[[str], bool], **how: bool
    ) -> Known:
        read.append((answers.hostname.myhostname, changes("policy")))
        return Known(can_apply=how["are_chosen"] and how["are_saved"], changes=changes)

    monkeypatch.setattr("wizard.check.prove.prove", prove)
    monkeypatch.setattr("wizard.check.cures.advise.read_known", read_known)
    run = prepared(places, ending(tmp_path / "changed"))
    assert work(places, run) == int(breaks)
    assert read == [("new.example.com", False)]
    (found,) = [one for one in told(places, run) if isinstance(one, Found)]
    for effect in found.findings[1:]:
        assert (effect.follows, effect.cure) == ("unit.active", starts)


def test_nothing_was_right_where_postfix_did_not_run(
    places: Places, looks: list[dict[str, Any]], tmp_path: Path
) -> None:
    run = prepared(places, ending(tmp_path / "changed", STOPPED))
    assert work(places, run) == 1
    assert [one["changed"] for one in looks] == [True]
    assert not before_of(places, run)


@pytest.mark.promise(40)
def test_a_run_that_does_not_start_postfix_is_not_blamed_for_its_being_stopped(
    places: Places, looks: list[dict[str, Any]], tmp_path: Path
) -> None:
    made = ending(tmp_path / "changed")
    installed = Step("install", "", "", Install("postfix", (), ()), done=True)
    made = replace(made, steps=(installed, *made.steps[:-1]))
    run = prepared(places, made)
    assert work(places, run) == 0, last(places, run).message
    assert [one["changed"] for one in looks] == [False, True]


def resumed(places: Places, run: str, *records: Any) -> int:
    """Work on a run whose journal has these records of a worker that was killed."""
    with open_journal(places.run(run).journal, run) as (journal, _):
        assert isinstance(journal, Journal)
        for record in records:
            journal.append(record)
    return work(places, run)


def test_a_resumed_run_has_what_the_first_attempt_saw(
    places: Places, looks: list[dict[str, Any]], tmp_path: Path
) -> None:
    (tmp_path / "changed").touch()
    seen = Before((("port.587", "port 587"),))
    run = prepared(places, ending(tmp_path / "changed"))
    steps = (StepStarted("change"), StepFinished("change", "done", 0.1, "", {}))
    assert resumed(places, run, seen, *steps) == 0, last(places, run).message
    assert len(looks) == 1
    assert before_of(places, run) == [seen]


@pytest.mark.promise(40)
def test_a_resumed_run_that_began_nothing_looks_again(
    places: Places, looks: list[dict[str, Any]], tmp_path: Path
) -> None:
    """What other hands broke since the first look is not of the run."""
    run = prepared(places, ending(tmp_path / "changed"))
    assert resumed(places, run, Before(())) == 0, last(places, run).message
    assert [one["changed"] for one in looks] == [False, True]
    assert before_of(places, run)[-1] == Before((("port.587", "port 587"),))


def test_a_resumed_run_that_never_looked_does_not_look_when_it_is_late(
    places: Places, looks: list[dict[str, Any]], tmp_path: Path
) -> None:
    run = prepared(places, ending(tmp_path / "changed"))
    assert resumed(places, run, StepStarted("change")) == 1
    assert [one["changed"] for one in looks] == [True]


def test_a_run_whose_host_cannot_be_looked_at_goes_on(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then everything counts."""

    def prove(*_: object, **__: object) -> Iterator[Finding]:
        if not (tmp_path / "changed").exists():
            raise Trouble("looking", "no memory", "Wait.")
        yield WAS_WRONG

    monkeypatch.setattr("wizard.check.prove.prove", prove)
    run = prepared(places, ending(tmp_path / "changed"))
    assert work(places, run) == 1
    assert (tmp_path / "changed").exists()
    assert not before_of(places, run)


def test_old_complaints_of_postfix_are_no_new_ones(
    places: Places, looks: list[dict[str, Any]], tmp_path: Path
) -> None:
    """Else a new complaint at the end would be taken for an old one."""
    made = ending(tmp_path / "changed")
    staged = Step("staged", "", "", StagedCheck((), (), ("an old line",)), done=True)
    work(places, prepared(places, replace(made, steps=(*made.steps, staged))))
    assert [list(one["tolerated"]) for one in looks] == [["an old line"]] * 2
