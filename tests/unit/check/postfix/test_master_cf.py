"""The three services of master.cf."""

from __future__ import annotations

import pytest

from tests.unit.check.results import told, verdicts
from wizard.check.postfix.master_cf import judge_master_cf
from wizard.finding import RIGHT, WRONG
from wizard.postfix.settings import Settings

SERVICES = """\
smtp       inet  n       -       n       -       -       smtpd
pickup     unix  n       -       n       60      1       pickup
submission inet  n       -       n       -       -       smtpd -o syslog_name=postfix/submission
smtps      inet  n       -       n       -       -       smtpd -o syslog_name=postfix/smtps
"""


OVERRIDES = """\
submission/inet/smtpd_recipient_restrictions = permit_sasl_authenticated,reject
submission/inet/smtpd_sasl_auth_enable = yes
submission/inet/smtpd_tls_security_level = encrypt
smtps/inet/smtpd_recipient_restrictions = permit_sasl_authenticated, reject
smtps/inet/smtpd_sasl_auth_enable = yes
smtps/inet/smtpd_tls_wrappermode = yes
"""


MASTER_RIGHT = {"master.cf.25": RIGHT, "master.cf.587": RIGHT, "master.cf.465": RIGHT}


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("", "", {}),
        ("smtps", "submissions", {}),
        ("smtps", "465", {}),
        ("wrappermode = yes", "wrappermode = YES", {}),
        ("permit_sasl_authenticated,reject", "PERMIT_SASL_AUTHENTICATED,Reject", {}),
        (
            "smtps/inet/smtpd_tls_wrappermode = yes",
            "smtps/inet/smtpd_tls_wrappermode = yes\nsmtp/inet/smtpd_recipient_restrictions = PERMIT",
            {
                "25": "smtpd_recipient_restrictions=PERMIT: no list refuses mail of strangers for others"
            },
        ),
        ("submission", "0.0.0.0:submission", {}),
        ("smtps      inet", "#", {"465": "no active entry"}),
        ("smtpd\npickup", "postscreen\npickup", {"25": "run by postscreen, and no smtpd/pass"}),
        (
            "submission/inet/smtpd_tls_security_level = encrypt",
            "",
            {"587": "smtpd_tls_security_level=may"},
        ),
        (
            "smtps/inet/smtpd_tls_wrappermode = yes",
            "smtps/inet/smtpd_tls_wrappermode = no",
            {"465": "smtpd_tls_wrappermode=no"},
        ),
        (
            "submission/inet/smtpd_recipient_restrictions = permit_sasl_authenticated,reject",
            "submission/inet/smtpd_relay_restrictions = permit_sasl_authenticated,reject",
            {"587": "smtpd_recipient_restrictions=permit_mynetworks"},
        ),
        (
            "submission/inet/smtpd_recipient_restrictions = permit_sasl_authenticated,reject",
            (
                "submission/inet/smtpd_relay_restrictions = permit_sasl_authenticated,reject\n"
                "submission/inet/smtpd_recipient_restrictions ="
            ),
            {},
        ),
        (
            "smtps/inet/smtpd_tls_wrappermode = yes",
            "smtps/inet/smtpd_tls_wrappermode = yes\nsmtp/inet/disable_vrfy_command = no",
            {"25": "disable_vrfy_command=no"},
        ),
        (
            "submission/inet/smtpd_sasl_auth_enable",
            "smtp/inet/smtpd_sasl_auth_enable = yes\nsubmission/inet/smtpd_sasl_auth_enable",
            {"25": "smtpd_sasl_auth_enable=yes"},
        ),
    ],
)
def test_master_cf(old: str, new: str, named: dict[str, str]) -> None:
    services = told(SERVICES.replace(old, new) if old else SERVICES)
    overrides = told(OVERRIDES.replace(old, new) if old else OVERRIDES)
    main_cf = {
        "smtpd_sasl_auth_enable": "no",
        "smtpd_tls_security_level": "may",
        "smtpd_recipient_restrictions": "permit_mynetworks",
        "disable_vrfy_command": "yes",
    }
    findings = list(judge_master_cf(services, overrides, Settings(main_cf)))
    assert {one.id: one.verdict for one in findings if one.verdict == RIGHT} == {
        key: value for key, value in MASTER_RIGHT.items() if key[10:] not in named
    }
    assert {one.id: one.seen for one in findings if one.verdict == WRONG} == {
        f"master.cf.{port}": seen for port, seen in named.items()
    }


def test_auth_for_all_in_main_cf_reaches_port_25() -> None:
    findings = judge_master_cf(
        told(SERVICES), told(OVERRIDES), Settings({"smtpd_sasl_auth_enable": "yes"})
    )
    assert verdicts(findings)["master.cf.25"] == WRONG
