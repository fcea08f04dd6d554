"""Runs that hold and release mail, with a queue that answers as Postfix's commands do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional

import pytest

from wizard.errors import Trouble
from wizard.plan.actions import HoldMail
from wizard.plan.model import Plan, Step
from wizard.plan.undo_actions import ReleaseMail
from wizard.postfix.classes import QUERIED
from wizard.run.commands import Completed
from wizard.run.journal import open_journal, read_journal
from wizard.run.paths import Places, make_run
from wizard.run.progress import progress
from wizard.run.records import RunFinished, StepFinished, StepIntended, StepStarted
from wizard.run.request import write_request
from wizard.run.undo import steps_back
from wizard.run.worker import work

pytestmark = pytest.mark.promise(54)


class Queue:
    """Messages by queue ID: where each is. Commands whose name is in `broken` fail."""

    def __init__(self, **where: str) -> None:
        self.where = where
        self.broken: set[str] = set()
        self.vanished: set[str] = set()

    def run(
        self, argv: Sequence[str], *_: object, stdin: Optional[bytes] = None, **__: Any
    ) -> Completed:
        if argv[0] in self.broken:
            return Completed(tuple(argv), 1, b"", b"fatal: broken\n")
        out, err = getattr(self, argv[0])(argv, (stdin or b"").decode().split())
        return Completed(tuple(argv), 0, out.encode(), err.encode())

    def postconf(self, argv: Sequence[str], _: list[str]) -> tuple[str, str]:
        text = (Path(argv[2]) / "main.cf").read_text()
        own = dict(line.split(" = ", 1) for line in text.splitlines())
        return "".join(f"{own.get(name, '')}\n" for name in QUERIED), ""

    def postqueue(self, _: Sequence[str], __: list[str]) -> tuple[str, str]:
        rows = [
            {
                "queue_name": queue,
                "queue_id": name,
                "arrival_time": 7,
                "recipients": [{"address": "x@old.example"}, {"address": "\x1b[2J@old.example"}],
            }
            for name, queue in self.where.items()
        ]
        return "".join(f"{json.dumps(row)}\n" for row in rows), ""

    def postsuper(self, argv: Sequence[str], ids: list[str]) -> tuple[str, str]:
        to, says = (
            ("hold", "placed on hold") if argv[3] == "-h" else ("deferred", "released from hold")
        )
        moved = [one for one in ids if one in self.where and one not in self.vanished]
        self.where.update(dict.fromkeys(moved, to))
        return "", "".join(f"postsuper: {one}: {says}\n" for one in moved)


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Queue:
    made = Queue(A="deferred", B="active", MINE="hold")
    monkeypatch.setattr("wizard.run.commands.run", made.run)
    return made


BEFORE, AFTER = (("mydestination", "old.example"),), (("mydestination", "new.example"),)
HOLD = Step("hold-mail", "Hold", "", HoldMail(BEFORE, AFTER))
LOOSE = Step("hold-mail", "Hold", "", HoldMail(BEFORE, AFTER, is_strict=False))


def ran(places: Places, *steps: Step) -> tuple[RunFinished, tuple[StepFinished, ...], str]:
    run = make_run(places, 0)
    write_request(run, Plan("", (), steps, ()), attended=False)
    work(places, run.id)
    reading = read_journal(run.journal)
    assert reading is not None
    end = reading.records[-1]
    assert isinstance(end, RunFinished)
    return end, tuple(one for one in reading.records if isinstance(one, StepFinished)), run.id


def test_what_was_held_is_told_listed_and_journalled(places: Places, queue: Queue) -> None:
    end, (step,), run = ran(places, HOLD)
    assert end.outcome == "done"
    assert queue.where == {"A": "hold", "B": "hold", "MINE": "hold"}
    assert step.undo == {"held": [["A", 7], ["B", 7]]}
    assert end.message.endswith("this releases that mail:\npostsuper -H A -H B")
    assert (places.run(run).directory / "held").read_text() == "A\nB\n"
    said = places.run(run).output("hold-mail").read_text()
    assert "x@old.example" in said
    assert "\x1b" not in said


def test_a_message_that_left_meanwhile_is_not_told_of(places: Places, queue: Queue) -> None:
    queue.vanished = {"B"}
    end, (step,), _ = ran(places, HOLD)
    assert step.undo == {"held": [["A", 7]]}
    assert end.message.endswith("postsuper -H A")


@pytest.mark.parametrize("command", ["postconf", "postqueue", "postsuper"])
def test_a_queue_that_cannot_be_read_stops_a_run_and_not_the_way_back(
    places: Places, queue: Queue, command: str
) -> None:
    queue.broken = {command}
    end, _, _ = ran(places, HOLD)
    assert (end.outcome, "broken" in end.message) == ("failed", True)
    end, _, run = ran(places, LOOSE)
    assert end.outcome == "done"
    said = places.run(run).output("hold-mail").read_text()
    assert "could not be put on hold" in said


def test_a_list_that_cannot_be_written_loses_nothing(
    places: Places, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise Trouble("writing", "No space left on device")

    monkeypatch.setattr("wizard.run.actions.hold.replace", full)
    end, (step,), run = ran(places, HOLD)
    assert end.outcome == "done"
    assert step.undo == {"held": [["A", 7], ["B", 7]]}
    assert queue.where["A"] == queue.where["B"] == "hold"
    assert "not complete" in places.run(run).output("hold-mail").read_text()


def test_undo_releases_what_the_run_held_and_nothing_else(places: Places, queue: Queue) -> None:
    _, _, run = ran(places, HOLD)
    queue.where["B"] = "deferred"  # the operator released it
    reading = read_journal(places.run(run).journal)
    assert reading is not None
    plan = Plan("", (), (HOLD,), ())
    (back,) = steps_back(plan, progress(reading.records), places.run(run))
    assert isinstance(back.action, ReleaseMail)
    assert back.id == "back-release-mail"
    end, (step,), _ = ran(places, back)
    assert queue.where == {"A": "deferred", "B": "deferred", "MINE": "hold"}
    assert step.undo == {"released": [["A", 7], ["B", 7]]}
    assert end.message == ""


def test_a_release_that_fails_is_told_and_ends_nothing(places: Places, queue: Queue) -> None:
    queue.where["A"] = "hold"
    queue.broken = {"postsuper"}
    step = Step("back-release-mail", "Release", "", ReleaseMail((("A", 7),), BEFORE))
    end, _, run = ran(places, step)
    assert end.outcome == "done"
    assert (
        "`postsuper -H ID` releases one" in places.run(run).output("back-release-mail").read_text()
    )


def test_an_id_that_another_message_has_by_now_is_not_released(
    places: Places, queue: Queue
) -> None:
    queue.where["A"] = "hold"
    ran(places, Step("back-release-mail", "Release", "", ReleaseMail((("A", 6),), BEFORE)))
    assert queue.where["A"] == "hold"


@pytest.mark.parametrize(
    ("where", "held"),
    [
        ({"A": "deferred", "B": "active"}, ["A", "B"]),
        ({"A": "hold", "B": "active"}, ["A", "B"]),
        ({"A": "hold", "B": "hold"}, ["A", "B"]),
        ({"A": "hold"}, ["A"]),
    ],
)
def test_a_worker_that_was_killed_in_between_forgets_no_message(
    places: Places, queue: Queue, where: dict[str, str], held: list[str]
) -> None:
    run = make_run(places, 0)
    write_request(run, Plan("", (), (HOLD,), ()), attended=False)
    with open_journal(run.journal, run.id) as (journal, _):
        journal.append(StepStarted("hold-mail"))
        journal.append(StepIntended("hold-mail", {"held": [["A", 7], ["B", 7]]}))
    queue.where = {**where, "MINE": "hold"}
    assert work(places, run.id) == 0
    reading = read_journal(run.journal)
    assert reading is not None
    (step,) = (one for one in reading.records if isinstance(one, StepFinished))
    assert step.undo == {"held": [[one, 7] for one in held]}
    assert {queue.where[one] for one in held} == {"hold"}
