"""Limits are seen where they bite, missed where they do not, and unknown where something else did."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import pytest

from wizard.check.abuse import rates
from wizard.check.abuse.attempts import Target
from wizard.check.abuse.rates import rates_unknown, try_rates
from wizard.check.smtp.session import Endpoint
from wizard.finding import RIGHT, UNKNOWN, WRONG, Finding

TARGET = Target("127.0.0.1", "mail.zeke.ne.jp", "zeke.ne.jp", 0, unit=60)


@dataclass
class Limited:
    """A server that counts like anvil; 0 is no limit."""

    connections: int = 0
    connection_rate: int = 0
    message_rate: int = 0
    recipient_rate: int = 0
    refuses: str = ""
    open: int = 0
    counted: dict[str, int] = field(default_factory=lambda: {"": 0, "MAIL": 0, "RCPT": 0})
    said: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def over(self, what: str, limit: int) -> bool:
        with self.lock:
            self.counted[what] += 1
            return bool(limit) and self.counted[what] > limit

    def serve(self, peer: socket.socket) -> None:
        with self.lock:
            self.open += 1
            crowd = bool(self.connections) and self.open > self.connections
        try:
            with peer, peer.makefile("rb") as lines, contextlib.suppress(OSError):
                if crowd or self.over("", self.connection_rate):
                    peer.sendall(b"421 4.7.0 Error: too many connections\r\n")
                    return
                peer.sendall(b"220 mail.zeke.ne.jp ESMTP\r\n")
                for line in lines:
                    verb = line.split()[0].decode()
                    self.said.add(verb)
                    peer.sendall(self.answer(verb).encode() + b"\r\n")
                    if verb == "QUIT":
                        return
        finally:
            with self.lock:
                self.open -= 1

    def answer(self, verb: str) -> str:
        if verb == self.refuses:
            return "554 5.7.1 not today"
        limit = {"MAIL": self.message_rate, "RCPT": self.recipient_rate}.get(verb, 0)
        if verb in self.counted and self.over(verb, limit):
            return "450 4.7.1 Error: too much of it"
        return "250 ok"


@contextlib.contextmanager
def serving(limited: Limited, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    listener = socket.create_server(("127.0.0.1", 0), backlog=100)
    port = int(listener.getsockname()[1])
    monkeypatch.setattr(
        rates, "Endpoint", lambda address, _, source: Endpoint(address, port, source)
    )
    threads: list[threading.Thread] = []

    def accept() -> None:
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            peer.settimeout(10)
            threads.append(threading.Thread(target=limited.serve, args=(peer,)))
            threads[-1].start()

    acceptor = threading.Thread(target=accept)
    acceptor.start()
    try:
        yield
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join(10)
        for thread in threads:
            thread.join(10)


def found(target: Target) -> dict[str, Finding]:
    return {one.id.rpartition(".")[2]: one for one in try_rates(target, "127.0.0.1", seconds=8)}


Case = tuple[Callable[[int], Target], Callable[[int], Limited]]

CASES: dict[str, Case] = {
    "recipients": (
        lambda most: replace(TARGET, recipient_rate=most),
        lambda most: Limited(recipient_rate=most),
    ),
    "messages": (
        lambda most: replace(TARGET, message_rate=most),
        lambda most: Limited(message_rate=most),
    ),
    "connections": (
        lambda most: replace(TARGET, connections=most),
        lambda most: Limited(connections=most),
    ),
    "connection-rate": (
        lambda most: replace(TARGET, connection_rate=most),
        lambda most: Limited(connection_rate=most),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_limit_that_bites_is_right_and_one_that_is_missing_wrong(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    targeted, limiting = CASES[name]
    target, limited = targeted(45), limiting(45)
    with serving(limited, monkeypatch):
        (finding,) = found(target).values()
    assert (finding.id, finding.verdict) == (f"stranger.rate.{name}", RIGHT)
    assert finding.seen.startswith("after 45: 4")
    assert "DATA" not in limited.said
    with serving(Limited(), monkeypatch):
        (finding,) = found(target).values()
    assert finding.verdict == WRONG
    assert finding.seen == f"{46 if name == 'connections' else 91} went through"
    assert f"{finding.expected}" == "45 of one address, then refused"


def test_no_planned_limit_is_no_row() -> None:
    assert list(try_rates(TARGET, "127.0.0.1")) == []


@pytest.mark.parametrize(("name", "verb"), [("recipients", "RCPT"), ("messages", "MAIL")])
def test_another_refusal_proves_no_limit(
    name: str, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(Limited(refuses=verb), monkeypatch):
        (finding,) = found(CASES[name][0](5)).values()
    assert (finding.verdict, finding.seen) == (UNKNOWN, "not known: 554 5.7.1 not today")


def test_a_limit_too_high_to_reach_is_unknown() -> None:
    (finding,) = found(replace(TARGET, connection_rate=100_000)).values()
    assert (finding.verdict, finding.seen) == (UNKNOWN, "not known: 200001 would have to be tried")


def test_a_time_unit_that_is_over_too_soon_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Limited(), monkeypatch):
        (finding,) = found(replace(TARGET, recipient_rate=5, unit=0)).values()
    assert (finding.verdict, finding.seen) == (UNKNOWN, "not known: it took too long")


def test_nobody_there_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
    monkeypatch.setattr(
        rates, "Endpoint", lambda address, _, source: Endpoint(address, port, source)
    )
    everything = replace(TARGET, recipient_rate=5, message_rate=5, connections=5, connection_rate=5)
    findings = found(everything)
    assert {one.verdict for one in findings.values()} == {UNKNOWN}
    assert set(findings) == set(CASES)
    skipped = list(rates_unknown(everything, "port 25: nobody"))
    assert [one.id for one in skipped] == [one.id for one in findings.values()]
    assert {one.seen for one in skipped} == {"not known: port 25: nobody"}
