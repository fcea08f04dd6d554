"""The stranger's address: added, used, and gone again whatever happens."""

from __future__ import annotations

import ipaddress
import signal
from collections.abc import Sequence

import pytest

from wizard.check.network.stranger import (
    CANDIDATES,
    NoStrangerError,
    networks,
    stranger_address,
    unused_addresses,
)


class Ip:
    """Takes ip's place and keeps what it was told."""

    def __init__(self, *outcomes: tuple[int, bytes]) -> None:
        self.told: list[str] = []
        self._outcomes = list(outcomes)

    def __call__(self, argv: Sequence[str]) -> tuple[int, bytes]:
        self.told.append(" ".join(argv))
        return self._outcomes.pop(0) if self._outcomes else (0, b"")


ADD = "ip address add {}/32 dev lo valid_lft 20 preferred_lft 20"
DEL = "ip address del {}/32 dev lo"


def test_the_address_is_put_and_taken() -> None:
    ip = Ip()
    with stranger_address(4, (), (), ip) as address:
        assert address == "192.0.2.1"
        assert ip.told == [ADD.format("192.0.2.1")]
    assert ip.told[1:] == [DEL.format("192.0.2.1")]


def test_it_is_taken_away_after_an_error() -> None:
    ip = Ip()
    with pytest.raises(ZeroDivisionError), stranger_address(4, (), (), ip):
        raise ZeroDivisionError
    assert ip.told[-1] == DEL.format("192.0.2.1")


def test_an_address_that_was_there_is_left_and_another_used() -> None:
    ip = Ip((2, b"RTNETLINK answers: File exists\n"))
    with stranger_address(4, (), (), ip) as address:
        assert address == "198.51.100.1"
    assert ip.told == [
        ADD.format("192.0.2.1"),
        ADD.format("198.51.100.1"),
        DEL.format("198.51.100.1"),
    ]


def test_a_network_in_use_is_passed_over() -> None:
    taken = networks(("127.0.0.0/8", "192.0.2.0/24", "198.51.100.1"))
    with stranger_address(4, taken, (), Ip()) as address:
        assert address == "203.0.113.1"


def test_a_stranger_is_not_in_mynetworks() -> None:
    trusted = networks(("127.0.0.0/8", "192.0.2.0/24"))
    with stranger_address(4, (), trusted, Ip()) as address:
        assert address == "198.51.100.1"


def test_where_everybody_is_trusted_the_stranger_is_too() -> None:
    with stranger_address(4, (), networks(("0.0.0.0/0",)), Ip()) as address:
        assert address == "192.0.2.1"


def test_an_add_that_a_signal_cut_off_is_undone() -> None:
    ip = Ip((-15, b""))
    with pytest.raises(NoStrangerError), stranger_address(4, (), (), ip):
        pytest.fail("there is no address")
    assert ip.told == [ADD.format("192.0.2.1"), DEL.format("192.0.2.1")]


def test_without_the_right_there_is_no_stranger() -> None:
    ip = Ip((2, b"RTNETLINK answers: Operation not permitted\n"))
    with (
        pytest.raises(NoStrangerError, match="Operation not permitted"),
        stranger_address(4, (), (), ip),
    ):
        pytest.fail("there is no address")
    assert len(ip.told) == 1


def test_every_candidate_may_be_taken() -> None:
    taken = networks(("0.0.0.0/0",))
    ip = Ip()
    with pytest.raises(NoStrangerError, match="in use here"), stranger_address(4, taken, (), ip):
        pytest.fail("there is no address")
    assert ip.told == []


def test_ipv6_has_a_stranger_too() -> None:
    ip = Ip()
    with stranger_address(6, (), (), ip) as address:
        assert address == "2001:db8::1"
    assert ip.told[0].startswith("ip address add 2001:db8::1/128 dev lo ")


def test_mynetworks_is_read_for_its_networks_alone() -> None:
    words = ("127.0.0.0/8", "[::1]/128", "hash:/etc/postfix/nets", "!10.0.0.1", "192.168.1.7/24")
    assert networks(words) == (
        ipaddress.ip_network("127.0.0.0/8"),
        ipaddress.ip_network("::1/128"),
        ipaddress.ip_network("192.168.1.0/24"),
    )


def test_signal_handlers_are_as_before() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        with stranger_address(4, (), (), Ip()):
            assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_handler_of_somebody_else_stays() -> None:
    def other(number: int, _frame: object) -> None:
        raise AssertionError(number)

    before = signal.signal(signal.SIGTERM, other)
    try:
        with stranger_address(4, (), (), Ip()):
            assert signal.getsignal(signal.SIGTERM) is other
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_new_face_is_in_the_same_networks_and_seldom_twice() -> None:
    faces = {unused_addresses() for _ in range(50)}
    assert len(faces) > 20
    for one in faces:
        numbers = {text.replace(":", ".").rpartition(".")[2] for text in one}
        assert len(numbers) == 1
        assert [text.removesuffix(numbers.copy().pop()) for text in one] == [
            first[:-1] for first in CANDIDATES
        ]
        assert all(ipaddress.ip_address(text) for text in one)


def test_the_lifetime_is_as_long_as_it_is_needed() -> None:
    ip = Ip()
    with stranger_address(4, (), (), ip, candidates=("192.0.2.77",), lifetime=90) as address:
        assert address == "192.0.2.77"
    assert ip.told[0] == "ip address add 192.0.2.77/32 dev lo valid_lft 90 preferred_lft 90"
