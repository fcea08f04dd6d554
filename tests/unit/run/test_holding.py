"""Which queued messages are put on hold, from what Postfix's commands print."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Optional
from unittest.mock import Mock

import pytest

from wizard.errors import Trouble
from wizard.paths import MAIN_CF
from wizard.plan.actions import HoldMail
from wizard.plan.files import Past
from wizard.plan.model import Plan, Step
from wizard.plan.undo_actions import PutBack
from wizard.plan.wire import plan_from_bytes, plan_to_bytes
from wizard.postfix.classes import QUERIED
from wizard.run import mail_queue
from wizard.run.actions import hold as hold_action
from wizard.run.commands import Completed
from wizard.run.holding import survey
from wizard.run.mail_queue import ON_HOLD, RELEASED, on_hold_lines, release_command
from wizard.run.paths import RunPlaces
from wizard.run.progress import Progress

pytestmark = pytest.mark.promise(54)

BEFORE = {"mydestination": "a.example b.example", "local_recipient_maps": "unix:passwd.byname"}
AFTER = {"mydestination": "a.example c.example", "local_recipient_maps": "unix:passwd.byname"}


def message(name: str, *recipients: str, queue: str = "deferred") -> bytes:
    rows = [{"address": one, "delay_reason": 'a "reason" of {theirs}'} for one in recipients]
    fields = {"queue_name": queue, "queue_id": name, "arrival_time": 1, "recipients": rows}
    return json.dumps(fields).encode()


class Postfix:
    """Answers as postconf, postmap and postqueue would; `broken` fails."""

    def __init__(self, *lines: bytes, broken: str = "", users: Sequence[str] = ()) -> None:
        self.lines, self.broken, self.users = lines, broken, users
        self.ran: list[tuple[str, ...]] = []

    def __call__(self, argv: Sequence[str], stdin: Optional[bytes]) -> Completed:
        self.ran.append(tuple(argv))
        if argv[0] == self.broken:
            return Completed(tuple(argv), 1, b"", b"fatal: it does not work\n")
        return Completed(tuple(argv), 0, self.answer(argv, stdin), b"")

    def answer(self, argv: Sequence[str], stdin: Optional[bytes]) -> bytes:
        if argv[0] == "postqueue":
            return b"\n".join(self.lines)
        if argv[0] == "postmap":
            asked = (stdin or b"").decode("utf-8", "surrogateescape").splitlines()
            return "".join(f"{one}\tx\n" for one in asked if one in self.users).encode()
        values = BEFORE if Path(argv[2]).name == "before" else AFTER
        return "".join(f"{values.get(name, '')}\n" for name in QUERIED).encode()


ACTION = HoldMail(tuple(BEFORE.items()), tuple(AFTER.items()))


@pytest.mark.parametrize(
    ("line", "held"),
    [
        (message("1", "x@a.example"), False),
        (message("1", "x@b.example"), True),
        (message("1", "x@B.EXAMPLE."), True),
        (message("1", "x@b.example", queue="active"), True),
        (message("1", "x@b.example", queue="incoming"), True),
        (message("1", "x@b.example", queue="hold"), False),
        (message("1", "x@b.example", queue="maildrop"), False),
        (message("1", "x@a.example", "y@b.example", "z@other.example"), True),
        (message("1", "x@other.example"), False),
        (message("1", "x@[192.0.2.1]"), False),
        (message("1", "nobody-here@c.example"), True),
        (message("1", "taro@c.example"), False),
        (message("1", "Taro@c.example", "hana@c.example"), True),
        (message("1", '"a b"@b.example'), True),
        (message("1", "-rf@b.example"), True),
        (message("1", "x\n-H ALL@b.example"), True),
        (message("1", "日本@b.example"), True),
        (message("1"), False),
        (b'{"queue_name": "deferred", "queue_id": "1", "recipients": [{"address": "x"bro', True),
        (b'{"queue_id": "1"}', True),
        (b"not a message", False),
        (b"", False),
    ],
)
def test_exactly_what_would_bounce_is_affected(tmp_path: Path, line: bytes, held: bool) -> None:
    found = survey(ACTION, tmp_path, Postfix(line, users=("taro",)))
    assert [one.id for one in found.affected] == ["1"] * held


def test_an_id_that_is_an_option_goes_to_no_command(tmp_path: Path) -> None:
    for name in ("-d", "ALL; reboot", "../x", "1\n2", ""):
        found = survey(ACTION, tmp_path, Postfix(message(name, "x@b.example")))
        assert found.affected == ()


@pytest.mark.parametrize("there", [True, False])
def test_a_removed_main_cf_had_the_classes_of_the_run(
    monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    """A running Postfix still has them, and its queue would bounce after the undo."""
    before, live = b"mydestination = c.example\n", b"mydestination = b.example\n"
    monkeypatch.setattr(hold_action, "saved_bytes", lambda *_: before)
    monkeypatch.setattr(hold_action, "read", lambda _: Mock(text=live) if there else None)
    steps = [Step("x", "", "", PutBack((Past(MAIN_CF, "file:a", "file:b", copy="saved"),)))]
    (step,) = hold_action.first_hold(steps, Mock(), live)
    assert isinstance(step.action, HoldMail)
    assert ("mydestination", "b.example") in step.action.before


@pytest.mark.parametrize("command", ["postconf", "postqueue"])
def test_a_postfix_that_does_not_answer_is_an_error(tmp_path: Path, command: str) -> None:
    with pytest.raises(Trouble, match="it does not work"):
        survey(ACTION, tmp_path, Postfix(broken=command))


def test_a_table_that_does_not_answer_knows_nobody(tmp_path: Path) -> None:
    postfix = Postfix(message("1", "taro@c.example"), broken="postmap", users=("taro",))
    assert [one.id for one in survey(ACTION, tmp_path, postfix).affected] == ["1"]


@pytest.mark.parametrize(
    ("domain", "held"), [("b.example", True), ("other.example", False), ("a.example", False)]
)
def test_a_table_before_the_domain_hides_no_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, domain: str, held: bool
) -> None:
    """The table is asked in vain under both, and only b.example was taken out behind it."""
    monkeypatch.setitem(BEFORE, "mydestination", "ldap:/x a.example b.example")
    monkeypatch.setitem(AFTER, "mydestination", "ldap:/x a.example")
    postfix = Postfix(message("1", f"x@{domain}"), broken="postmap")
    assert [one.id for one in survey(ACTION, tmp_path, postfix).affected] == ["1"] * held


def test_the_survey_says_what_it_saw(tmp_path: Path) -> None:
    lines = [message(str(at), "x@b.example") for at in range(3)]
    odd = [message("8", "x@a.example", queue="maildrop"), message("9", "x@a", queue="hold")]
    found = survey(ACTION, tmp_path, Postfix(*lines, *odd))
    assert found.changes == "3 for b.example (local -> no class)"
    assert found.unprocessed == 1
    assert [one.id for one in found.on_hold] == ["9"]


def test_an_address_obeys_nothing_on_a_terminal(tmp_path: Path) -> None:
    found = survey(
        ACTION, tmp_path, Postfix(message("1", "\x1b]0;owned\x07@b.example", "x@\x1b[2J"))
    )
    assert found.changes.isprintable()


def test_ten_thousand_messages_need_few_commands(tmp_path: Path) -> None:
    lines = [message(f"{at:X}", f"u{at}@c.example", f"u{at}@d{at}.example") for at in range(10_000)]
    postfix = Postfix(*lines)
    assert len(survey(ACTION, tmp_path, postfix).affected) == 10_000
    assert len(postfix.ran) == 4


def test_what_postsuper_reports_was_put_on_hold(tmp_path: Path) -> None:
    said = b"postsuper: A1: placed on hold\npostsuper: B2: placed on hold\npostsuper: Placed on hold: 2 messages\n"
    fed: list[Optional[bytes]] = []

    def run(argv: Sequence[str], stdin: Optional[bytes]) -> Completed:
        fed.append(stdin)
        return Completed(tuple(argv), 0, b"", said)

    assert mail_queue.hold(tmp_path, run, ["A1", "B2", "GONE", "-d", "x y"]) == {"A1", "B2"}
    assert fed == [b"A1\nB2\nGONE\n"]
    assert mail_queue.hold(tmp_path, run, []) == frozenset()
    assert len(fed) == 1


def test_the_command_that_releases(tmp_path: Path) -> None:
    assert release_command(["A", "B"], tmp_path) == "postsuper -H A -H B"
    many = [str(at) for at in range(11)]
    assert release_command(many, Path("/x/held")) == "postsuper -H - < /x/held"


@pytest.mark.parametrize(
    ("intended", "ids"),
    [
        ({"hold-mail": {ON_HOLD: [["A", 1]]}}, ["A"]),
        (
            {
                "hold-mail": {ON_HOLD: [["A", 1]]},
                "hold-mail-again": {ON_HOLD: [["B", 2], ["A", 1]]},
            },
            ["A", "B"],
        ),
        ({"hold-mail": {ON_HOLD: [["A", 1], ["B", 1]]}, "x": {RELEASED: [["A", 1]]}}, ["B"]),
        ({"hold-mail": {ON_HOLD: [["A", 1]]}, "x": {RELEASED: [["A", 2]]}}, ["A"]),
        ({"hold-mail": {ON_HOLD: [["A", 1]]}, "x": {RELEASED: [["A", 1]]}}, []),
        ({"hold-mail": {ON_HOLD: []}, "main.cf": {"files": []}}, []),
        ({}, []),
    ],
)
def test_the_end_names_what_is_on_hold(
    intended: dict[str, dict[str, object]], ids: list[str]
) -> None:
    lines = list(on_hold_lines(Progress(intended=intended), RunPlaces("R", Path("/runs/R"))))
    said = " ".join(lines)
    assert said.endswith(" ".join(f"-H {one}" for one in ids))
    assert bool(lines) == bool(ids)


def test_the_steps_survive_plan_json() -> None:
    plan = Plan("", (), (Step("hold-mail", "", "", ACTION),), ())
    assert plan_from_bytes(plan_to_bytes(plan)) == plan
