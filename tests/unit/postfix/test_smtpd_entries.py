"""Options of smtpd's entries that do harm on their port, and those that do none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.factories import file, managed
from tests.unit.plan.test_live_values import chosen, of_main_cf
from wizard.paths import MAIN_CF
from wizard.planning.build import build_plan
from wizard.postfix.master_cf import MasterCf
from wizard.postfix.settings import Settings
from wizard.postfix.smtpd_entries import warnings

SAFE = {
    "smtpd_relay_restrictions": "permit_mynetworks, reject_unauth_destination",
    "smtpd_recipient_restrictions": "permit_mynetworks, reject_unauth_destination",
}


def said(entry: str, main: dict[str, str] = SAFE) -> list[str]:
    return list(warnings(MasterCf.parse(entry.encode()), Settings(main)))


HARM = {
    "logins on 25": ("smtp inet n - n - - smtpd -o smtpd_sasl_auth_enable=yes", "passwords"),
    "on 25 by its number": (
        "192.0.2.1:25 inet n - n - - smtpd -o smtpd_sasl_auth_enable=yes",
        "pass",
    ),
    "behind postscreen": ("smtpd pass - - n - - smtpd -o smtpd_sasl_auth_enable=yes", "passwords"),
    "TLS at once on 25": ("smtp inet n - n - - smtpd -o smtpd_tls_wrappermode=yes", "greeting"),
    "TLS at once on 587": (
        "submission inet n - n - - smtpd -o smtpd_tls_wrappermode=yes",
        "greeting",
    ),
    "TLS at once, in braces": (
        "587 inet n - n - - smtpd -o { smtpd_tls_wrappermode =\n yes }",
        "greet",
    ),
    "TLS always on 25": (
        "smtp inet n - n - - smtpd -o smtpd_tls_security_level=encrypt",
        "RFC 3207",
    ),
    "TLS always, the old name": ("smtp inet n - n - - smtpd -o smtpd_enforce_tls=yes", "RFC 3207"),
    "no TLS on 465": ("smtps inet n - n - - smtpd -o smtpd_tls_security_level=none", "first byte"),
    "users only on 25": (
        "smtp inet n - n - - smtpd -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject",
        "refuses the mail of other servers",
    ),
    "own clients only": (
        "smtp inet n - n - - smtpd -o smtpd_client_restrictions=permit_mynetworks,reject",
        "refuses the mail of other servers",
    ),
    "another list": (
        "smtp inet n - n - - smtpd -o smtpd_recipient_restrictions=reject_unauth_destination",
        "is not used there",
    ),
    "the world relays": ("2525 inet n - n - - smtpd -o mynetworks=0.0.0.0/0", "everybody"),
    "the world of IPv6": (
        "smtp inet n - n - - smtpd -o mynetworks=127.0.0.0/8,[::]/0",
        "everybody",
    ),
    "permit": (
        (
            "2525 inet n - n - - smtpd -o smtpd_relay_restrictions=permit"
            " -o smtpd_recipient_restrictions=permit_mynetworks"
        ),
        "everybody",
    ),
}
NO_HARM = (
    "smtp inet n - n - - smtpd",
    "smtp inet n - n - - smtpd -o smtpd_sasl_auth_enable=no -o smtpd_tls_security_level=may",
    "smtp inet n - n - - postscreen -o smtpd_sasl_auth_enable=yes",
    (
        "submission inet n - n - - smtpd -o smtpd_sasl_auth_enable=yes -o smtpd_tls_security_level=encrypt"
        " -o smtpd_client_restrictions=permit_sasl_authenticated,reject"
    ),
    "smtps inet n - n - - smtpd -o smtpd_tls_wrappermode=yes -o smtpd_sasl_auth_enable=yes",
    "127.0.0.1:10025 inet n - n - - smtpd -o mynetworks=0.0.0.0/0 -o smtpd_relay_restrictions=permit",
    "587 inet n - n - - smtpd -o smtpd_relay_restrictions=permit",
    "smtp unix - - n - - smtp -o smtp_tls_wrappermode=yes",
)


@pytest.mark.parametrize(("entry", "why"), HARM.values(), ids=HARM)
def test_harm_is_named_with_its_entry(entry: str, why: str) -> None:
    (sentence,) = said(f"{entry}\n")
    assert why in sentence
    assert sentence.startswith(f"master.cf, {'/'.join(entry.split()[:2])}: -o ")


@pytest.mark.parametrize("entry", NO_HARM)
def test_no_harm_is_not_named(entry: str) -> None:
    assert said(f"{entry}\n") == []


@pytest.mark.parametrize("name", ["submission", "smtps"])
def test_lines_below_a_commented_entry_are_port_25s_and_named_before_the_run(name: str) -> None:
    master = (
        f"smtp inet n - n - - smtpd\n#{name} inet n - n - - smtpd\n"
        f"  -o syslog_name=postfix/{name}\n  -o smtpd_sasl_auth_enable=yes\n"
    )
    host = of_main_cf("")
    host = replace(host, files=managed(host.files[MAIN_CF], file("master.cf", master.encode())))
    found = build_plan(chosen("limits", {}), host).warnings
    assert any("smtp/inet: -o smtpd_sasl_auth_enable=yes stays" in one for one in found)
    assert any("an entry above them that is commented out" in one for one in found)
