"""A defect of one check is told, and ends no other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from wizard.check.guard import guarded
from wizard.errors import Trouble
from wizard.finding import UNKNOWN, Check, Finding

RIGHT = Check("a", "a", "a").right("so it is")


def broken() -> Iterator[Finding]:
    yield RIGHT
    raise KeyError("dovecot.service\x1b[2J")


def test_what_a_check_saw_before_its_defect_stays() -> None:
    first, last = guarded("units", broken)
    assert first == RIGHT
    assert (last.id, last.verdict, last.fatal) == ("defect.units", UNKNOWN, False)
    assert "KeyError" in last.seen
    assert "\x1b" not in last.seen


def test_a_signal_still_ends_it() -> None:
    def interrupted() -> Iterator[Finding]:
        raise KeyboardInterrupt
        yield RIGHT

    with pytest.raises(KeyboardInterrupt):
        list(guarded("units", interrupted))


def test_trouble_is_told_too() -> None:
    def refused() -> list[Finding]:
        raise Trouble("reading x", "it is not there")

    (found,) = guarded("x", refused)
    assert "not there" in found.seen
