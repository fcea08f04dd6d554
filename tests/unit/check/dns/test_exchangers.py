"""The MX records of a second MX and of its primary, and the session with the primary."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Optional

import pytest

from tests.factories import ZEKE
from tests.sections.backup import BY_FILE, PRIMARY, PRIMARYS
from wizard.answers.model import Answers
from wizard.check.dns.exchangers import Seen, judge_exchangers
from wizard.check.smtp.session import Reply, Transcript
from wizard.dns.asking import FOUND, NO_NAME, NO_RECORD, SILENT, Answer, Question
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG, Finding
from wizard.postfix.settings import Settings

ONE = replace(BY_FILE, backup=replace(BY_FILE.backup, domains=("hana.example",)))
OWN = frozenset({"203.0.113.1"})
ADDRESSES = {
    PRIMARY: frozenset({"198.51.100.1"}),
    "mail.zeke.ne.jp": OWN,
    "mx2.zeke.ne.jp": frozenset({"198.51.100.25"}),
    "alias.zeke.ne.jp": OWN,
}


def mx(domain: str, *records: str, state: str = FOUND) -> Answer:
    return Answer(Question(domain, "MX"), state, records, why="no answer in time")


def judge(
    answers: Answers,
    *records: Answer,
    session: Optional[Transcript] = None,
    own: Optional[dict[str, str]] = None,
) -> dict[str, Finding]:
    seen = Seen({one.question.name: one for one in records}, ADDRESSES, OWN, session)
    return {one.id: one for one in judge_exchangers(answers, Settings(own or {}), seen)}


@pytest.mark.parametrize(
    ("records", "verdict", "seen"),
    [
        ((f"10 {PRIMARY}", "20 mail.zeke.ne.jp"), RIGHT, "1 domain"),
        ((f"10 {PRIMARY}", "20 alias.zeke.ne.jp"), RIGHT, "1 domain"),
        ((f"0 {PRIMARY}", "65535 MAIL.zeke.ne.jp"), RIGHT, "1 domain"),
        ((f"20 {PRIMARY}", "10 mail.zeke.ne.jp"), WRONG, "has no lower number than mail.zeke"),
        ((f"10 {PRIMARY}", "10 mail.zeke.ne.jp"), WRONG, "has no lower number"),
        ((f"10 {PRIMARY}",), WARNING, "this host is not named"),
        (("20 mail.zeke.ne.jp",), WARNING, f"{PRIMARY} is not named"),
        ((), WARNING, "no MX: this host is not named"),
        (("0 .",), WARNING, "this host is not named"),
    ],
)
def test_the_order_on_the_backup(records: tuple[str, ...], verdict: str, seen: str) -> None:
    found = judge(ONE, mx("hana.example", *records, state=FOUND if records else NO_RECORD))
    assert found["backup.mx"].verdict == verdict
    assert seen in found["backup.mx"].seen
    assert not found["backup.mx"].fatal


def test_without_an_answer_it_is_not_known() -> None:
    found = judge(ONE, mx("hana.example", state=SILENT))
    assert found["backup.mx"].verdict == UNKNOWN


@pytest.mark.parametrize(
    ("records", "verdict"),
    [
        (("10 mail.zeke.ne.jp", "20 mx2.zeke.ne.jp"), RIGHT),
        (("10 mail.zeke.ne.jp",), RIGHT),
        (("20 mail.zeke.ne.jp", "10 mx2.zeke.ne.jp"), WRONG),
        (("10 mail.zeke.ne.jp", "10 mx2.zeke.ne.jp"), WRONG),
    ],
)
def test_the_order_on_the_primary(records: tuple[str, ...], verdict: str) -> None:
    answers = replace(PRIMARYS, domains=replace(ZEKE.domains, local=()))
    right = mx("mail.zeke.ne.jp", "10 mail.zeke.ne.jp")
    found = judge(answers, mx("zeke.ne.jp", *records), right)
    assert found["backup.mx"].verdict == verdict
    assert "backup.primary" not in found


def test_a_domain_that_leads_here_for_nobody() -> None:
    there = mx("hana.example", f"10 {PRIMARY}", "20 mail.zeke.ne.jp")
    above = mx("example.net", "10 mail.zeke.ne.jp")
    found = judge(ONE, there, above)
    assert found["backup.strays"].verdict == WARNING
    assert "the MX of example.net names this host" in found["backup.strays"].seen
    for name in ("relay_domains", "virtual_alias_domains"):
        assert "backup.strays" not in judge(ONE, there, above, own={name: "example.net"})
    assert "backup.strays" not in judge(ONE, there, mx("example.net", state=NO_NAME))


def said(*lines: str, **more: Any) -> Transcript:
    return Transcript({"greeting": Reply(220, ("hi",)), "ehlo": Reply(250, lines)}, **more)


@pytest.mark.parametrize(
    ("session", "limit", "verdict", "seen"),
    [
        (said("mail", "SIZE 10485760"), "10485760", RIGHT, "greets"),
        (said("mail", "SIZE"), "10485760", RIGHT, "greets"),
        (said("mail"), "10485760", RIGHT, "greets"),
        (
            said("mail", "SIZE 1000"),
            "10485760",
            WARNING,
            "takes 1000 bytes, and this host 10485760",
        ),
        (said("mail", "SIZE 1000"), "0", WARNING, "and this host any number"),
        (Transcript(stopped_at="greeting", why="connection refused"), "0", WARNING, "refused"),
    ],
)
def test_the_session_with_the_primary(
    session: Transcript, limit: str, verdict: str, seen: str
) -> None:
    found = judge(
        ONE, mx("hana.example", f"10 {PRIMARY}"), session=session, own={"message_size_limit": limit}
    )
    assert found["backup.primary"].verdict == verdict
    assert seen in found["backup.primary"].seen
