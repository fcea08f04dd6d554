"""main.cf in force against the plan."""

from __future__ import annotations

from tests.unit.check.results import verdicts
from wizard.check.postfix.main_cf import judge_main_cf
from wizard.finding import RIGHT, WARNING, WRONG

PLANNED = (("inet_protocols", "ipv4"), ("mydestination", "$myhostname, localhost, a.example"))


def test_parameters_as_planned() -> None:
    live = {"inet_protocols": "ipv4", "mydestination": "$myhostname,   localhost a.example"}
    assert verdicts(judge_main_cf(live, (), PLANNED)) == {
        "main.cf": RIGHT,
        "main.cf.complaints": RIGHT,
    }


def test_each_parameter_that_differs_is_named() -> None:
    findings = list(judge_main_cf({"mydestination": "\x1b[31m$myhostname"}, (), PLANNED))
    assert [(one.id, one.verdict, one.seen) for one in findings[:2]] == [
        ("main.cf.inet_protocols", WRONG, "not set"),
        ("main.cf.mydestination", WRONG, "\\x1b[31m$myhostname"),
    ]


def test_a_complaint_is_wrong_unless_it_was_there_before() -> None:
    line = "postconf: warning: /etc/postfix/main.cf: unused parameter: smtpd_baner=x"
    live = dict(PLANNED)
    assert verdicts(judge_main_cf(live, (line,), PLANNED))["main.cf.complaints"] == WRONG
    assert verdicts(judge_main_cf(live, (line,), PLANNED, (line,)))["main.cf.complaints"] == WARNING
