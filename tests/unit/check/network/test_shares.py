"""Rules of the kernel that let a part of the packets through, and those that compare a mark."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.check.network.nft_rows import (
    ACCEPT,
    DROP,
    REJECT,
    SOURCE,
    Row,
    chain,
    match,
    meta,
    ports,
    rule,
    seen,
    state,
)
from wizard.finding import RIGHT, WARNING, WRONG


def limit(rate: int, per: str, *, over: bool = True, **more: Any) -> Row:
    return {
        "limit": {"rate": rate, "burst": 5, "per": per, **({"inv": True} if over else {}), **more}
    }


def count(val: int, *, over: bool = True) -> Row:
    return {"ct count": {"val": val, **({"inv": True} if over else {})}}


NUMGEN: Row = {"numgen": {"mode": "random", "mod": 2, "offset": 0}}
MARK: Row = {"meta": {"key": "mark"}}


def mark(value: Any) -> Row:
    return {"mangle": {"key": MARK, "value": value}}


@pytest.mark.parametrize(
    ("rows", "verdict", "word"),
    [
        ([rule(ports(25), state("new"), limit(1, "minute"), DROP)], WRONG, "1 in a minute"),
        ([rule(ports(25), limit(30, "hour"), REJECT)], WRONG, "30 in a hour"),
        ([rule(ports(587), limit(5, "day"), DROP)], WRONG, "on 587"),
        ([rule(ports(25), limit(20, "minute"), DROP)], WARNING, "20 in a minute"),
        ([rule(ports(25), count(1), REJECT)], WARNING, "1 at a time"),
        ([rule(ports(25), match(NUMGEN, 0), DROP)], WARNING, "numgen random"),
        (
            [rule(limit(2, "minute", over=False), ports(25), ACCEPT), rule(ports(25), DROP)],
            WRONG,
            "2 in a minute",
        ),
    ],
)
def test_a_part_alone_gets_through(rows: list[Row], verdict: str, word: str) -> None:
    found = seen(chain(), *rows)
    assert (found[0], word in found[1], "only a part through" in found[1]) == (verdict, True, True)


def test_a_part_alone_is_accepted_by_a_closed_chain() -> None:
    rows = [rule(ports(465, 587), ACCEPT), rule(ports(25), limit(1, "minute", over=False), ACCEPT)]
    found = seen(chain(policy="drop"), *rows)
    assert (found[0], "on 25" in found[1]) == (WRONG, True)


@pytest.mark.parametrize(
    "expr",
    [
        [ports(25), limit(5000, "second"), DROP],
        [ports(25), limit(1, "second"), DROP],
        [ports(25), limit(10, "minute", over=False), DROP],
        [ports(25), limit(10, "minute", rate_unit="kbytes"), DROP],
        [ports(25), SOURCE, limit(1, "minute"), DROP],
        [ports(22), limit(1, "minute"), DROP],
        [ports(25), count(200), REJECT],
        [ports(25), {"set": {"op": "add", "elem": "x", "set": "@f", "stmt": [limit(1, "minute")]}}],
        [ports(25), match(NUMGEN, 0), {"log": None}],
        [state("established"), limit(1, "minute"), DROP],
    ],
)
def test_what_a_server_does_not_reach(expr: list[Row]) -> None:
    found = seen(chain(), rule(*expr))
    assert found[0] not in {WRONG, WARNING}


FIRST = chain(name="first")
FIRST["chain"] |= {"hook": "prerouting", "prio": -150}


def marked(*expr: Row) -> Row:
    return rule(*expr, name="first")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([ports(25), mark(41)], [meta("mark", 41), DROP]),
        ([mark(0x41)], [match({"&": [MARK, 0xF0]}, 0x40), ports(25), REJECT]),
        ([ports(22), mark(1)], [ports(25), match(MARK, 1, "!="), DROP]),
        ([{"counter": None}], [ports(587), meta("mark", 0), DROP]),
    ],
)
def test_a_mark_that_strangers_have(first: list[Row], second: list[Row]) -> None:
    assert seen(FIRST, marked(*first), chain(), rule(*second))[0] == WRONG


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([ports(22), mark(41)], [meta("mark", 41), DROP]),
        ([mark(1)], [meta("mark", 1), ACCEPT]),
        ([mark({"ct": {"key": "mark"}})], [meta("mark", 41), DROP]),
        ([{"xt": {"type": "target", "name": "MARK"}}], [meta("mark", 41), DROP]),
        ([SOURCE, mark(41)], [meta("mark", 41), DROP]),
        ([{"counter": None}], [match({"&": [MARK, 0x4000]}, 0x4000), DROP]),
    ],
)
def test_a_mark_that_strangers_lack_or_that_is_not_known(
    first: list[Row], second: list[Row]
) -> None:
    assert seen(FIRST, marked(*first), chain(), rule(*second))[0] != WRONG


def test_nothing_of_it_is_seen_on_a_server_without_such_rules() -> None:
    assert seen(FIRST, chain())[0] == RIGHT
