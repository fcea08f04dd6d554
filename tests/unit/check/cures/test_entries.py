"""What ends a fault of an smtpd entry of master.cf: the options that do harm go out of it."""

from __future__ import annotations

import pytest

from tests.unit.check.cures.made import LIST, PLANNED, commands, wrong
from wizard.check.cures.known import Known
from wizard.check.cures.words import RELOAD
from wizard.finding import WARNING
from wizard.postfix.master_cf import MasterCf
from wizard.postfix.settings import Settings

SAFE_LISTS = {"smtpd_relay_restrictions": PLANNED, LIST: PLANNED, "smtpd_tls_security_level": "may"}
USERS = f"-o {LIST}=permit_sasl_authenticated,reject"
OUT_OF_ENTRIES = {
    "logins on 25": (
        "smtp",
        "-o smtpd_sasl_auth_enable=yes",
        SAFE_LISTS,
        ["smtpd_sasl_auth_enable"],
    ),
    "TLS at once": ("25", "-o smtpd_tls_wrappermode=yes", SAFE_LISTS, ["smtpd_tls_wrappermode"]),
    "no level and the old name": (
        "smtp",
        "-o smtpd_tls_security_level= -o smtpd_enforce_tls=yes",
        SAFE_LISTS,
        ["smtpd_enforce_tls", "smtpd_tls_security_level"],
    ),
    "the list of 587": ("smtp", USERS, SAFE_LISTS, [LIST]),
    "the list of 587, and main.cf relays for all": ("smtp", USERS, {LIST: "permit"}, []),
    "587 keeps what it must have": (
        "submission",
        f"-o smtpd_tls_wrappermode=yes -o smtpd_tls_security_level=encrypt {USERS}",
        SAFE_LISTS,
        ["smtpd_tls_wrappermode"],
    ),
}


@pytest.mark.parametrize(
    ("name", "options", "own", "out"), OUT_OF_ENTRIES.values(), ids=OUT_OF_ENTRIES
)
def test_options_that_do_harm_go_out_of_an_entry(
    name: str, options: str, own: dict[str, str], out: list[str]
) -> None:
    text = f"{name} inet n - n - - smtpd {options}\n".encode()
    facts = Known(Settings(own), tuple(MasterCf.parse(text).services))
    port = 587 if name == "submission" else 25
    found = commands(wrong(f"master.cf.{port}"), facts)
    assert found == [
        *(f"postconf -PX {name}/inet/{one}" for one in out),
        *[" ".join(RELOAD)][: len(out)],
    ]
    assert commands(wrong(f"master.cf.{port}", verdict=WARNING), facts) == []
