"""Logins that send as a stolen password does, and people who only send much."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from wizard.check.log import senders, stolen
from wizard.check.log.lines import Line, Reader
from wizard.check.log.senders import Sender, Senders
from wizard.check.log.stolen import Recent, judge_stolen, read_recent
from wizard.door import Door
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG

NOW = 1795492661.0

Message = tuple[float, str, str, int]
"""Minutes, the client's address, the login, the recipients."""


def written(messages: Iterable[Message]) -> Iterator[bytes]:
    """Yield the lines that Postfix writes about messages."""
    for number, (minutes, address, login, recipients) in enumerate(messages):
        head = f"{NOW + 60 * minutes:.6f} mail postfix"
        name = f"4Xyz{number:06X}"
        client = f"client=a.example[{address}], sasl_method=PLAIN, sasl_username={login}"
        yield f"{head}/submission/smtpd[8]: {name}: {client}".encode()
        yield f"{head}/cleanup[9]: {name}: message-id=<x@{address}>".encode()
        size = f"size=812, nrcpt={recipients} (queue active)"
        yield f"{head}/qmgr[7]: {name}: from=<taro@example.com>, {size}".encode()


def parsed(raw: Iterable[bytes]) -> Iterator[Line]:
    reader = Reader(NOW)
    return (line for line in map(reader.line, raw) if line is not None)


def found(messages: Iterable[Message]) -> list[Sender]:
    counts = Senders()
    for line in parsed(written(messages)):
        counts.add(line)
    return list(counts.found())


ONE_NETWORK: list[Message] = [(n, f"203.0.113.{n}", "taro", 12) for n in range(10)]
BOTS: list[Message] = [(n / 4, f"203.0.{n}.9", "taro", 1) for n in range(120)]
THREE: list[Message] = [(n, f"203.0.{n}.9", "taro@example.com", 40) for n in range(3)]
SIX: list[Message] = [(n, f"2001:db8:{n}::9", "taro", 40) for n in range(3)]
MOVED: list[Message] = [(50 + n * 10, f"203.0.{n}.9", "taro", 40) for n in range(3)]


@pytest.mark.parametrize("messages", [ONE_NETWORK, BOTS, THREE, SIX, MOVED])
def test_many_recipients_from_several_networks_are_found(messages: list[Message]) -> None:
    (one,) = found(messages)
    assert one.login == messages[0][2].encode()
    assert one.recipients == 120
    assert one.addresses >= 3
    assert one.ends == NOW + 60 * messages[-1][0]


@pytest.mark.parametrize(
    "messages",
    [
        pytest.param([(n / 10, "203.0.113.9", "list", 50) for n in range(50)], id="newsletter"),
        pytest.param(
            [
                (0, "203.0.113.9", "list", 400),
                (1, "198.51.100.7", "list", 300),
                *((2 + n, f"192.0.{n}.7", "list", 3) for n in range(3)),
            ],
            id="newsletter of one who is on the road, too",
        ),
        pytest.param(
            [(n, ("203.0.113.9", "198.51.100.7")[n % 2], "taro", 20) for n in range(30)],
            id="telephone and notebook",
        ),
        pytest.param(
            [(n, f"203.0.113.{n}", "taro", 40) for n in range(9)], id="one network, many addresses"
        ),
        pytest.param(
            [(n, f"192.168.{n}.9", "office", 40) for n in range(30)], id="an office's own network"
        ),
        pytest.param(
            [(90 * n, f"203.0.{n}.9", "taro", 90) for n in range(9)], id="hours between them"
        ),
        pytest.param([(n, f"203.0.{n}.9", f"user{n}", 90) for n in range(9)], id="many logins"),
        pytest.param([(n, f"203.0.{n}.9", "taro", 3) for n in range(30)], id="few recipients"),
    ],
)
def test_people_are_not_reported(messages: list[Message]) -> None:
    assert found(messages) == []


def test_a_message_that_waits_is_counted_once() -> None:
    lines = list(written([(n, f"203.0.{n}.9", "taro", 20) for n in range(3)]))
    again = [line for line in lines if b"nrcpt=" in line] * 10
    counts = Senders()
    for line in parsed([*lines, *again]):
        counts.add(line)
    assert counts.found() == []


ACTIVE = "nrcpt=50 (queue active)"
FORGED = "550 x; from=<4XyzAbC1: client=a[203.0.1.9], sasl_method=x, sasl_username=taro>"


def test_mail_without_a_login_is_not_counted() -> None:
    """Also where the sender's address, which strangers choose, says otherwise."""
    lines = []
    for number in range(200):
        name = f"4Xyz{number:06X}"
        lines += [
            f"{NOW} mail postfix/smtpd[8]: {name}: client=x.example[203.0.{number}.9]",
            f"{NOW} mail postfix/qmgr[7]: {name}: from=<a, sasl_username=t>, size=1, {ACTIVE}",
            f"{NOW} mail postfix/smtpd[8]: NOQUEUE: reject: RCPT from x[203.0.{number}.9]: {FORGED}",
        ]
    counts = Senders()
    for line in parsed(one.encode() for one in lines):
        counts.add(line)
    assert counts.found() == []


def test_a_clock_that_was_set_back_adds_no_hours() -> None:
    late = [(60 * 24 * 365, "203.0.1.9", "taro", 90), (0, "203.0.2.9", "taro", 90)]
    assert found([*late, (90, "203.0.3.9", "taro", 90)]) == []


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(senders, "MAX_LOGINS", 5)
    monkeypatch.setattr(senders, "MAX_FOUND", 5)
    monkeypatch.setattr(senders, "MAX_MESSAGES", 5)
    counts = Senders()
    for line in parsed(
        written((0, f"203.{k}.{n}.9", f"user{k}", 40) for k in range(50) for n in range(30))
    ):
        counts.add(line)
    for line in parsed(written((1, f"203.0.{n}.9", "x", 1) for n in range(50))):
        if b"nrcpt" not in line[3]:
            counts.add(line)
    assert [len(one) for one in (counts._slots, counts._found, counts._messages)] == [5, 5, 5]
    assert all(one.addresses <= senders.MAX_ADDRESSES + 1 for one in counts.found())


@pytest.mark.parametrize(("hours", "verdict"), [(0.5, WRONG), (5, WARNING)])
def test_the_finding(hours: float, verdict: str) -> None:
    evil = Sender(b"taro\x1b[2J\n-x", 500, 7, NOW - 60, NOW)
    finding = judge_stolen(Recent((evil,), NOW), NOW + 3600 * hours)
    assert (finding.id, finding.verdict, finding.fatal) == ("log.senders", verdict, False)
    assert "500 recipients from 7 addresses" in finding.seen
    assert "\x1b" not in finding.seen + finding.advice
    assert "\n" not in finding.seen + finding.advice


def test_nothing_found_needs_a_log() -> None:
    assert judge_stolen(Recent((), NOW), NOW).verdict == RIGHT
    assert judge_stolen(Recent(), NOW).verdict == UNKNOWN
    cut = judge_stolen(Recent((), NOW, is_cut=True), NOW)
    assert (cut.verdict, "within 2 s" in cut.seen) == (UNKNOWN, True)


@pytest.mark.parametrize("kept", ["journal", "maillog"])
def test_the_newest_day_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: str) -> None:
    old = written((-60 * 25 + n, f"203.0.{n}.9", "old", 40) for n in range(3))
    new = written((-60 + n, f"203.0.{n}.9", "new", 40) for n in range(3))
    log = tmp_path / "log"
    log.write_bytes(b"\n".join([*old, *new, b""]))
    nothing, some = ("true",), ("cat", str(log))
    commands = (some, nothing) if kept == "journal" else (nothing, some)
    monkeypatch.setattr(stolen, "COMMANDS", commands)
    seen = read_recent(Door(), NOW)
    assert [one.login for one in seen.senders] == [b"new"]
    assert not seen.is_cut


def test_a_log_that_does_not_end_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stolen, "COMMANDS", (("sleep", "60"),))
    begun = time.monotonic()
    assert read_recent(Door(), NOW, seconds=0.2).is_cut
    assert time.monotonic() - begun < 5
