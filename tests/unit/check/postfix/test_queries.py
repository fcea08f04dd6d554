"""For which recipients Postfix itself would query others, by the lists in force."""

from __future__ import annotations

import pytest

from wizard.check.postfix.queries import asks_others, without_queries
from wizard.check.smtp import scripts
from wizard.check.tls.services import PortSettings
from wizard.postfix.settings import Settings

OURS = (
    "permit_mynetworks, reject_invalid_helo_hostname, reject_unknown_sender_domain,"
    " reject_unauth_destination, reject_rbl_client zen.spamhaus.org=127.0.0.[2..11]"
)
QUICK = {"smtpd_peername_lookup": "no"}


def port(**parameters: str) -> PortSettings:
    return PortSettings(25, Settings(parameters, {}))


@pytest.mark.parametrize(
    ("parameters", "stranger", "for_us", "trusted"),
    [
        ({}, True, True, False),
        (QUICK, False, False, False),
        ({**QUICK, "smtpd_recipient_restrictions": OURS}, False, True, False),
        ({**QUICK, "smtpd_client_restrictions": "reject_rbl_client b.example"}, True, True, True),
        (
            {
                **QUICK,
                "smtpd_client_restrictions": "permit_mynetworks, reject_rbl_client b.example",
            },
            True,
            True,
            False,
        ),
        ({**QUICK, "smtpd_helo_restrictions": "reject_unknown_helo_hostname"}, True, True, True),
        (
            {**QUICK, "smtpd_sender_restrictions": "reject_unknown_sender_domain"},
            False,
            False,
            False,
        ),
        (
            {**QUICK, "smtpd_sender_restrictions": "check_sender_mx_access hash:/x"},
            True,
            True,
            True,
        ),
        (
            {**QUICK, "smtpd_client_restrictions": "reject, reject_rbl_client b"},
            False,
            False,
            False,
        ),
        (
            {**QUICK, "smtpd_client_restrictions": "warn_if_reject reject, reject_rbl_client b"},
            True,
            True,
            True,
        ),
        ({**QUICK, "smtpd_relay_restrictions": "check_policy_service unix:x"}, True, True, True),
        (
            {
                **QUICK,
                "smtpd_restriction_classes": "mine",
                "mine": "reject_rbl_client b.example",
                "smtpd_client_restrictions": "mine",
            },
            True,
            True,
            True,
        ),
        ({**QUICK, "smtpd_milters": "inet:localhost:8891"}, True, True, False),
    ],
)
def test_who_asks(parameters: dict[str, str], stranger: bool, for_us: bool, trusted: bool) -> None:
    here = port(**parameters)
    assert asks_others(here, is_trusted=False, is_for_us=False) == stranger
    assert asks_others(here, is_trusted=False, is_for_us=True) == for_us
    assert asks_others(here, is_trusted=True, is_for_us=False) == trusted


def test_what_is_left_out() -> None:
    script = scripts.stranger_script("zeke.ne.jp")
    here = port(**QUICK, smtpd_recipient_restrictions=OURS)
    some = without_queries(script, here, is_trusted=False, ours="local")
    assert list(some.omitted) == ["local"]
    assert "--quiet-outside" in some.omitted["local"]
    none = without_queries(script, port(), is_trusted=False, ours="local")
    assert [one.line for one in none.script] == ["", "EHLO [127.0.0.1]", "QUIT"]
    whole = without_queries(scripts.SUBMISSION, here, is_trusted=True)
    assert (whole.script, whole.omitted) == (scripts.SUBMISSION, {})
