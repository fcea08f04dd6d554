"""A right server broken on purpose, one way at a time, while Postfix and systemd stay content.

One host a suite is used for all ways: broken, checked, put back; it must be right at the end.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest

from lab import host as lab_host
from lab.host import Options
from tests.lab.broken import UNUSUAL, WAYS
from tests.lab.broken.rig import Found, Rig, has_cause
from tests.lab.broken.unnamed import UNNAMED
from tests.lab.broken.way import NAMED, Way
from tests.lab.program import PYZ, ROOT
from tests.turns import shard

pytestmark = pytest.mark.lab

SUITES = ("el9", "el10")

# `scripts/test --all-broken K/N` takes the K-th of N shares of both tables.
MEASURED = "el9"
"""The kind of host on which the table of unnamed ways was measured."""

# A turn takes one in 24 of the cases of each kind of host: a twelfth of the rows, each on one of them.
ALL = shard("POSTFIX_WIZARD_ALL_BROKEN")
K, N = ALL or (1, 1)


def not_right(findings: dict[str, Found]) -> dict[str, Found]:
    """Return what `check` complains of."""
    return {name: one for name, one in findings.items() if one.verdict in {"wrong", "warning"}}


@pytest.fixture(scope="module", params=SUITES)
def rig(host_names: Iterator[str], request: pytest.FixtureRequest) -> Iterator[Rig]:
    """A right server, right again after all that was done to it."""
    booted = lab_host.boot(next(host_names), Options(suite=request.param, certbot=True, pyz=PYZ))
    try:
        made = Rig(booted, request.param)
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


@pytest.mark.by_turns(24)
@pytest.mark.parametrize("name", list(WAYS)[K - 1 :: N])
def test_a_way_to_break_it_is_named(
    rig: Rig, name: str, record_property: Callable[[str, object], None]
) -> None:
    """Postfix and systemd see nothing; `check` names it and says what to do."""
    way = WAYS[name]
    rig.hit(way)
    assert rig.content()
    found = rig.check()
    faults = list(_unnamed(way, found, rig.exit_status))
    record_property(NAMED, not faults)
    if faults and name in UNNAMED:
        pytest.xfail(UNNAMED[name])
    if faults and way.cause and (rig.suite != MEASURED or ALL is None):
        # In the share of one commit these rows are a score, which is printed; all of them are a test.
        pytest.xfail("; ".join(faults))
    assert not faults, not_right(found)


def _unnamed(way: Way, found: dict[str, Found], exit_status: int) -> Iterator[str]:
    """Yield what `check` does not say of a broken server."""
    for finding, word in itertools.chain(way.wrong.items(), way.warning.items()):
        one = found.get(finding)
        verdict = "wrong" if finding in way.wrong else "warning"
        if one is None or one.verdict != verdict or word not in one.advice:
            yield f"{finding}, {verdict}, with {word!r}"
    if way.cause and not has_cause(way, found):
        yield f"{way.finding or 'nothing'} with {' and '.join(way.cause)}"
    if way.stops is not None and exit_status != int(way.stops):
        yield f"exit status {exit_status}"


WITHOUT_ANSWERS = {
    "another's name": ("myhostname|greeting|name",),
    "mail leaves from localdomain": ("myorigin",),
    "says HELO localhost": ("smtp_helo_name",),
    "no TLS to other servers": ("smtp_tls_security_level",),
    "LMTP over a port that is closed": ("mailbox_transport",),
    "a service for mailboxes that master.cf lacks": ("mailbox_transport",),
    "the rule against relaying only warns": ("relay",),
    "all mail relayed to itself": ("relayhost",),
    "AUTH on 25 by an option": (r"master\.cf: port 25",),
}
"""Ways to break a server, and words of the finding where nobody saved answers."""


@pytest.mark.by_turns(3)
@pytest.mark.parametrize("name", WITHOUT_ANSWERS)
def test_what_is_read_back_is_no_yardstick(rig: Rig, name: str) -> None:
    """On a server without saved answers the broken value is named too, and nowhere advised."""
    rig.hit(WAYS[name])
    found = rig.check_without_answers()
    named = [one for one in found.values() if one.names(WITHOUT_ANSWERS[name])]
    assert named, not_right(found)
    assert not any("localhost.localdomain. IN" in one.advice for one in found.values())


@pytest.mark.by_turns(24)
@pytest.mark.parametrize("name", list(UNUSUAL)[K - 1 :: N])
def test_an_unusual_server_is_not_blamed(rig: Rig, name: str) -> None:
    """Neither with the answers that set it up, nor with those that are read back from it."""
    rig.hit(UNUSUAL[name])
    assert rig.content()
    for found in (rig.check(), rig.check_without_answers()):
        blamed = {key: one for key, one in found.items() if one.verdict == "wrong"}
        assert not blamed


def test_there_are_enough_of_them() -> None:
    """As many ways as were promised, and each names something."""
    assert len(WAYS) >= 400
    assert len(UNUSUAL) >= 60
    assert all(way.wrong or way.warning or way.cause for way in WAYS.values())


def test_what_is_not_named_is_in_the_docs() -> None:
    """A way that `check` does not name is a row of this table and of docs/limits.md."""
    page = (ROOT / "docs/limits.md").read_text(encoding="utf-8")
    assert UNNAMED.keys() <= WAYS.keys()
    assert [one for one in UNNAMED if one not in page] == []
