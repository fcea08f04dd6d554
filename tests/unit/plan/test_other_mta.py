"""Another mail server in the plan: its steps, their order, what is in the way, and none of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.factories import FRESH, pending
from tests.factories import ZEKE as ANSWERS
from wizard.host.facts import Host, Listener, Unit
from wizard.host.mta_facts import Alternative, Mtas, MtaUnit, OtherMta
from wizard.plan.actions import SetAlternative, StopMta, UnitState
from wizard.plan.model import Plan
from wizard.planning.build import build_plan

SENDMAIL = "/usr/sbin/sendmail.sendmail"


def units(enabled: str, active: str) -> tuple[MtaUnit, ...]:
    return (
        MtaUnit("sendmail.service", enabled, active),
        MtaUnit("sm-client.service", "disabled", "inactive"),
    )


def with_sendmail(enabled: str, active: str, **changes: object) -> Host:
    other = OtherMta("Sendmail", units(enabled, active))
    mtas = Mtas((replace(other, **changes),), Alternative("auto", SENDMAIL))  # type: ignore[arg-type]
    return replace(FRESH, mtas=mtas)


def planned(host: Host, *sections: str) -> Plan:
    return build_plan(ANSWERS, host, sections)


def test_it_is_stopped_right_before_postfix_starts() -> None:
    without, found = pending(planned(FRESH)), planned(with_sendmail("enabled", "active"))
    steps = pending(found)
    assert [step for step in steps if step not in without] == ["stop-sendmail", "sendmail"]
    at = steps.index("stop-sendmail")
    assert steps[at - 1 : at + 4] == [
        "postfix-check",
        "stop-sendmail",
        "sendmail",
        "enable",
        "service",
    ]
    stop, lead = (step.action for step in found.steps if step.id in {"stop-sendmail", "sendmail"})
    assert stop == StopMta(
        "Sendmail",
        (
            UnitState("sendmail.service", "enabled", "active"),
            UnitState("sm-client.service", "disabled", "inactive"),
        ),
    )
    assert lead == SetAlternative(
        "mta",
        "/usr/sbin/sendmail.postfix",
        f"auto:{SENDMAIL}",
        ("postfix.service", "sendmail.service", "sm-client.service"),
    )
    assert not found.obstacles


@pytest.mark.parametrize(
    ("enabled", "active", "stops"),
    [
        ("enabled", "active", True),
        ("enabled", "inactive", True),
        ("enabled-runtime", "inactive", True),
        ("disabled", "active", True),
        ("static", "activating", True),
        ("disabled", "inactive", False),
        ("disabled", "failed", False),
        ("masked", "inactive", False),
        ("static", "inactive", False),
    ],
)
def test_what_is_in_use_is_stopped(enabled: str, active: str, stops: bool) -> None:
    assert ("stop-sendmail" in pending(planned(with_sendmail(enabled, active)))) == stops


@pytest.mark.parametrize("link", ["", "/usr/sbin/sendmail.postfix", "/usr/bin/sendmail.postfix"])
def test_without_another_server_nothing_is_new(link: str) -> None:
    host = replace(FRESH, mtas=Mtas((), Alternative("manual", link)))
    assert planned(host) == planned(FRESH)


def test_a_section_alone_leaves_it() -> None:
    host = with_sendmail("enabled", "active")
    for section in ("limits", "networks", "hostname"):
        assert pending(planned(host, section)) == pending(planned(FRESH, section))


def test_its_queue_is_a_warning() -> None:
    host = with_sendmail(
        "enabled", "active", queued=1, queues=("/var/spool/mqueue",), send="sendmail -q"
    )
    (warning,) = set(planned(host).warnings) - set(planned(FRESH).warnings)
    assert warning.startswith("Sendmail has 1 message in its queue (/var/spool/mqueue): ")
    assert warning.endswith("Send them first: `sendmail -q`")
    assert planned(host, "limits").warnings == planned(FRESH, "limits").warnings


def listener(process: str, unit: str, port: int = 25) -> Listener:
    return Listener("0.0.0.0", port, process, 42, unit)


HELD = {
    "the server that is stopped": (listener("sendmail", "sendmail.service"), ""),
    "a unit of it that is not": (
        listener("sendmail", "session-3.scope"),
        "used by sendmail (process 42, unit session-3.scope); stop and disable it first",
    ),
    "Postfix itself": (listener("master", "postfix.service"), ""),
    "Postfix, and no cgroups": (listener("master", ""), ""),
    "Postfix by hand": (listener("master", "session-3.scope"), "`postfix stop` ends it"),
    "Postfix in a container": (listener("master", "docker-1f.scope"), "it is in a container"),
    "a socket unit": (listener("systemd", "init.scope"), "`systemctl list-sockets` names it"),
    "nobody who can be seen": (listener("", ""), "a program that cannot be seen from here"),
    "a program on 587": (listener("nc", "nc.service", 587), "port 587 (submission) is used by nc"),
    "another port": (listener("nc", "nc.service", 80), ""),
}


@pytest.mark.promise(44)
@pytest.mark.parametrize("name", HELD)
def test_who_has_a_port(name: str) -> None:
    held, words = HELD[name]
    host = replace(with_sendmail("enabled", "active"), listeners=(held, held))
    found = [one.message for one in planned(host).obstacles]
    assert len(found) == (1 if words else 0)
    assert words in "".join(found)


def test_who_is_not_root_does_not_see_whose_a_port_is() -> None:
    host = replace(FRESH, is_root_user=False, listeners=(listener("", ""),))
    assert not planned(host).obstacles


def test_a_postfix_that_runs_may_have_children_elsewhere() -> None:
    host = replace(
        FRESH, unit=Unit("enabled", "active"), listeners=(listener("master", "x.scope"),)
    )
    assert not planned(host).obstacles


def test_of_a_section_the_advice_is_a_whole_run() -> None:
    host = replace(
        with_sendmail("enabled", "active"), listeners=(listener("sendmail", "sendmail.service"),)
    )
    (found,) = planned(host, "networks").obstacles
    assert found.message.endswith(
        "a run of all sections stops Sendmail: `postfix-wizard apply` without --section"
    )
    assert not planned(host, "limits").obstacles
