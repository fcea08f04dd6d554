"""The advice of each finding and its cure say the same: the same values, the same commands."""

from __future__ import annotations

import pytest

from tests.accord import disagreements
from wizard.check.cures.advise import advised
from wizard.check.cures.known import Known
from wizard.check.silent.judge import ROWS, _advice
from wizard.finding import WRONG, Cure, Finding, cure
from wizard.postfix.hazards import HAZARDS
from wizard.postfix.master_cf import MasterCf
from wizard.postfix.settings import Settings

SERVICES = tuple(
    MasterCf.parse(
        b"smtp inet n - n - - smtpd -o soft_bounce=yes\nlocal unix - n n - - local\n"
    ).services
)
DEFAULTS = {"smtp_sasl_auth_enable": "no", "smtpd_sasl_auth_enable": "no"}
NAMES = {*(one.name for one in ROWS), *(one.name for one in HAZARDS)}


def finding(advice: str, cured_by: Cure, name: str = "smtp.25.tls") -> Finding:
    return Finding(name, "port 25", "seen", "expected", WRONG, advice, cure=cured_by)


def own(*settings: str) -> Known:
    values = {**dict.fromkeys(NAMES, "x"), **dict(one.split("=") for one in settings)}
    return Known(Settings(values, DEFAULTS), SERVICES)


def planned(value: str) -> Known:
    return Known(own().settings, SERVICES, dict.fromkeys(NAMES, value))


@pytest.mark.parametrize(
    "known", [own(), planned("as planned"), planned("")], ids=["by hand", "planned", "empty"]
)
def test_each_parameter_that_stops_mail(known: Known) -> None:
    """Each row of the tables, in main.cf and as an option, with answers and without."""
    made = [
        *(
            Finding(f"parameters.{one.name}", f"main.cf: {one.name}", "x", "", WRONG, one.advice)
            for one in HAZARDS
        ),
        *(
            Finding(f"parameters.{one.name}", f"{place}: {one.name}", "x", "", WRONG, _advice(one, place))
            for one in ROWS
            for place in ("main.cf", "master.cf: smtp")
        ),
    ]  # fmt: skip
    for one in advised(made, known):
        assert disagreements(one, known.settings) == [], one


@pytest.mark.parametrize(
    ("advice", "cured_by"),
    [
        ("Set `disable_vrfy_command = yes` in main.cf; reload.", cure("postconf -X disable_vrfy_command")),
        ("Set `disable_vrfy_command = yes`; reload.", cure("postconf -e disable_vrfy_command=no")),
        ("Take `soft_bounce` out of main.cf; reload.", cure("postconf -e soft_bounce=no")),
        ("Take soft_bounce out; reload.", cure("postconf -X always_bcc")),
        ("Run `systemctl reload postfix`.", cure("systemctl restart dovecot")),
        ("Run `chmod 600 /etc/x`, then `newaliases`.", cure("chmod 600 /etc/x")),
    ],
)  # fmt: skip
def test_what_disagrees(advice: str, cured_by: Cure) -> None:
    assert disagreements(finding(advice, cured_by), own().settings)


@pytest.mark.parametrize(
    ("advice", "cured_by"),
    [
        ("Set `disable_vrfy_command = yes`; reload.", cure("postconf -e disable_vrfy_command=yes")),
        ("Set x, or `smtp_sasl_auth_enable = no`.", cure("postconf -X smtp_sasl_auth_enable")),
        ("Take `-o soft_bounce=...` out.", cure("postconf -PX smtp/inet/soft_bounce")),
        ("Take `soft_bounce` out of main.cf; reload.", cure("postconf -X soft_bounce")),
        ("`journalctl -u postfix -n 30` says why.", cure("systemctl restart dovecot")),
        ("Set `disable_vrfy_command = yes`.", Cure(reason="it is not this program's to say")),
    ],
)
def test_what_agrees(advice: str, cured_by: Cure) -> None:
    assert disagreements(finding(advice, cured_by), own().settings) == []


def test_the_advice_has_the_planned_value() -> None:
    known = Known(
        Settings({"always_bcc": "spy", "soft_bounce": "yes"}), (), {"always_bcc": "boss@a.example"}
    )
    made = Finding(
        "parameters.always_bcc",
        "main.cf",
        "spy",
        "",
        WRONG,
        "Take `always_bcc` out of main.cf, now.",
    )
    (one,) = advised([made], known)
    assert one.advice == "Set `always_bcc = boss@a.example`, now."
