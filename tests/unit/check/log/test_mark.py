"""The name in EHLO: it passes Postfix's restrictions, and only this host says it, for a time."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest

from wizard.check.log.mark import SECONDS, UNMARKED, is_mark, machine_id, mark
from wizard.door import Door

ID, OTHER = b"0" * 31 + b"1", b"0" * 31 + b"2"
NOW = 1795492661.0


def test_a_mark_is_an_address_literal() -> None:
    said = mark(ID, NOW)
    assert said.startswith("[IPv6:2001:db8:7769:7a61:7264:")
    assert ipaddress.IPv6Address(said[len("[IPv6:") : -1]) in ipaddress.ip_network("2001:db8::/32")


@pytest.mark.parametrize(
    ("identity", "later", "valid"),
    [
        (ID, 0, True),
        (ID, 300, True),
        (ID, 2 * SECONDS, False),
        (ID, -2 * SECONDS, False),
        (OTHER, 0, False),
        (b"", 0, False),
    ],
)
def test_a_mark_is_valid_on_its_host_for_a_time(identity: bytes, later: float, valid: bool) -> None:
    assert is_mark(mark(ID, NOW).encode(), identity, NOW + later) == valid


@pytest.mark.parametrize(
    "name", [b"", b"[127.0.0.1]", b"[IPv6:2001:db8:7769:7a61:7264::]", b"\xff" * 9, b"x" * 10**6]
)
def test_other_names_are_no_marks(name: bytes) -> None:
    assert not is_mark(name, ID, NOW)


@pytest.mark.parametrize(
    ("text", "found"),
    [(ID + b"\n", ID), (b"", b""), (b"uninitialized\n", b""), (b"\xff\n", b""), (None, b"")],
)
def test_the_machine_id(tmp_path: Path, text: bytes | None, found: bytes) -> None:
    (tmp_path / "etc").mkdir()
    if text is not None:
        (tmp_path / "etc/machine-id").write_bytes(text)
    assert machine_id(Door(tmp_path)) == found


def test_without_a_machine_id_nothing_is_marked() -> None:
    assert mark(b"", NOW) == UNMARKED
    assert not is_mark(UNMARKED.encode(), b"", NOW)
