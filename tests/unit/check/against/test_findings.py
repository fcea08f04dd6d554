"""The whole check from another machine: its order, what it refuses, and a server that is silent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Optional

import pytest

from wizard.check.abuse.attempts import Target
from wizard.check.against import findings as module
from wizard.check.against import served
from wizard.check.against.findings import Against, check_against
from wizard.check.against.guess import Guess
from wizard.check.against.reach import NoWayError, Way, Ways
from wizard.check.against.target_file import KnownServer
from wizard.check.network.stranger import networks
from wizard.check.report import failed
from wizard.dns.lookups import Lookups
from wizard.errors import Trouble
from wizard.finding import RIGHT, UNKNOWN, WAITS, WRONG, Finding

HOST = "mail.example.com"
TARGET = Target("", HOST, "example.com", 1000, connections=25, message_rate=20)
WAYS = Ways((Way("203.0.113.1", "198.51.100.9"),))


@dataclass
class World:
    """What the sessions find, and what they were called for."""

    tried: list[Finding] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    there = World([port("25", RIGHT, "220 hello"), port("587", WRONG, "connection refused")])

    def try_all(target: Target, source: str) -> list[Finding]:
        assert source == "198.51.100.9"
        there.targets.append(target)
        there.calls.append("strangers")
        return there.tried

    def noted(name: str) -> Any:
        def part(*_args: Any, **_named: Any) -> Iterator[Finding]:
            there.calls.append(name)
            yield Finding(f"{name}.x", name, "seen", "expected", RIGHT)

        return part

    monkeypatch.setattr(module, "ways_to", lambda _host: WAYS)
    monkeypatch.setattr(module, "try_all", try_all)
    monkeypatch.setattr(module, "try_rates", noted("rates"))
    monkeypatch.setattr(served, "certificates", noted("certificate"))
    monkeypatch.setattr(served, "addresses", noted("addresses"))
    monkeypatch.setattr(module, "look_up", lambda _a, own, _r: Lookups({}, tuple(own)))
    monkeypatch.setattr(module, "judge_lookups", noted("dns"))
    guessed = Guess(HOST, "example.com", is_domain_sure=True)
    monkeypatch.setattr(module, "guess", lambda *_args: guessed)
    return there


def port(door: str, verdict: str, seen: str) -> Finding:
    return Finding(f"stranger.{door}.reached", f"{door}: reached", seen, "220", verdict)


def found(known: Optional[KnownServer], *, rates: bool = False) -> dict[str, Finding]:
    what = Against(HOST, known, ("192.0.2.53",), rates=rates)
    return {one.id: one for one in check_against(what)}


def test_with_a_target_the_limits_are_the_last(world: World) -> None:
    told = found(KnownServer(TARGET), rates=True)
    assert world.calls == ["strangers", "addresses", "certificate", "dns", "rates"]
    assert world.targets[0].address == "203.0.113.1"
    assert world.targets[0].size == 1000
    assert told["against.reached"].verdict == RIGHT
    assert told["stranger.587.reached"].verdict == WRONG
    assert "against.target" not in told


def test_without_one_it_says_so(world: World) -> None:
    told = found(None)
    assert told["against.target"].verdict == UNKNOWN
    assert "HOST and the DNS alone" in told["against.target"].seen
    assert "--print-target" in told["against.target"].advice
    assert told["stranger.587.reached"].verdict == UNKNOWN
    assert world.targets[0].size == 0
    assert "rates" not in world.calls


@pytest.mark.parametrize(
    ("why", "with_target", "without"),
    [
        ("no answer within 8 s", WRONG, WRONG),
        ("No route to host", WRONG, WRONG),
        ("greeting: no answer within 8 s", WRONG, UNKNOWN),
        ("EHLO: no answer within 8 s", WRONG, UNKNOWN),
        ("Operation not permitted", UNKNOWN, UNKNOWN),
        ("Network is unreachable", UNKNOWN, UNKNOWN),
    ],
)
def test_a_silent_server_is_wrong_where_its_ports_are_known(
    world: World, why: str, with_target: str, without: str
) -> None:
    attempt = Finding("stranger.25.vrfy", "VRFY", "not known", "refused", UNKNOWN)
    world.tried = [
        port("25", WRONG, why),
        attempt,
        port("587", WRONG, why),
        port("465", WAITS, "waits for Dovecot"),
    ]
    for known, verdict, of_587 in (
        (KnownServer(TARGET), with_target, with_target),
        (None, without, UNKNOWN),
    ):
        world.calls.clear()
        told = found(known, rates=known is not None)
        assert told["against.reached"].verdict == UNKNOWN
        assert told["stranger.25.reached"].verdict == verdict
        assert told["stranger.587.reached"].verdict == of_587
        assert failed(told.values()) == (WRONG in {verdict, of_587})
        assert told["stranger.25.reached"].seen == (
            why if verdict == WRONG else f"not known: {why}"
        )
        assert "network" in told["stranger.25.reached"].advice
        assert "stranger.25.vrfy" not in told
        # Nothing more is tried on it, so that the check ends in time.
        assert world.calls == ["strangers", "addresses", "dns"]
        assert ("stranger.rate.connections" in told) == (known is not None)


def test_a_refused_connection_is_a_sign_of_the_server(world: World) -> None:
    world.tried = [port("25", WRONG, "connection refused"), port("587", WRONG, "no answer within")]
    told = found(KnownServer(TARGET))
    assert told["stranger.25.reached"].verdict == WRONG
    assert told["against.reached"].verdict == RIGHT


def test_port_25_alone_may_be_closed_by_the_network_here(world: World) -> None:
    world.tried = [port("25", WRONG, "no answer within 8 s"), port("587", RIGHT, "220 hello")]
    told = found(KnownServer(TARGET))
    assert told["stranger.25.reached"].verdict == WRONG
    assert "some networks let nobody out" in told["stranger.25.reached"].advice


def test_a_host_that_no_way_leads_to_is_one_finding(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(_host: str) -> Ways:
        raise NoWayError("mail.example.com: no address")

    monkeypatch.setattr(module, "ways_to", none)
    told = found(KnownServer(TARGET))
    assert list(told) == ["against.reached"]
    assert told["against.reached"].verdict == UNKNOWN
    assert world.calls == []


def test_a_trusted_machine_is_told_to_go_elsewhere(world: World) -> None:
    with pytest.raises(Trouble, match=r"trusts 198\.51\.100\.9"):
        found(KnownServer(TARGET, networks(("198.51.100.0/24",))))
    assert world.calls == []


@pytest.mark.parametrize("address", ["198.51.100.9", "127.0.1.1", "::1"])
def test_the_server_itself_is_told_to_go_elsewhere(
    address: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # /etc/hosts of a server often has its own name.
    monkeypatch.setattr(module, "ways_to", lambda _host: Ways((Way(address, "198.51.100.9"),)))
    with pytest.raises(Trouble, match="is this machine itself"):
        found(None)
    assert world.calls == []


def test_the_dns_is_not_asked_for_an_address(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    guessed = Guess("[203.0.113.1]", "[203.0.113.1]", is_domain_sure=False)
    monkeypatch.setattr(module, "guess", lambda *_args: guessed)
    found(None)
    assert "dns" not in world.calls
