"""The tables that a value names, however its items are separated."""

from __future__ import annotations

import pytest

from wizard.postfix.tables import tables_in


@pytest.mark.parametrize(
    ("value", "tables"),
    [
        ("", []),
        ("hash:/etc/postfix/a", [("hash", "/etc/postfix/a")]),
        ("hash:/a, lmdb:/b", [("hash", "/a"), ("lmdb", "/b")]),
        ("hash:/a,lmdb:/b", [("hash", "/a"), ("lmdb", "/b")]),
        ("proxy:hash:/a\n  regexp:/b\tcdb:/c,", [("hash", "/a"), ("regexp", "/b"), ("cdb", "/c")]),
        ("pipemap:{hash:/a, inline:{x=y}, texthash:/b}", [("hash", "/a"), ("texthash", "/b")]),
        ("check_client_access cidr:/a, permit", [("cidr", "/a")]),
        ("static:all inline:{a=b} pgsql:x $mydestination", []),
    ],
)
def test_the_tables_of_a_value(value: str, tables: list[tuple[str, str]]) -> None:
    assert tables_in(value) == tables
