"""The way back of another mail server: when it is taken, in which order, and to which state."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wizard.plan.actions import Install, Service, SetAlternative, StopMta, UnitState
from wizard.plan.model import Plan, Step
from wizard.plan.undo_actions import Remove, ReturnAlternative, ReturnMta, ReturnUnit
from wizard.plan.wire import plan_from_bytes, plan_to_bytes
from wizard.run.paths import Places
from wizard.run.progress import Progress
from wizard.run.undo import steps_back

UNITS = (
    UnitState("sendmail.service", "enabled", "active"),
    UnitState("sm-client.service", "disabled", "active"),
)
POSTFIX, SENDMAIL = "/usr/sbin/sendmail.postfix", "/usr/sbin/sendmail.sendmail"
LEAD = SetAlternative("mta", POSTFIX, f"auto:{SENDMAIL}", ("postfix.service",))


def step(name: str, action: object) -> Step:
    return Step(name, name, "", action)  # type: ignore[arg-type]


PLAN = Plan(
    "",
    (),
    (
        step("install", Install("postfix", ("dnf", "install", "postfix"), ())),
        step("stop-sendmail", StopMta("Sendmail", UNITS)),
        step("sendmail", LEAD),
        step("service", Service("start", "postfix", "inactive")),
    ),
    (),
)
TERMS: dict[str, dict[str, object]] = {
    "install": {"package": "postfix", "was": ""},
    "stop-sendmail": {"units": ["sendmail.service"]},
    "sendmail": {"enabled": {}},
    "service": {"unit": "postfix", "verb": "start", "was": "inactive"},
}


def back(*begun: str, plan: Plan = PLAN, remove_package: bool = False) -> tuple[Step, ...]:
    past = Progress(started=True, intended={name: TERMS[name] for name in begun})
    run = Places().run("20261128-210000-1")
    return steps_back(plan, past, run, remove_package=remove_package)


@pytest.mark.parametrize(
    ("begun", "names"),
    [
        ((), []),
        # The package's scripts alone change what sendmail(1) is and which server starts at boot.
        (("install",), ["back-sendmail", "back-stop-sendmail"]),
        (("stop-sendmail",), ["back-stop-sendmail"]),
        (("stop-sendmail", "sendmail"), ["back-sendmail", "back-stop-sendmail"]),
        (
            ("install", "stop-sendmail", "sendmail", "service"),
            ["back-service", "back-sendmail", "back-stop-sendmail"],
        ),
    ],
)
def test_it_is_taken_from_the_first_change_on(begun: tuple[str, ...], names: list[str]) -> None:
    assert [one.id for one in back(*begun)] == names


def test_each_has_its_former_state() -> None:
    service, lead, start = back("stop-sendmail", "sendmail", "service")
    assert service.action == ReturnUnit("postfix", "stop", "inactive")
    assert lead.action == ReturnAlternative(
        "mta", POSTFIX, f"auto:{SENDMAIL}", ("postfix.service",)
    )
    assert lead.commands == (("alternatives", "--auto", "mta"),)
    assert start.action == ReturnMta("Sendmail", UNITS)
    assert start.commands == (
        ("systemctl", "enable", "sendmail.service"),
        ("systemctl", "start", "sendmail.service"),
        ("systemctl", "start", "sm-client.service"),
    )


def test_one_that_was_set_by_hand_is_set_again() -> None:
    action = replace(LEAD, was="manual:/usr/sbin/sendmail.exim")
    plan = replace(PLAN, steps=(step("sendmail", action),))
    (lead,) = back("sendmail", plan=plan)
    assert lead.commands == (("alternatives", "--set", "mta", "/usr/sbin/sendmail.exim"),)


def test_the_other_server_runs_before_dnf_asks() -> None:
    found = back("install", "stop-sendmail", "sendmail", "service", remove_package=True)
    names = [one.id for one in found]
    assert names == [
        "back-service",
        "back-sendmail",
        "back-stop-sendmail",
        "back-install",
        "back-sendmail-automatic",
    ]
    assert isinstance(found[3].action, Remove)
    manual = replace(PLAN.steps[2], action=replace(LEAD, was=f"manual:{SENDMAIL}"))
    plan = replace(PLAN, steps=(*PLAN.steps[:2], manual))
    again = back("install", "sendmail", plan=plan, remove_package=True)
    assert [one.id for one in again] == ["back-sendmail", "back-stop-sendmail", "back-install"]


def test_the_steps_are_stored_and_read() -> None:
    whole = replace(PLAN, steps=(*PLAN.steps, *back("stop-sendmail", "sendmail")))
    assert plan_from_bytes(plan_to_bytes(whole)) == whole


def test_a_step_that_was_done_before_is_not_undone() -> None:
    plan = replace(PLAN, steps=tuple(replace(one, done=True) for one in PLAN.steps))
    assert back("stop-sendmail", "sendmail", plan=plan) == ()
