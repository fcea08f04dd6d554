"""The sessions of a check are left out of the log, and nobody else's."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

import pytest

from tests.unit.check.results import told
from wizard.check.host import log
from wizard.check.log import own_sessions
from wizard.check.log.lines import Reader
from wizard.check.log.mark import mark
from wizard.check.log.own_sessions import OwnSessions
from wizard.finding import RIGHT, WARNING

NOW = 1795492661.0
ID = b"0" * 31 + b"1"
MARK = mark(ID, NOW)
REFUSED = (
    "NOQUEUE: reject: RCPT from unknown[{0}]: 554 5.7.1 x; from=<> to=<x@y> proto=ESMTP helo=<{1}>"
)
FAILED = "warning: unknown[{0}]: SASL LOGIN authentication failed: x"
BROKEN = "warning: hash:/etc/postfix/sender_access is unavailable. open database: No such file"


def session(
    address: str, *said: str, process: int = 7, at: float = 0.0, ends: str = "quit=1"
) -> list[str]:
    """Return the lines of a session with smtpd."""
    lines = [
        f"connect from unknown[{address}]",
        *said,
        f"disconnect from unknown[{address}] {ends}",
    ]
    return [f"{NOW + at:.6f} mail postfix/smtpd[{process}]: {line}" for line in lines]


def refused(address: str, helo: str = MARK) -> str:
    return REFUSED.format(address, helo)


def own() -> OwnSessions:
    return OwnSessions(
        ID, ("192.168.1.2", "203.0.113.1"), (ipaddress.ip_network("203.0.113.0/24"),)
    )


def shown(lines: Iterable[str], of: OwnSessions | None = None) -> list[str]:
    reader = Reader(NOW + 86400)
    pairs = ((one, reader.line(one.encode())) for one in lines)
    return list((of or own()).without(pairs))


MARKED = session("127.0.0.1", refused("127.0.0.1"))


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "192.168.1.2", "192.0.2.1", "2001:db8::1"])
def test_a_session_with_the_mark_is_left_out(address: str) -> None:
    found = own()
    failed = FAILED.format(address)
    assert shown(session(address, failed, refused(address)), found) == []
    assert (found.sessions, found.lines) == (1, 4)


@pytest.mark.parametrize("address", ["198.18.0.9", "203.0.113.9", "192.168.1.3", "2001:4860::1"])
def test_foreigners_cannot_say_it(address: str) -> None:
    """Not even next to a session of a check; 203.0.113.0/24 is a network that this host is in."""
    lines = session(address, refused(address), FAILED.format(address), process=8)
    assert shown([*MARKED, *lines]) == lines


@pytest.mark.parametrize(
    "helo", ["[127.0.0.1]", "x", mark(b"f" * 32, NOW), mark(ID, NOW - 7200), f"a{MARK}"]
)
def test_another_name_is_no_mark(helo: str) -> None:
    """As where a proxy on this host shows all clients with its own address."""
    lines = session("127.0.0.1", refused("127.0.0.1", helo))
    assert sorted(shown(lines)) == sorted(lines)


def test_the_mark_in_a_sender_is_no_mark() -> None:
    evil = f"NOQUEUE: reject: RCPT from unknown[127.0.0.1]: 554 x; from=< proto=SMTP helo=<{MARK}> to=<x>"
    lines = session("127.0.0.1", f"{evil} proto=ESMTP helo=<x>")
    assert shown(lines) == lines


@pytest.mark.parametrize("at", [-15.0, 15.0])
def test_a_session_without_a_refusal_belongs_to_the_check_around_it(at: float) -> None:
    lost = [
        "SSL_accept error from unknown[127.0.0.1]: -1",
        "NOQUEUE: lost connection after STARTTLS from x",
    ]
    lines = session("127.0.0.1", *lost, process=8, at=at)
    whole = sorted([*MARKED, *lines], key=lambda one: one.split()[0])
    assert shown(whole) == []


def test_sessions_of_this_host_far_from_a_check_are_shown() -> None:
    for at in (-60.0, 60.0):
        lines = session("127.0.0.1", process=8, at=at)
        assert shown(sorted([*MARKED, *lines], key=lambda one: one.split()[0])) == lines


@pytest.mark.parametrize(
    ("address", "said", "ends", "is_shown"),
    [
        ("127.0.0.1", FAILED.format("127.0.0.1"), "auth=0/1", True),
        ("127.0.0.1", refused("127.0.0.1", "webmail"), "rcpt=0/1", True),
        ("127.0.0.1", "4XyzAbC1: client=localhost[127.0.0.1]", "data=1", True),
        ("192.0.2.1", FAILED.format("192.0.2.1"), "auth=0/1", False),
        ("203.0.113.9", FAILED.format("203.0.113.9"), "auth=0/1", True),
        ("192.0.2.1", "4XyzAbC1: client=unknown[192.0.2.1]", "data=1", True),
    ],
)
def test_what_else_happens_during_a_check(
    address: str, said: str, ends: str, is_shown: bool
) -> None:
    lines = session(address, said, process=8, at=1, ends=ends)
    assert shown([*MARKED, *lines]) == (lines if is_shown else [])


def test_a_message_is_never_left_out() -> None:
    lines = session("127.0.0.1", refused("127.0.0.1"), ends="mail=1 rcpt=1/2 data=1 quit=1")
    assert shown(lines) == lines


def test_a_complaint_of_the_server_is_shown() -> None:
    lines = session("192.0.2.1", BROKEN, refused("192.0.2.1"))
    assert shown(lines) == [lines[1]]


def test_a_process_that_dies_in_a_session() -> None:
    fatal = "fatal: no SASL authentication mechanisms of ours"
    lines = [*session("127.0.0.1", fatal)[:2], *session("198.18.0.9", refused("198.18.0.9"))]
    assert sorted(shown(lines)) == sorted(lines)


def test_postscreen() -> None:
    head, client = f"{NOW:.6f} mail postfix/postscreen[9]:", "[192.0.2.1]:4711"
    other = "[198.18.0.9]:4712"
    end = f"550 x; from=<>, to=<x@y>, proto=ESMTP, helo=<{MARK}>"
    lines = [
        f"{head} CONNECT from {client} to [192.168.1.2]:25",
        f"{head} CONNECT from {other} to [192.168.1.2]:25",
        f"{head} NOQUEUE: reject: RCPT from {client}: {end}",
        f"{head} NOQUEUE: reject: RCPT from {other}: {end}",
        f"{head} DISCONNECT {other}",
        f"{head} DISCONNECT {client}",
    ]
    assert shown(lines) == [lines[1], lines[3], lines[4]]


def test_without_a_machine_id_all_is_shown() -> None:
    assert shown(MARKED, OwnSessions(b"", ("127.0.0.1",))) == MARKED


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MAX_LINES", "MAX_OPEN", "MAX_WAITING", "MAX_MARKS"):
        monkeypatch.setattr(own_sessions, name, 5)
    found = own()
    state = own_sessions._State[str](found)
    reader = Reader(NOW + 86400)
    lines = [
        line
        for process in range(100)
        for line in (
            *session("127.0.0.1", process=process),
            *session("192.0.2.1", refused("192.0.2.1"), process=process),
            *session("127.0.0.1", *["lost connection after EHLO from x"] * 20, process=200)[:-1],
            *session("127.0.0.1", process=1000 + process)[:1],
        )
    ]
    yielded = 0
    for line in lines:
        parsed = reader.line(line.encode())
        assert parsed is not None
        yielded += len(list(state.add(line, parsed)))
        assert len(state._open) <= 5
        assert len(state._waiting) <= 6
        assert len(state._marks) <= 5
    yielded += len(list(state.finish()))
    assert yielded + found.lines == len(lines)


def test_the_findings_of_check_say_what_was_left_out() -> None:
    text = "\n".join([*session("192.0.2.1", "warning: Illegal address", refused("192.0.2.1"))])
    (finding,) = log.judge_log(told(text), own=own())
    assert finding.verdict == WARNING
    assert "Illegal address" in finding.seen
    (finding,) = log.judge_log(told("\n".join(MARKED)), own=own())
    assert (finding.verdict, finding.seen.split("; ")[2:]) == (
        RIGHT,
        ["3 lines of sessions of checks omitted"],
    )
