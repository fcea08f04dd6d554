"""Nothing may refuse people before their login counts; other ports are not judged here."""

from __future__ import annotations

import pytest

from wizard.check.postfix.before_login import judge_before_login
from wizard.finding import RIGHT, WRONG
from wizard.postfix.settings import Settings

PEOPLE = {"smtpd_sasl_auth_enable": "yes"}
USERS_ONLY = {**PEOPLE, "smtpd_recipient_restrictions": "permit_sasl_authenticated,reject"}


def verdict(own: dict[str, str], options: dict[str, str]) -> str:
    found = list(judge_before_login(Settings(own), [("submission", options)]))
    return found[0].verdict if found else ""


@pytest.mark.parametrize(
    "listed",
    [
        "reject_rbl_client bl.example.org",
        "permit_mynetworks, reject_rbl_client bl.example.org",
        "reject_unknown_client_hostname, permit_sasl_authenticated",
        "reject_rhsbl_helo dbl.example.org",
        "REJECT_INVALID_HELO_HOSTNAME",
        "permit_mynetworks, reject",
        "reject_unauth_destination, permit_sasl_authenticated",
    ],
)
@pytest.mark.parametrize(
    "where", ["smtpd_client_restrictions", "smtpd_helo_restrictions", "smtpd_sender_restrictions"]
)
def test_what_refuses_people(listed: str, where: str) -> None:
    assert verdict({where: listed}, USERS_ONLY) == WRONG
    assert verdict({}, {**USERS_ONLY, where: listed}) == WRONG
    # An empty option of the port's own takes the list away from it.
    assert verdict({where: listed}, {**USERS_ONLY, where: ""}) == RIGHT
    # Switches count in any case.
    assert verdict({where: listed, **PEOPLE, "smtpd_sasl_auth_enable": "YES"}, {}) == WRONG
    # Strangers' port has no logins.
    assert verdict({where: listed}, {}) == ""


@pytest.mark.parametrize(
    "listed",
    [
        "",
        "permit_sasl_authenticated, reject",
        "permit_mynetworks, permit_sasl_authenticated, reject_rbl_client bl.example.org",
        "warn_if_reject reject_rbl_client bl.example.org, permit_sasl_authenticated",
        "check_client_access hash:/etc/postfix/x, permit_sasl_authenticated, reject",
        "reject_non_fqdn_sender, reject_unknown_recipient_domain",
        "reject_sender_login_mismatch",
    ],
)
def test_lists_that_let_people_in(listed: str) -> None:
    assert verdict({"smtpd_client_restrictions": listed}, USERS_ONLY) == RIGHT
