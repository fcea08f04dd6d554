"""A server of each kind that takes the connection and is slow: each probe ends by its limit, unknown."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Callable, Optional

import pytest

from wizard.answers.sections.relay import Relay
from wizard.check.commands import start_command
from wizard.check.dns.resolver import begin_resolver
from wizard.check.dovecot.delivery import judge_delivery
from wizard.check.network.firewall import judge_firewall
from wizard.check.outbound import port_25
from wizard.check.outbound import relay as relay_check
from wizard.check.outbound.port_25 import Internet
from wizard.check.paths import hops
from wizard.check.paths.rewrite import Route, resolve
from wizard.check.smtp.scripts import lmtp_script
from wizard.check.smtp.session import Endpoint, converse
from wizard.check.tables.actions import judge_actions
from wizard.dns.asking import FOUND, Answer, Question
from wizard.door import Door, Running
from wizard.errors import Trouble
from wizard.finding import UNKNOWN, Finding
from wizard.host.facts import Network, Secret
from wizard.host.firewall import PROGRAM, begin_firewall
from wizard.limits import PROBE_SECONDS
from wizard.postfix.settings import Settings

pytestmark = pytest.mark.slow

GREETING = b"220 mail.slow.example ESMTP\r\n"
SLACK = 1.5
"""Seconds for a busy machine, beyond those of the one or two probes of a row."""


@contextlib.contextmanager
def slow(said: bytes, family: int, address: object) -> Iterator[object]:
    """Serve until the end: say a byte a second to each client, and never more than these."""
    over = threading.Event()

    def serve(peer: socket.socket) -> None:
        with peer, contextlib.suppress(OSError):
            for number in range(len(said)):
                peer.sendall(said[number : number + 1])
                if over.wait(1):
                    return
            over.wait(30)

    def accept(listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.bind(address)  # type: ignore[arg-type]
        listener.listen()
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
        yield listener.getsockname()
        over.set()
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture(params=[b"", GREETING], ids=["mute", "a byte a second"])
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    with slow(request.param, socket.AF_INET, ("127.0.0.1", 0)) as where:
        yield where[1]  # type: ignore[index]


@pytest.fixture(params=[b"", GREETING], ids=["mute", "a byte a second"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with slow(request.param, socket.AF_UNIX, str(tmp_path / "s")) as where:
        yield str(where)


@contextlib.contextmanager
def within(probes: int = 1) -> Iterator[None]:
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < probes * PROBE_SECONDS + SLACK


class Hanging(Door):
    """A host with firewalld on which each command prints `said` and then hangs."""

    def __init__(self, said: str = "") -> None:
        super().__init__()
        self._said = said

    def start(
        self, argv: Sequence[str], *, timeout: float = 15, data: Optional[bytes] = None
    ) -> Optional[Running]:
        script = f"printf '%s' '{self._said}'; exec sleep 60"
        return super().start(("sh", "-c", script, *argv), timeout=timeout, data=data)

    def lstat(self, path: str) -> Optional[os.stat_result]:
        return super().lstat("/" if path == PROGRAM else path)


def test_a_next_hop(port: int) -> None:
    route = Route("a@b.example", "smtp", f"[127.0.0.1]:{port}", "a@b.example", "default")
    with within():
        found = hops.greet([route], Network(), "mail.here.example")[route.nexthop]
    assert found.is_unknown


def test_port_25_of_others(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def answers(questions: tuple[Question, ...], *_: object, **__: object) -> list[Answer]:
        records = {"MX": ("10 mx.slow.example",), "A": ("127.0.0.1",)}
        return [Answer(one, FOUND, records[one.kind]) for one in questions]

    monkeypatch.setattr(port_25, "ask_all", answers)
    with within():
        found = port_25.try_outbound("me.example", Internet((), port=port), PROBE_SECONDS)
    (finding,) = port_25.judge_outbound(found, patient=True)
    assert finding.verdict == UNKNOWN
    assert "`timeout 60 head -n 1 </dev/tcp/mx.slow.example/25`" in finding.advice


def test_a_relay_host(port: int) -> None:
    relay = Relay("127.0.0.1", port, user="taro", password_file="/nowhere")
    password = Secret("/nowhere", "himitsu")
    with within():
        found = relay_check.ask_relay(relay, "me.example", password, (), PROBE_SECONDS)
    judged = relay_check.judge_relay(relay, password, found)
    findings = list(relay_check.softened(judged, relay_check.longer(relay)))
    assert {one.verdict for one in findings} == {UNKNOWN}
    assert (
        f"openssl s_client -quiet -starttls smtp -connect 127.0.0.1:{port}`" in findings[0].advice
    )


def test_dovecots_lmtp(path: str) -> None:
    with within():
        transcript = converse(Endpoint(path), lmtp_script("taro@here.example"), PROBE_SECONDS)
    (finding,) = judge_delivery(path, "", transcript, None)
    assert (finding.verdict, path in finding.advice) == (UNKNOWN, True)


def test_trivial_rewrite(path: str) -> None:
    with within():
        found = resolve("taro@here.example", path=path)
    assert found.is_unknown


def test_a_resolver() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server, ThreadPoolExecutor() as pool:
        server.bind(("127.0.0.54", 53))
        with within():
            findings = list(begin_resolver(Network(resolvers=("127.0.0.54",)), pool)())
    assert all(one.verdict != "right" for one in findings)


@pytest.mark.parametrize("said", ["", "some of the output"])
def test_a_command(said: str) -> None:
    with within():
        result = start_command(Hanging(said), ("postconf", "-n"))()
    assert "no answer within 2 seconds" in result.failure


@pytest.mark.parametrize("said", ["", '{"type":'])
def test_firewalld(said: str) -> None:
    with within():
        firewall = begin_firewall(Hanging(said))()
    findings = list(judge_firewall(firewall, "", "public", Network()))
    assert [one.verdict for one in findings] == [UNKNOWN]


def test_tables_together() -> None:
    door = Hanging().within(PROBE_SECONDS)
    names = ("header_checks", "body_checks", "mime_header_checks")
    own = {name: f"ldap:/{name}" for name in names}
    with within():
        findings: list[Finding] = list(judge_actions(door, Settings(own), (), ("taro",)))
    assert [one.verdict for one in findings] == [UNKNOWN]


def test_many_commands_that_hang_end_together() -> None:
    """Each has the time from its own start on, and none gets more because others were waited for."""
    door = Hanging().within(PROBE_SECONDS)
    with within():
        pending = [running for _ in range(20) if (running := door.start(("x",))) is not None]
        ended: list[Callable[[], object]] = [one.outcome for one in pending]
        for one in ended:
            with pytest.raises(Trouble, match="no answer within 2 seconds"):
                one()
