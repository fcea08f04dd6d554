"""Where mail ends: what is right, what stops or is lost, what only leaves, and what is not known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wizard.check.paths.ends import OTHERS, OURS, Path, Surroundings, judge
from wizard.check.paths.hops import Hop
from wizard.check.paths.rewrite import Route
from wizard.check.paths.tables import Rewritten, Step
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG, Check
from wizard.postfix.itself import Itself

COMMANDS = {
    "local": "local",
    "smtp": "smtp",
    "relay": "smtp",
    "lmtp": "lmtp",
    "error": "error",
    "retry": "error",
    "discard": "discard",
    "procmail": "pipe",
}
HERE = Itself(frozenset({"mail.here.example"}), frozenset({"192.0.2.1"}), frozenset({25}))
AROUND = Surroundings(COMMANDS, {}, HERE)
LOCAL = Route("taro@here.example", "local", "mail.here.example", "taro@here.example", "local")
AWAY = Route("x@there.example", "smtp", "there.example", "x@there.example", "default")


def path(route: Route, *steps: Step) -> Path:
    return Path(route.address, Rewritten((route.recipient,), steps), (route,))


@pytest.mark.parametrize(
    ("check", "route", "verdict", "word"),
    [
        (OURS, LOCAL, RIGHT, ""),
        (OURS, replace(LOCAL, transport="lmtp", nexthop="unix:private/lmtp"), RIGHT, ""),
        (OURS, replace(LOCAL, transport="procmail"), RIGHT, ""),
        (OURS, replace(LOCAL, transport="error"), WRONG, "transport_maps"),
        (OURS, replace(LOCAL, transport="discard"), WRONG, "thrown away"),
        (OURS, replace(LOCAL, transport="missing"), WRONG, "master.cf has no service missing"),
        (
            OURS,
            replace(LOCAL, transport="smtp", nexthop="[198.51.100.9]"),
            WARNING,
            "leaves this host",
        ),
        (
            OURS,
            replace(LOCAL, transport="relay", nexthop="inside.example", kind="relay"),
            RIGHT,
            "",
        ),
        (OURS, replace(LOCAL, transport="error", kind="virtual alias"), RIGHT, ""),
        (OURS, replace(LOCAL, fault="no answer"), WRONG, "no answer"),
        (OURS, replace(LOCAL, fault="no socket", is_unknown=True), UNKNOWN, "no socket"),
        (OTHERS, AWAY, RIGHT, ""),
        (
            OTHERS,
            replace(AWAY, transport="retry", nexthop="no"),
            WRONG,
            "relayhost, default_transport",
        ),
        (OTHERS, replace(AWAY, transport="local"), WRONG, "on this host"),
        (OTHERS, replace(AWAY, transport="procmail"), RIGHT, ""),
    ],
)
def test_an_end(check: Check, route: Route, verdict: str, word: str) -> None:
    found = judge(check, (path(route),), AROUND)
    assert found.verdict == verdict
    assert word in f"{found.seen} {found.advice}"


@pytest.mark.parametrize(
    ("hop", "verdict", "word"),
    [
        (Hop("relay.example", "relay.example", ("198.51.100.9",)), RIGHT, ""),
        (Hop("relay.example", "relay.example", (), "relay.example has no address"), WRONG, "waits"),
        (Hop("[192.0.2.1]", "192.0.2.1", ()), WRONG, "round and round"),
    ],
)
def test_the_next_hop_must_greet_and_be_another(hop: Hop, verdict: str, word: str) -> None:
    around = replace(AROUND, hops={hop.nexthop: hop})
    found = judge(OTHERS, (path(replace(AWAY, nexthop=hop.nexthop)),), around)
    assert found.verdict == verdict
    assert word in f"{found.seen} {found.advice}"


def test_mail_for_others_that_a_table_leads_home() -> None:
    step = Step("virtual_alias_maps", "x@there.example", ("taro@here.example",))
    found = judge(OTHERS, (path(replace(LOCAL, address="x@there.example"), step),), AROUND)
    assert (found.verdict, "virtual_alias_maps" in found.advice) == (WRONG, True)


def test_a_circle_and_a_table_without_an_answer() -> None:
    step = Step("virtual_alias_maps", "a@x.example", ("b@x.example",))
    circle = Path("a@x.example", Rewritten((), (step,), "it leads round", has_no_end=True), ())
    assert judge(OURS, (circle,), AROUND).verdict == WRONG
    lost = Path("a@x.example", Rewritten((), (), "cannot be read"), ())
    assert judge(OURS, (lost,), AROUND).verdict == UNKNOWN
    assert judge(OURS, (), AROUND).verdict == UNKNOWN


def test_the_worst_path_is_shown_first_with_the_count_of_the_others() -> None:
    paths = [
        path(replace(LOCAL, transport="smtp", nexthop="[198.51.100.9]")),
        path(replace(LOCAL, address="root@here.example", transport="discard")),
        path(LOCAL),
    ]
    found = judge(OURS, paths, AROUND)
    assert found.verdict == WRONG
    assert found.seen.startswith("root@here.example")
    assert found.seen.endswith("and 1 more")
