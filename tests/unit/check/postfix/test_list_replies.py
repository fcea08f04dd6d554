"""Blocklists that reply with errors need a filter of replies; others may have none."""

from __future__ import annotations

import pytest

from wizard.check.postfix.list_replies import judge_replies
from wizard.finding import RIGHT, WARNING, Finding
from wizard.postfix.settings import Settings

NAME = "smtpd_sender_restrictions"


def judged(listed: str, options: dict[str, str] | None = None) -> list[Finding]:
    settings = Settings({NAME: listed, "zen": "zen.spamhaus.org"})
    return list(judge_replies(settings, [("smtp", options or {})]))


@pytest.mark.parametrize(
    ("listed", "filtered"),
    [
        ("reject_rhsbl_sender dbl.spamhaus.org", "dbl.spamhaus.org=127.0.1.[2..99]"),
        (
            "permit_mynetworks, reject_rbl_client zen.spamhaus.org",
            "zen.spamhaus.org=127.0.0.[2..11]",
        ),
        (
            "reject_rbl_client sbl-xbl.spamhaus.org, reject",
            "sbl-xbl.spamhaus.org=127.0.0.[2..11], reject",
        ),
        ("reject_rhsbl_client multi.uribl.com", "multi.uribl.com=127.0.0.[2..254]"),
        ("reject_rhsbl_helo Multi.SURBL.org", "Multi.SURBL.org=127.0.0.[2..254]"),
    ],
)
def test_any_reply_counts(listed: str, filtered: str) -> None:
    (found,) = judged(listed)
    assert (found.verdict, NAME in found.seen) == (WARNING, True)
    assert found.cure.commands[0][-1].endswith(filtered)


def test_a_key_is_not_shown() -> None:
    key = "a1b2c3d4e5f6a7b8c9d0e1f2a3"
    (found,) = judged(f"reject_rbl_client {key}.zen.dq.spamhaus.net")
    assert found.verdict == WARNING
    assert key not in found.seen + found.advice


def test_an_option_of_a_port() -> None:
    (found,) = judged("", {NAME: "reject_rbl_client zen.spamhaus.org"})
    assert (found.verdict, bool(found.cure)) == (WARNING, False)
    assert found.seen.startswith("smtp: ")


def test_a_list_by_another_parameter_is_not_edited() -> None:
    (found,) = judged("reject_rbl_client $zen")
    assert (found.verdict, bool(found.cure)) == (WARNING, False)


@pytest.mark.parametrize(
    ("listed", "verdicts"),
    [
        ("reject_rbl_client zen.spamhaus.org=127.0.0.[2..11]", [RIGHT]),
        ("reject_rhsbl_sender dbl.spamhaus.org=127.0.1.2", [RIGHT]),
        ("warn_if_reject reject_rbl_client zen.spamhaus.org", []),
        ("reject_rbl_client bl.spamcop.net", []),
        ("permit_dnswl_client zen.spamhaus.org", []),
        ("reject_rbl_client zen.spamhaus.org.example.net", []),
    ],
)
def test_what_is_right(listed: str, verdicts: list[str]) -> None:
    assert [one.verdict for one in judged(listed)] == verdicts
