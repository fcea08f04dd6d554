"""SRV and CAA: absent is well; what leads logins elsewhere or stops renewals is a warning."""

from __future__ import annotations

import pytest

from tests.unit.dns.published import Rows, lookups
from wizard.answers.model import Answers
from wizard.answers.sections.hostname import Hostname
from wizard.check.dns.programs import judge_programs
from wizard.dns.asking import FAILED
from wizard.dns.record_basis import Basis, ServedKeys
from wizard.finding import RIGHT, UNKNOWN, WARNING, Finding

OUTER = "198.51.100.7"
ANSWERS = Answers(Hostname("mail.example.com", "example.com"))
HERE: Rows = {
    ("mail.example.com", "A"): (OUTER,),
    ("imap.example.com", "A"): (OUTER,),
    ("mail.stranger.example", "A"): ("203.0.113.9",),
}


def judged(rows: Rows, authority: str = "letsencrypt.org") -> dict[str, Finding]:
    found = lookups(ANSWERS, {**HERE, **rows}, (OUTER,))
    basis = Basis(ANSWERS, (OUTER,), found, ServedKeys(authority))
    return {one.id: one for one in judge_programs(basis)}


def test_what_is_not_there_is_no_finding() -> None:
    assert judged({}) == {}


@pytest.mark.parametrize(
    ("service", "records", "verdict", "says"),
    [
        ("_submissions", ("0 1 465 mail.example.com",), RIGHT, "465"),
        ("_submissions", ("0 1 465 Mail.Example.com",), RIGHT, "465"),
        ("_imaps", ("0 1 993 imap.example.com",), RIGHT, "imap"),
        ("_submission", ("0 0 0 .",), WARNING, "no such service"),
        ("_imap", ("0 0 0 .",), RIGHT, "0 0 0 ."),
        ("_submissions", ("0 1 587 mail.example.com",), WARNING, "port 587, not 465"),
        ("_submission", ("0 1 587 mail.stranger.example",), WARNING, "is not this server"),
        (
            "_imaps",
            ("0 1 993 mail.example.com", "5 1 993 mail.stranger.example"),
            WARNING,
            "stranger",
        ),
        ("_imaps", ("0 1 993 gone.example",), WARNING, "gone.example is not"),
        ("_imaps", (FAILED,), UNKNOWN, "SERVFAIL"),
    ],
)
def test_srv(service: str, records: tuple[str, ...], verdict: str, says: str) -> None:
    found = judged({(f"{service}._tcp.example.com", "SRV"): records})["dns.srv"]
    assert (found.verdict, says in found.seen) == (verdict, True), found


@pytest.mark.parametrize(
    ("name", "records", "authority", "verdict"),
    [
        ("example.com", ('0 issue "letsencrypt.org"',), "letsencrypt.org", RIGHT),
        ("example.com", ('0 issue "LetsEncrypt.org; accounturi=x"',), "letsencrypt.org", RIGHT),
        ("example.com", ('0 issue "pki.example"',), "letsencrypt.org", WARNING),
        ("example.com", ('0 issue ";"',), "letsencrypt.org", WARNING),
        ("example.com", ('0 issuewild ";"', '0 iodef "mailto:a@b.c"'), "letsencrypt.org", RIGHT),
        ("example.com", ('128 tbs "x"', '0 issue "letsencrypt.org"'), "letsencrypt.org", WARNING),
        ("example.com", ('0 issue "pki.example"',), "", UNKNOWN),
        ("mail.example.com", ('0 issue "pki.example"',), "letsencrypt.org", WARNING),
        ("example.com", (FAILED,), "letsencrypt.org", UNKNOWN),
    ],
)
def test_caa(name: str, records: tuple[str, ...], authority: str, verdict: str) -> None:
    assert judged({(name, "CAA"): records}, authority)["dns.caa"].verdict == verdict


def test_the_nearest_name_counts() -> None:
    rows: Rows = {
        ("mail.example.com", "CAA"): ('0 issue "letsencrypt.org"',),
        ("example.com", "CAA"): ('0 issue "pki.example"',),
    }
    assert judged(rows)["dns.caa"].verdict == RIGHT
