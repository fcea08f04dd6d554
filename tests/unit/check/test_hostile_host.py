"""What users, strangers and odd files may hold, and what once ended a whole check."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.unit.dns.test_spf import lookup_in
from wizard.check.paths import hops
from wizard.check.paths.hops import Hop
from wizard.check.paths.rewrite import Route
from wizard.check.smtp.session import Endpoint, Exchange, converse
from wizard.dns import spf
from wizard.door import Door
from wizard.errors import Trouble
from wizard.host import relay
from wizard.host.facts import Network
from wizard.postfix.itself import Itself


def test_a_path_with_a_nul_byte_is_trouble(tmp_path: Path) -> None:
    door = Door(tmp_path)
    for look in (door.stat, door.lstat, door.read_bytes, door.read_text):
        with pytest.raises(Trouble, match="NUL"):
            look("/etc/a\0b")


def test_a_device_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "watchdog").symlink_to("/dev/null")
    with pytest.raises(Trouble, match="something else than a file"):
        Door().read_bytes(str(tmp_path / "watchdog"))


@pytest.mark.parametrize("records", [("0 ",), ("0 .",), ("x y",), ("10 a.example", "5")])
def test_odd_mx_records_name_no_server(records: tuple[str, ...]) -> None:
    assert set(relay._best(records)) <= {"a.example", "."}


@pytest.mark.parametrize(
    "term",
    [
        f"exists:%{{d{'1' * 5000}}}.x.org",
        f"a:x.{'a' * 20000}_",
        f"redirect=x.{'a' * 20000}_",
    ],
)
def test_a_term_of_spf_without_measure_is_void(term: str) -> None:
    zone = {"d.example": {"TXT": (f'"v=spf1 {term} -all"',)}}
    assert spf.evaluate("192.0.2.1", "d.example", lookup_in(zone)).result == spf.PERMERROR


def test_a_name_that_is_not_ascii_ends_the_session_alone() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        script = (Exchange("mail", "RCPT TO:<anna@m\u00fcnchen.example>"),)
        found = converse(Endpoint("127.0.0.1", listener.getsockname()[1]), script, 1)
    assert found.stopped_at == "mail"
    assert "ASCII" in found.why


def test_a_next_hop_that_is_slow_to_greet_is_no_dead_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hops, "PROBE_SECONDS", 0.3)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        route = Route("a@b.example", "smtp", f"[127.0.0.1]:{port}", "a@b.example", "default")
        slow = hops.greet([route], Network(), "mail.here.example")[route.nexthop]
    assert (slow.is_unknown, bool(slow.why)) == (True, True)
    dead = hops.greet([route], Network(), "mail.here.example")[route.nexthop]
    assert (dead.is_unknown, bool(dead.why)) == (False, True)
    assert isinstance(dead, Hop)


def test_next_hops_of_others_are_without_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither looked up nor connected to; one on this host is greeted."""
    asked: list[object] = []

    def targets(names: object, *_: object) -> dict[str, tuple[str, ...]]:
        asked.append(names)
        return {}

    def greeting(where: object, *_: object) -> str:
        asked.append(where)
        return ""

    monkeypatch.setattr(hops, "relay_targets", targets)
    monkeypatch.setattr(hops, "_greeting", greeting)
    here = Itself(frozenset({"mail.here.example"}), frozenset({"192.0.2.1"}))
    routes = [
        Route("a@b.example", "smtp", nexthop, "a@b.example", "default")
        for nexthop in ("[198.51.100.9]", "relay.example", "[127.0.0.1]:10024")
    ]
    found = hops.greet(routes, Network(), "mail.here.example", only=here)
    assert [found[one.nexthop].is_unknown for one in routes] == [True, True, False]
    assert "--quiet-outside" in found["relay.example"].why
    assert asked == [[("127.0.0.1", False)], Endpoint("127.0.0.1", 10024)]
