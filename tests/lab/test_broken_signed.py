"""A right server with each further section on, broken on purpose, as in test_broken.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from lab import host as lab_host
from lab.host import Options
from tests.lab.broken.score import broken, unusual
from tests.lab.broken.signed import UNNAMED, UNUSUAL, WAYS, SignedRig
from tests.lab.broken.way import NAMED
from tests.lab.program import PYZ
from tests.turns import shard

pytestmark = pytest.mark.lab

K, N = shard("POSTFIX_WIZARD_ALL_BROKEN") or (1, 1)


@pytest.fixture(scope="module")
def rig(host_names: Iterator[str]) -> Iterator[SignedRig]:
    """A right server, right again after all that was done to it."""
    options = Options(suite="el9", certbot=True, epel=True, pyz=PYZ)
    booted = lab_host.boot(next(host_names), options)
    try:
        made = SignedRig(booted, "el9")
        before = made.check()
        assert not [one for one in before.values() if one.verdict == "wrong"]
        yield made
        made.put_back()
        after = made.check()
        assert {name: one.verdict for name, one in after.items() if one.verdict == "wrong"} == {}
    finally:
        booted.stop()


@pytest.mark.by_turns(12)
@pytest.mark.parametrize("name", list(WAYS)[K - 1 :: N])
def test_a_way_to_break_it_is_named(
    rig: SignedRig, name: str, record_property: Callable[[str, object], None]
) -> None:
    said = list(broken(rig, WAYS[name]))
    is_named = said[0] == "named" and not said[1].startswith("wrong exit")
    record_property(NAMED, is_named)
    if not is_named and name in UNNAMED:
        pytest.xfail(UNNAMED[name])
    assert is_named, said


@pytest.mark.by_turns(3)
@pytest.mark.parametrize("name", list(UNUSUAL)[K - 1 :: N])
def test_an_unusual_server_is_not_blamed(rig: SignedRig, name: str) -> None:
    assert set(unusual(rig, UNUSUAL[name])) == {"not blamed"}
