"""The table and the JSON, and what makes a run fail."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.check.report import as_data, as_table, failed, from_json, summary, to_publish
from wizard.dns.records import Published
from wizard.finding import RIGHT, UNKNOWN, VERDICTS, WAITS, WARNING, WRONG, Cure, Edit, Finding
from wizard.text import clean

FINDINGS = (
    Finding("port.25", "port 25: listener", "master on 0.0.0.0", "master on 0.0.0.0", RIGHT),
    Finding(
        "smtp.25.relay",
        "port 25: relaying for a stranger",
        "250 2.1.5 Ok",
        "refused (454 or 554)",
        WRONG,
        "Put reject_unauth_destination into smtpd_recipient_restrictions before every permit but "
        "permit_mynetworks, and look at mynetworks; reload.",
    ),
    Finding(
        "smtp.465.auth",
        "port 465: AUTH offered under TLS",
        "waits for Dovecot: no socket /var/spool/postfix/private/auth",
        "AUTH",
        WAITS,
        "Set Dovecot up, then check again.",
    ),
)

TABLE = """\
right    port 25: listener               master on 0.0.0.0
WRONG    port 25: relaying for a         250 2.1.5 Ok
         stranger                        expected: refused (454 or 554)
         -> Put reject_unauth_destination into smtpd_recipient_restrictions
         before every permit but permit_mynetworks, and look at mynetworks;
         reload.
waits    port 465: AUTH offered under    waits for Dovecot: no socket
         TLS                             /var/spool/postfix/private/auth
                                         expected: AUTH
         -> Set Dovecot up, then check again.

1 right, 1 WRONG, 1 waits"""


def test_the_table() -> None:
    assert as_table(FINDINGS) == TABLE


def test_the_json_is_read_back_whole() -> None:
    cured = replace(
        FINDINGS[1],
        cure=Cure((("postconf", "-X", "soft_bounce"),), (Edit("/etc/x", "a", "b"),), "why"),
        follows="port.25",
    )
    found = (FINDINGS[0], cured, FINDINGS[2])
    assert from_json(json.dumps(as_data(found))) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"version": 2}',
        '{"version": 1, "findings": [{}]}',
        '{"version": 1, "findings": [], "message": "only root"}',
    ],
)
def test_what_is_not_the_json_of_a_check_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - json's own words
        from_json(text)


def test_the_json() -> None:
    record = Published("example.com.", "MX", "10 mail.example.com.", "Why.")
    told = json.loads(json.dumps(as_data(FINDINGS, (record,))))
    assert told == {
        "version": 1,
        "findings": json.loads(json.dumps([asdict(one) for one in FINDINGS])),
        "records": [asdict(record)],
    }
    assert set(told["findings"][0]) == {
        "id",
        "looked_at",
        "seen",
        "expected",
        "verdict",
        "advice",
        "fatal",
        "cure",
        "follows",
    }


def test_records_are_told_until_all_is_published() -> None:
    record = Published("example.com.", "MX", "10 mail.example.com.", "Why.")
    seen = Finding("dns.mx", "MX", "none", "10 mail.example.com", WARNING, fatal=False)
    lines = to_publish((seen,), (record,))
    assert lines[-1] == "example.com.\tIN MX\t10 mail.example.com."
    assert to_publish((replace(seen, verdict=RIGHT),), (record,)) == ()


@pytest.mark.parametrize("verdict", VERDICTS)
@pytest.mark.parametrize("fatal", [True, False])
def test_whatever_is_wrong_fails_a_check(verdict: str, fatal: bool) -> None:
    finding = Finding("x", "x", "x", "x", verdict, fatal=fatal)
    assert failed([FINDINGS[0], finding]) == (verdict == WRONG)


def test_the_summary_counts_in_the_order_of_the_verdicts() -> None:
    many = [Finding("x", "x", "x", "x", v) for v in (UNKNOWN, WARNING, RIGHT, RIGHT)]
    assert summary(many) == "2 right, 1 warning, 1 unknown"
    assert summary([]) == "nothing was looked at"


words = st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S", "Zs"]), max_size=300)


@given(
    st.builds(Finding, words, words, words, words, st.sampled_from(VERDICTS), words),
    st.integers(50, 120),
)
def test_no_line_is_longer_than_the_screen(finding: Finding, width: int) -> None:
    assert max(map(len, as_table([finding], width).splitlines())) <= width


@pytest.mark.promise(25)
@given(st.binary(max_size=600))
def test_what_is_shown_is_printable_and_bounded(raw: bytes) -> None:
    shown = clean(raw)
    assert shown.isascii()
    assert not shown or shown.isprintable()
    assert len(shown) <= 200
