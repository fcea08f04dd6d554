"""A right server is broken, what `check` says cures it is done literally, and nothing is wrong any more.

One host is used for all ways, as in test_broken.py; docs/checking.md has the rules of cures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from lab import host as lab_host
from lab.host import Options
from tests.lab.broken import WAYS
from tests.lab.broken.curing import CURED, DIFFERS_SAID, UNCURED_SAID, cure_server
from tests.lab.broken.rig import Rig
from tests.lab.broken.uncured import UNCURED
from tests.lab.broken.unnamed import UNNAMED
from tests.lab.broken.way import CURED_PROPERTY
from tests.lab.program import PYZ
from tests.turns import shard

pytestmark = pytest.mark.lab

# `scripts/test --all-broken K/N` takes the K-th of N shares; a commit takes a few of them.
ALL = shard("POSTFIX_WIZARD_ALL_BROKEN")
K, N = ALL or (1, 1)
NAMED_WAYS = [name for name in WAYS if name not in UNNAMED]


@pytest.fixture(scope="module")
def rig(host_names: Iterator[str]) -> Iterator[Rig]:
    """A right server."""
    booted = lab_host.boot(next(host_names), Options(suite="el9", certbot=True, pyz=PYZ))
    try:
        yield Rig(booted, "el9")
    finally:
        booted.stop()


@pytest.mark.by_turns(60)
@pytest.mark.parametrize("name", NAMED_WAYS[K - 1 :: N])
def test_what_is_wrong_is_cured(
    rig: Rig, name: str, record_property: Callable[[str, object], None]
) -> None:
    """What has a cure is right after it; what has none says why."""
    outcome = cure_server(rig, WAYS[name])
    if outcome.counts:
        record_property(CURED_PROPERTY, outcome.verdict == CURED)
    if outcome.verdict == UNCURED_SAID and name in UNCURED:
        pytest.xfail(UNCURED[name])
    assert outcome.verdict not in {UNCURED_SAID, DIFFERS_SAID}, outcome.said


def test_what_is_not_cured_is_a_row_that_is_named() -> None:
    """The table has rows of WAYS alone."""
    assert UNCURED.keys() <= set(NAMED_WAYS)
