"""The way from another machine to a server: names and addresses that others reach, and none for ever."""

from __future__ import annotations

import errno
import socket
import threading
from typing import Any

import pytest

from wizard.check.against import reach
from wizard.check.against.reach import NoWayError, Way, Ways, is_trusted, outside_host, ways_to
from wizard.check.network.stranger import networks


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("Mail.Example.com", "mail.example.com"),
        ("192.0.2.1", "192.0.2.1"),
        ("[2001:DB8::1]", "2001:db8::1"),
        ("bücher.example", "xn--bcher-kva.example"),
    ],
)
def test_a_name_or_an_address_is_taken(text: str, taken: str) -> None:
    assert outside_host(text) == taken


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "is empty"),
        ("-oProxy", "cannot begin with '-'"),
        ("mail", "has no dot"),
        ("localhost", "has no dot"),
        ("fe80::1%eth0", "interface of one machine"),
        ("[fe80::1%eth0]", "interface of one machine"),
        ("fe80::1", "Others cannot reach"),
        ("127.0.0.1", "Others cannot reach"),
        ("::1", "Others cannot reach"),
        ("0.0.0.0", "Others cannot reach"),
        ("mail.example.com:25", "not an IP address"),
        ("a\nb.example", "control character"),
        ("x\x1b.example", "control character"),
        ("a\0.example", "control character"),
        ("a$(id).example", "cannot contain '\\$'"),
        ("{{7*7}}.example", "cannot contain '{'"),
        ("x" * 300 + ".example", "has 300 characters"),
        ("a." * 200 + "example", "At most 253"),
    ],
)
def test_what_others_do_not_reach_is_refused(text: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        outside_host(text)


def resolve(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    listed = [
        (socket.AF_INET6 if ":" in one else socket.AF_INET, 1, 6, "", (one, 0)) for one in addresses
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_named: list(listed))


def test_a_machine_without_ipv6_uses_ipv4(monkeypatch: pytest.MonkeyPatch) -> None:
    def own(address: str) -> str:
        if ":" in address:
            raise OSError(errno.ENETUNREACH, "Network is unreachable")
        return "192.0.2.9"

    monkeypatch.setattr(reach, "own_address", own)
    resolve(monkeypatch, "2001:db8::1", "192.0.2.1", "192.0.2.1")
    found = ways_to("mail.example.com")
    assert found == Ways((Way("192.0.2.1", "192.0.2.9"),), ("2001:db8::1",))
    assert found.addresses == ("192.0.2.1", "2001:db8::1")
    resolve(monkeypatch, "2001:db8::1")
    with pytest.raises(NoWayError, match="no way to 2001:db8::1: Network is unreachable"):
        ways_to("mail.example.com")


def test_a_name_without_an_address_has_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any, **_named: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(NoWayError, match=r"mail\.example\.com: Name or service not known"):
        ways_to("mail.example.com")


def test_a_resolver_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def hang(*_args: Any, **_named: Any) -> list[Any]:
        over.wait(60)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    with pytest.raises(NoWayError, match=r"no answer .* within 0\.1 s"):
        ways_to("mail.example.com", seconds=0.1)
    over.set()


def test_a_machine_is_trusted_by_its_network() -> None:
    trusted = networks(("192.0.2.0/24", "2001:db8::/32"))
    assert is_trusted("192.0.2.9", trusted)
    assert is_trusted("2001:db8::9%eth0", trusted)
    assert not is_trusted("198.51.100.9", trusted)
