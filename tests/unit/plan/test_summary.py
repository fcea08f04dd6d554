"""The summary of a plan: a line for each thing that it does, in words about mail."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import get_args

import pytest

from tests.factories import FRESH, done_by
from wizard.answers.model import Answers
from wizard.paths import MAIN_CF
from wizard.plan.actions import HoldMail, ReloadZone, Service
from wizard.plan.hold import NONE_NOW
from wizard.plan.model import Action, FileChange, Plan, Step
from wizard.plan.summary import _OF, NOTHING, counts, summary
from wizard.plan.undo_actions import CloseFirewall, Disable, ReturnUnit
from wizard.planning.build import build_plan

ALWAYS = ["Install", "Files", "Certificates", "Postfix", "Queue", "Firewall", "DNS"]


def said(plan: Plan) -> dict[str, str]:
    return {one.heading: "; ".join(one.texts) for one in summary(plan)}


def plan_of(*actions: Action, files: tuple[FileChange, ...] = (), title: str = "Do it") -> Plan:
    steps = tuple(Step(str(number), title, "", one) for number, one in enumerate(actions))
    return Plan("", (), steps, files)


def test_each_action_has_one_heading() -> None:
    """So that no step of any plan is missing in its summary."""
    counted = Counter(kind for kinds in _OF.values() for kind in kinds)
    assert counted == Counter(get_args(Action))


def test_a_first_set_up(answers: Answers) -> None:
    lines = said(build_plan(answers, FRESH))
    assert lines["Install"] == "postfix, with dnf"
    rest = lines["Files"].split("; ")
    assert [one.split(" ")[0] for one in rest[:2]] == ["main.cf", "master.cf"]
    assert rest[2].startswith("/etc/letsencrypt/renewal-hooks/deploy/postfix-wizard new, +")
    assert "first states are saved as main.cf.orig, master.cf.orig" in rest
    assert "zeke.ne.jp" in lines["Certificates"]
    assert lines["Postfix"] == "it will start at boot; start: port 25 opens"
    assert lines["Firewall"] == "zone public: smtp, smtp-submission, smtps opened for good"
    assert lines["DNS"] == NOTHING


def test_a_plan_without_steps_says_of_each_thing_that_nothing_changes(answers: Answers) -> None:
    host = done_by(build_plan(answers, FRESH), FRESH)
    lines = summary(replace(build_plan(answers, host), steps=()))
    assert [one.heading for one in lines] == ALWAYS
    assert all(one.texts == (NOTHING,) and one.is_quiet for one in lines[:1] + lines[2:])


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (b"biff = no\n", b"biff = yes\n", "reload, no interruption"),
        (
            b"inet_interfaces = localhost\n",
            b"inet_interfaces = all\n",
            "restart, about 2 s without port 25 (inet_interfaces changes)",
        ),
        (
            b"inet_interfaces = localhost\ninet_protocols = all\n",
            b"inet_protocols = ipv4\n",
            "restart, about 2 s without port 25 (inet_interfaces, inet_protocols change)",
        ),
    ],
)
def test_whether_mail_stops_and_why(before: bytes, after: bytes, expected: str) -> None:
    verb = expected.split(",", maxsplit=1)[0]
    change = FileChange(MAIN_CF, None, before, after)
    assert said(plan_of(Service(verb, "postfix", "active"), files=(change,)))["Postfix"] == expected


def test_the_count_of_a_file_is_that_of_its_lines() -> None:
    assert counts(FileChange("x", None, b"a\nb\nc", b"a\nc\nd")) == "+2 -2"
    assert counts(FileChange("x", None, None, b"a\nb\n")) == "new, +2"
    assert counts(FileChange("x", b"", b"a\n", b"")) == "+0 -1"


def test_the_queue() -> None:
    hold = HoldMail((), ())
    assert said(plan_of(hold, hold, title=NONE_NOW))["Queue"] == "no waiting message is affected"
    title = "Put mail on hold that would bounce (3 messages now)"
    assert said(plan_of(hold, hold, title=title))["Queue"] == title


@pytest.mark.parametrize(
    ("actions", "title", "queued", "expected"),
    [
        ((), "", 0, "no message is waiting"),
        ((), "", 1, "1 message, none affected"),
        ((HoldMail((), ()),), NONE_NOW, 14, "14 messages, none affected"),
        ((HoldMail((), ()),), "Put on hold (3 messages now)", 0, "no message is waiting"),
        ((HoldMail((), ()),), "Put on hold (3)", 2000, "2,000 messages in it; Put on hold (3)"),
        (
            (ReturnUnit("postfix", "stop", "inactive"),),
            "",
            14,
            "14 messages, waiting until Postfix is started again",
        ),
    ],
)
def test_the_queue_with_the_number_of_its_messages(
    actions: tuple[Action, ...], title: str, queued: int, expected: str
) -> None:
    lines = summary(plan_of(*actions, title=title), queued)
    line = next(one for one in lines if one.heading == "Queue")
    assert "; ".join(line.texts).startswith(expected)


def test_an_undo() -> None:
    lines = said(
        plan_of(
            ReturnUnit("postfix", "stop", "inactive"),
            Disable("postfix"),
            CloseFirewall("public", ("smtp", "smtps")),
        )
    )
    assert lines["Postfix"] == (
        "stop: mail from outside waits at its senders; it will not start at boot"
    )
    assert lines["Firewall"] == "zone public: smtp, smtps closed"


def test_a_zone() -> None:
    zone = ReloadZone("zeke.ne.jp", "/var/named/zeke.ne.jp.zone", (), "", 1, 2)
    assert said(plan_of(zone))["DNS"] == "zone zeke.ne.jp: new serial 2"
