"""What became of a message, from lines as EL9's and EL10's Postfix log them."""

from __future__ import annotations

import pytest

from wizard.check.queue.trace import Fate, fate, judge_fate
from wizard.finding import RIGHT, UNKNOWN, WAITS, WARNING, WRONG

ID = "<abc.postfix-wizard@mail.example.com>"
TAKEN = f"""
1795548109.951175 ace postfix/pickup[349]: E830D74C001: uid=0 from=<>
1795548109.951175 ace postfix/cleanup[354]: AAAAAAAAAAA: message-id=<other@mail.example.com>
1795548109.955006 ace postfix/cleanup[354]: E830D74C001: message-id={ID}
1795548109.955493 ace postfix/qmgr[350]: E830D74C001: from=<>, size=246, nrcpt=1 (queue active)
1795548109.956886 ace postfix/local[357]: AAAAAAAAAAA: to=<x@y>, relay=local, delay=0, dsn=5.1.1, status=bounced (unknown user: "x")
"""
LOCAL = "1795548109.9 ace postfix/local[357]: E830D74C001: to=<taro@ace>, orig_to=<postmaster>, relay=local, delay=0.01, delays=0.01/0/0/0, dsn=2.0.0, status="
LMTP = "1795548109.9 ace postfix/lmtp[357]: E830D74C001: to=<taro@ace>, orig_to=<postmaster>, relay=mail.example.com[private/dovecot-lmtp], delay=0.01, dsn=2.0.0, status="
NONE = "1795548109.9 ace postfix/lmtp[357]: E830D74C001: to=<taro@ace>, orig_to=<postmaster>, relay=none, delay=0.01, dsn=4.4.1, status="
REMOVED = "\n1795548109.96 ace postfix/qmgr[350]: E830D74C001: removed"
AWAY = f"""
1795548109.97 ace postfix/cleanup[354]: F930D74C001: message-id={ID}
{LOCAL}sent (forwarded as F930D74C001){REMOVED}
"""
FAR = "1795548110.9 ace postfix/smtp[357]: F930D74C001: to=<t@far.example>, orig_to=<postmaster>, relay=mx.far.example[192.0.2.1]:25, delay=1, dsn=2.0.0, status="

FATES: dict[str, tuple[str, str, str, str]] = {
    "nothing yet": (TAKEN, "", UNKNOWN, "says nothing of it within 15 s"),
    "sent, and perhaps not to all": (
        f"{TAKEN}{LMTP}sent (250 2.0.0 <taro> Saved)",
        "",
        UNKNOWN,
        "says nothing",
    ),
    "sent": (
        f"{TAKEN}{LMTP}sent (250 2.0.0 <taro> Saved){REMOVED}",
        "sent",
        RIGHT,
        "sent to taro@ace: 250 2.0.0 <taro> Saved",
    ),
    "no Dovecot": (
        f"{TAKEN}{NONE}deferred (connect to mail.example.com[private/dovecot-lmtp]: No such file or directory)",
        "deferred",
        WAITS,
        "waits for Dovecot: connect to",
    ),
    "Dovecot refuses for now": (
        f"{TAKEN}{LMTP}deferred (host mail.example.com[private/dovecot-lmtp] said: 451 4.3.0 <root> Temporary internal error)",
        "deferred",
        WARNING,
        "deferred to taro@ace: host",
    ),
    "bounced": (
        f'{TAKEN}{LOCAL}bounced (unknown user: "taro"){REMOVED}',
        "bounced",
        WRONG,
        'bounced to taro@ace: unknown user: "taro"',
    ),
    "one of two bounced": (
        f"{TAKEN}{LOCAL}bounced (unknown user)\n{LMTP.replace('taro', 'hana')}sent (250 ok){REMOVED}",
        "bounced",
        WRONG,
        "bounced to taro@ace",
    ),
    "on its way elsewhere": (f"{TAKEN}{AWAY}", "", UNKNOWN, "says nothing"),
    "arrived elsewhere": (
        f"{TAKEN}{AWAY}{FAR}sent (250 2.0.0 Ok){REMOVED.replace('E8', 'F9')}",
        "sent",
        RIGHT,
        "sent to t@far.example",
    ),
    "waits on its way elsewhere": (
        f"{TAKEN}{AWAY}{FAR}deferred (connect to mx.far.example[192.0.2.1]:25: Connection timed out)",
        "deferred",
        WARNING,
        "Connection timed out",
    ),
}


@pytest.mark.parametrize("name", FATES)
def test_fates(name: str) -> None:
    log, status, verdict, seen = FATES[name]
    found = fate(log.splitlines(), ID)
    assert found.status == status
    finding = judge_fate(found, "postmaster", 15)
    assert (finding.verdict, seen in finding.seen) == (verdict, True), finding
    assert bool(finding.advice) == (verdict != RIGHT)


def test_a_log_without_the_message() -> None:
    assert fate(TAKEN.splitlines(), "<another@x>") == Fate()
