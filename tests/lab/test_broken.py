"""A right server broken on purpose, one way at a time, while Postfix and systemd stay content.

One host a suite is used for all ways: broken, checked, put back; it must be right at the end.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from lab import host as lab_host
from lab.host import Options
from tests.lab.broken import UNUSUAL, WAYS
from tests.lab.broken.rig import Found, Rig
from tests.lab.program import PYZ

pytestmark = pytest.mark.lab

SUITES = ("el9", "el10")


def not_right(findings: dict[str, Found]) -> dict[str, Found]:
    """Return what `check` complains of."""
    return {name: one for name, one in findings.items() if one.verdict in {"wrong", "warning"}}


@pytest.fixture(scope="module", params=SUITES)
def rig(host_names: Iterator[str], request: pytest.FixtureRequest) -> Iterator[Rig]:
    """A right server, right again after all that was done to it."""
    booted = lab_host.boot(next(host_names), Options(suite=request.param, certbot=True, pyz=PYZ))
    try:
        made = Rig(booted)
        before = made.check()
        # The lab's zone has an AAAA record, as the policy's author has, and Postfix no IPv6.
        assert set(not_right(before)) == {"dns.aaaa"}
        yield made
        made.put_back()
        after = made.check()
        assert after.keys() >= before.keys()
        assert set(not_right(after)) == {"dns.aaaa"}
    finally:
        booted.stop()


@pytest.mark.by_turns(6)
@pytest.mark.parametrize("name", WAYS)
def test_a_way_to_break_it_is_named(rig: Rig, name: str) -> None:
    """Postfix and systemd see nothing; `check` names it and says what to do."""
    way = WAYS[name]
    rig.hit(way)
    assert rig.content()
    found = rig.check()
    for finding, word in itertools.chain(way.wrong.items(), way.warning.items()):
        one = found.get(finding)
        verdict = "wrong" if finding in way.wrong else "warning"
        assert one is not None, (finding, not_right(found))
        assert one.verdict == verdict, (finding, one)
        assert word in one.advice, (finding, one)
    if way.cause:
        assert any(one.names(way.cause) for one in found.values()), (way.cause, not_right(found))
    if way.stops is not None:
        assert rig.exit_status == int(way.stops), not_right(found)


@pytest.mark.by_turns(6)
@pytest.mark.parametrize("name", UNUSUAL)
def test_an_unusual_server_is_not_blamed(rig: Rig, name: str) -> None:
    """Neither with the answers that set it up, nor with those that are read back from it."""
    rig.hit(UNUSUAL[name])
    assert rig.content()
    for found in (rig.check(), rig.check_without_answers()):
        blamed = {key: one for key, one in found.items() if one.verdict == "wrong"}
        assert not blamed


def test_there_are_enough_of_them() -> None:
    """As many ways as were promised, and each names something."""
    assert len(WAYS) >= 60
    assert len(UNUSUAL) >= 15
    assert all(way.wrong or way.warning or way.cause for way in WAYS.values())
