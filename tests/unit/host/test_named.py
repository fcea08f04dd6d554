"""The zones of a copied root: which are read, and what is seen beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from wizard.dns.zone import LARGEST
from wizard.door import Door
from wizard.host.named import MOST, read_named_zones


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "etc").mkdir()
    (tmp_path / "var/named").mkdir(parents=True)
    return tmp_path


def conf(root: Path, *names: str) -> None:
    rows = [f'zone "{name}" {{ type master; file "{name}.zone"; }};' for name in names]
    (root / "etc/named.conf").write_text("\n".join(rows))


def test_zones_of_hosts_are_read_and_no_others(root: Path) -> None:
    conf(root, "example.com", "1.168.192.in-addr.arpa", "localhost", ".", "gone.example")
    (root / "var/named/example.com.zone").write_bytes(b"\xff")
    zones = tuple(read_named_zones(Door(root)))
    assert [(one.name, one.path) for one in zones] == [
        ("example.com", "/var/named/example.com.zone"),
        ("gone.example", "/var/named/gone.example.zone"),
    ]
    assert zones[0].file is not None
    assert zones[0].file.live == b"\xff"
    assert zones[1].file is not None
    assert zones[1].file.live is None


@pytest.mark.parametrize("beside", [".jnl", ".signed", ".jbk"])
def test_what_named_writes_itself_is_seen(root: Path, beside: str) -> None:
    conf(root, "example.com")
    (root / "var/named/example.com.zone").write_bytes(b"")
    (root / f"var/named/example.com.zone{beside}").write_bytes(b"")
    assert beside in next(read_named_zones(Door(root))).managed


def test_a_large_file_is_not_read(root: Path) -> None:
    conf(root, "example.com")
    with (root / "var/named/example.com.zone").open("wb") as file:
        file.truncate(LARGEST + 1)
    (zone,) = tuple(read_named_zones(Door(root)))
    assert (zone.file, zone.size) == (None, LARGEST + 1)


def test_something_else_than_a_file_says_so(root: Path) -> None:
    conf(root, "example.com")
    (root / "var/named/example.com.zone").mkdir()
    (zone,) = tuple(read_named_zones(Door(root)))
    assert zone.file is None
    assert "something else than a file" in zone.why


def test_where_no_named_is_there_are_no_zones(root: Path) -> None:
    assert tuple(read_named_zones(Door(root))) == ()


def test_more_zones_than_anybody_keeps_by_hand(root: Path) -> None:
    conf(root, *(f"z{number}.example" for number in range(MOST + 9)))
    assert len(tuple(read_named_zones(Door(root)))) == MOST


@pytest.mark.parametrize("place", [MOST, MOST + 1, 111, 3 * MOST, 1000])
def test_the_zone_of_the_answers_is_read_wherever_it_is(root: Path, place: int) -> None:
    conf(root, *(f"z{number}.example" for number in range(place)), "example.com")
    path = "/var/named/example.com.zone"
    found = tuple(read_named_zones(Door(root), path))
    assert len(found) == MOST + 1
    assert found[-1].path == path
    assert len(tuple(read_named_zones(Door(root), "/var/named/other.zone"))) == MOST
