"""A stranger's mail for real recipients, unknown ones, and domains of others."""

from __future__ import annotations

from typing import Optional

import pytest

from wizard.check.smtp.recipients import NOBODY, Tried, judge_recipients, script
from wizard.check.smtp.refusals import cause_of
from wizard.check.smtp.session import Reply, Transcript
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG, Finding

OK = "250 2.1.5 Ok"
UNKNOWN_USER = "550 5.1.1 <x>: Recipient address rejected: User unknown in local recipient table"
DENIED = "554 5.7.1 <x>: Relay access denied"
TARO, HANA = "taro@here.example", "hana@here.example"
OTHER = f"{NOBODY}@there.example"
TRIED = Tried(
    "probe@postfix.org", (TARO, HANA), ("taro@also.example",), {}, f"{NOBODY}@here.example"
)


def reply(text: str) -> Reply:
    return Reply(int(text[:3]), (text[4:],))


def findings(tried: Tried = TRIED, mail: str = OK, **said: Optional[str]) -> dict[str, Finding]:
    """Judge a session in which all is right but for what is said here, by the part before `@`."""
    usual = {one.name: OK for one in script(tried)}
    usual |= {tried.nobody: UNKNOWN_USER, "mail-real": mail}
    for name in usual:
        key = name.partition("@")[0] if not name.startswith(NOBODY) else name.partition("@")[2]
        usual[name] = said.get(key.replace(".", "_"), usual[name]) or ""
    replies = {name: reply(text) for name, text in usual.items() if text}
    found = judge_recipients(tried, Transcript(replies, why="it broke off"))
    return {one.id.rpartition(".")[2]: one for one in found}


def test_all_as_it_should_be() -> None:
    found = findings()
    assert {name: one.verdict for name, one in found.items()} == dict.fromkeys(
        ("users", "domains", "unknown-user"), RIGHT
    )


@pytest.mark.parametrize(
    ("said", "verdict", "word"),
    [
        (UNKNOWN_USER, WRONG, "local_recipient_maps"),
        (DENIED, WRONG, "mydestination"),
        (
            "450 4.1.8 <probe@postfix.org>: Sender address rejected: Domain not found",
            WRONG,
            "resolv",
        ),
        ("451 4.3.0 <x>: Temporary lookup failure", WRONG, "journalctl"),
        ("451 4.3.5 Server configuration error", WRONG, "journalctl"),
        ("452 4.3.1 Insufficient system storage", WRONG, "queue_minfree"),
        (
            "554 5.7.1 <unknown[192.0.2.1]>: Client host rejected: Access denied",
            WRONG,
            "restrictions",
        ),
        ("554 5.7.1 <x>: Recipient address rejected: Access denied", WRONG, "restrictions"),
        ("530 5.7.0 Must issue a STARTTLS command first", WRONG, "smtpd_tls_security_level"),
        ("450 4.2.0 <x>: Recipient address rejected: Greylisted, see postgrey", UNKNOWN, ""),
        ("450 4.7.25 Client host rejected: cannot find your reverse hostname", UNKNOWN, ""),
        (
            "550 5.7.23 <x>: Recipient address rejected: Message rejected due to: SPF fail",
            UNKNOWN,
            "",
        ),
        ("450 4.3.2 Service currently unavailable", UNKNOWN, ""),
        ("450 4.1.1 <x>: Recipient address rejected: unverified address: waiting", UNKNOWN, ""),
        ("554 5.7.1 Service unavailable; blocked using bl.spamcop.net", WARNING, "list"),
        ("554 5.7.1 no mail from your country", WARNING, ""),
        ("450 4.9.9 come again", UNKNOWN, ""),
    ],
)
def test_a_refusal_is_judged_by_its_reason(said: str, verdict: str, word: str) -> None:
    found = findings(taro=said, hana=said)["users"]
    assert found.verdict == verdict
    assert word in found.advice
    assert cause_of(reply(said)).verdict == verdict
    assert findings(mail=said)["users"].verdict == verdict


def test_a_list_of_those_who_may_have_mail_is_a_choice() -> None:
    assert findings(hana=UNKNOWN_USER)["users"].verdict == RIGHT
    assert findings(hana="451 4.3.0 <x>: Temporary lookup failure")["users"].verdict == WRONG


@pytest.mark.parametrize(
    ("said", "verdict"),
    [(OK, WARNING), (DENIED, UNKNOWN), (None, UNKNOWN), (UNKNOWN_USER, RIGHT)],
)
def test_a_name_that_nobody_has(said: Optional[str], verdict: str) -> None:
    assert findings(here_example=said)["unknown-user"].verdict == verdict


@pytest.mark.parametrize(
    ("leads_here", "said", "verdict"),
    [
        (False, OK, WRONG),
        (True, OK, WARNING),
        (None, OK, WARNING),
        (False, UNKNOWN_USER, RIGHT),
        (True, None, UNKNOWN),
    ],
)
def test_a_domain_that_is_relayed(
    leads_here: Optional[bool], said: Optional[str], verdict: str
) -> None:
    tried = TRIED._replace(others={OTHER: leads_here})
    assert findings(tried, there_example=said)["others"].verdict == verdict


def test_a_session_that_broke_off_proves_nothing() -> None:
    found = findings(taro=None, hana=None)["users"]
    assert (found.verdict, "it broke off" in found.seen) == (UNKNOWN, True)
