"""The kernel's packet filter, as `nft -j list ruleset` prints it."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.unit.check.network.nft_rows import (
    ACCEPT,
    DNAT,
    DROP,
    HOME,
    NETWORK,
    PORT,
    PROTOCOL,
    REDIRECT,
    REJECT,
    SADDR,
    SOURCE,
    WORLD,
    Row,
    called,
    chain,
    changed,
    jump,
    leaves,
    leaving,
    match,
    meta,
    named,
    nat,
    output,
    ports,
    rule,
    seen,
    source,
    state,
    vmap,
)
from wizard.answers.sections.networks import Networks
from wizard.check.commands import NOTHING, CommandResult
from wizard.check.network.nftables import judge_rules, let_in
from wizard.door import Outcome
from wizard.finding import RIGHT, UNKNOWN, WRONG
from wizard.host.facts import Network


@pytest.mark.parametrize(
    "rows",
    [
        (),
        (chain(), rule(ports(22), DROP)),
        (chain(), rule(ports(25), SOURCE, REJECT)),
        # One documentation network is not everybody.
        (chain(), rule(source({"prefix": {"addr": "198.51.100.0", "len": 24}}), ports(25), DROP)),
        (chain(), rule(meta("iifname", "lo"), ports(25), DROP)),
        (chain(), rule(ports(25), {"limit": {"rate": 10, "per": "minute"}}, DROP)),
        (chain(), rule(state("invalid"), DROP)),
        (chain(family="ip6"), rule(ports(25), DROP, family="ip6")),
        (rule(ports(25), DROP, name="never_hooked"),),
        (chain(policy="drop"), rule(ports(22, {"range": [25, 600]}), ACCEPT)),
        (chain(policy="drop"), rule({"counter": None}, ACCEPT)),
        (
            chain("firewalld"),
            rule(meta("iifname", "dmz0"), jump("filter_IN_dmz_deny", "goto"), table="firewalld"),
            rule(ports(25), REJECT, table="firewalld", name="filter_IN_dmz_deny"),
        ),
        (chain(), rule(source(HOME), jump("home")), rule(DROP, name="home")),
        (chain(), rule(vmap(PORT, (22, DROP), (80, ACCEPT)))),
        (chain(policy="drop"), rule(vmap(PORT, *((one, ACCEPT) for one in (25, 587, 465))))),
        (
            chain(),
            rule(jump("deep")),
            rule(ports(25), {"return": None}, name="deep"),
            rule(ports(587, 465), {"return": None}, name="deep"),
            rule(DROP, name="after"),
        ),
        (chain(policy="drop"), rule(ports(25, 587, 465), {"limit": {"rate": 9}}, ACCEPT)),
        (
            chain(),
            {"set": {"family": "inet", "table": "mine", "name": "banned", "elem": ["10.1.2.3"]}},
            rule(SOURCE, DROP),
        ),
        (
            chain(),
            rule(
                {
                    "match": {
                        "op": "==",
                        "left": {"payload": {"protocol": "udp", "field": "dport"}},
                        "right": 25,
                    }
                },
                DROP,
            ),
        ),
    ],
)
def test_rules_that_do_no_harm(rows: tuple[Row, ...]) -> None:
    assert seen(*rows) == (RIGHT, "none refuses these ports")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((chain(), rule(ports(25), DROP)), "inet mine in: drop on 25"),
        (
            (chain(), rule(meta("iifname", "enp0s8"), ports({"range": [1, 1023]}), REJECT)),
            "inet mine in: reject on 25, 587, 465",
        ),
        (
            (
                chain(),
                rule(jump("jumped_to")),
                rule(ports(587), state("new"), DROP, name="jumped_to"),
            ),
            "inet mine jumped_to: drop on 587",
        ),
        (
            (
                chain("firewalld"),
                rule(
                    meta("iifname", "x0"), jump("filter_IN_public_deny", "goto"), table="firewalld"
                ),
                rule(ports(25), REJECT, table="firewalld", name="filter_IN_public_deny"),
            ),
            "inet firewalld filter_IN_public_deny: reject on 25",
        ),
        (
            (chain(policy="drop"), rule(ports(22, 25), ACCEPT), rule(meta("iif", "lo"), ACCEPT)),
            "inet mine in: policy drop on 587, 465",
        ),
        ((chain(), rule(vmap(PORT, (25, DROP)))), "inet mine in: drop on 25"),
        (
            (chain(), rule(vmap(PORT, (465, jump("no")))), rule(REJECT, name="no")),
            "inet mine no: reject on 465",
        ),
        (
            (chain(), rule(ports(25), jump("no", "goto")), rule(DROP, name="no")),
            "inet mine no: drop on 25",
        ),
        ((chain(), rule(source(HOME, "!="), ports(25), DROP)), "inet mine in: drop on 25"),
        (
            (
                chain(),
                {"set": {"family": "inet", "table": "mine", "name": "all", "elem": [WORLD]}},
                rule(source("@all"), ports(587), DROP),
            ),
            "inet mine in: drop on 587",
        ),
        (
            (
                chain(),
                {"map": {"family": "inet", "table": "mine", "name": "m", "elem": [[25, DROP]]}},
                rule({"vmap": {"key": PORT, "data": "@m"}}),
            ),
            "inet mine in: drop on 25",
        ),
    ],
)
def test_rules_that_keep_strangers_out(rows: tuple[Row, ...], said: str) -> None:
    assert seen(*rows) == (WRONG, said)


@pytest.mark.parametrize(
    "told",
    [
        CommandResult(NOTHING, "there is no nft"),
        CommandResult(Outcome(1, b"", b"Operation not permitted")),
        CommandResult(Outcome(0, b"not json", b"")),
        CommandResult(Outcome(0, b"[]", b"")),
    ],
)
def test_without_a_list_nothing_is_claimed(told: CommandResult) -> None:
    (found,) = judge_rules(told, Networks(), NETWORK)
    assert found.verdict == UNKNOWN


@pytest.mark.parametrize(
    "rows",
    [
        (nat(), rule(ports(25), REDIRECT, table="n", name="p")),
        (nat(), rule(ports(587), DNAT, table="n", name="p")),
        (nat(), rule(jump("to"), table="n", name="p"), rule(ports(25), DNAT, table="n", name="to")),
        (
            nat(),
            rule(vmap(PORT, (25, jump("to"))), table="n", name="p"),
            rule(REDIRECT, table="n", name="to"),
        ),
        (nat(), rule(ports(465), {"tproxy": {"port": 50080}}, table="n", name="p")),
        (
            nat(),
            rule(
                ports({"range": [1, 1023]}),
                {"xt": {"type": "target", "name": "REDIRECT"}},
                table="n",
                name="p",
            ),
        ),
        (nat("input"), rule({"masquerade": None}, table="n", name="p")),
        (nat("input"), rule(ports(25), {"snat": {"addr": "127.0.0.1"}}, table="n", name="p")),
    ],
)
def test_rules_that_lead_mail_elsewhere_or_hide_strangers(rows: tuple[Row, ...]) -> None:
    assert changed(*rows)[0] == WRONG


@pytest.mark.parametrize(
    "rows",
    [
        (),
        (nat(), rule(ports(80), REDIRECT, table="n", name="p")),
        (nat(), rule(ports(2525), {"redirect": {"port": 25}}, table="n", name="p")),
        (nat("postrouting"), rule({"masquerade": None}, table="n", name="p")),
        (nat(), rule(source(HOME), ports(25), REDIRECT, table="n", name="p")),
        (nat(), rule(ports(25), {"redirect": {"port": 25}}, table="n", name="p")),
        (nat(), rule(meta("iifname", "lo"), ports(25), REDIRECT, table="n", name="p")),
    ],
)
def test_rules_that_change_addresses_of_others(rows: tuple[Row, ...]) -> None:
    assert changed(*rows)[0] == RIGHT


@pytest.mark.parametrize(
    "odd", [{"queue": {"num": 1}}, {"xt": {"type": "target", "name": "TARPIT"}}, {"new-thing": {}}]
)
def test_what_is_not_understood_is_unknown(odd: Row) -> None:
    assert seen(chain(), rule(ports(25), odd))[0] == UNKNOWN
    assert seen(chain(), rule(ports(22), odd))[0] == RIGHT


@pytest.mark.parametrize(
    "rows", [[{"chain": {}}], [{"rule": {"family": 1}}], [7, None, {"chain": 5}]]
)
def test_a_list_of_another_form_is_unknown(rows: list[Any]) -> None:
    text = json.dumps({"nftables": rows}).encode()
    (found,) = judge_rules(CommandResult(Outcome(0, text, b"")), Networks(), NETWORK)
    assert found.verdict == UNKNOWN


def test_chains_in_a_circle_end() -> None:
    assert (
        seen(chain(), rule(jump("a")), rule(jump("b"), name="a"), rule(jump("a"), name="b"))[0]
        == RIGHT
    )


@pytest.mark.parametrize(
    ("right", "verdict"),
    [
        ("tcp", WRONG),
        ({"range": [1, 20]}, WRONG),
        ({"set": [{"elem": {"val": "tcp", "counter": {}}}, 17]}, WRONG),
        ({"range": [7, 20]}, RIGHT),
        ({"set": ["udp", {"range": [40, 50]}]}, RIGHT),
    ],
)
def test_protocols_in_ranges_and_elements(right: Any, verdict: str) -> None:
    assert seen(chain(), rule(match(PROTOCOL, right), DROP))[0] == verdict


@pytest.mark.parametrize(
    "broken",
    [
        {"match": 5},
        {"match": {"op": "==", "left": {"payload": 5}, "right": 25}},
        {"match": {"op": "==", "left": {"payload": {"protocol": []}}, "right": 25}},
        {"match": {"op": "==", "left": PORT, "right": {"range": [1]}}},
        {"vmap": {"key": PORT, "data": {"set": [[25, {"jump": {}}]]}}},
        {"jump": {}},
        {"vmap": None},
        7,
    ],
)
def test_a_rule_of_another_form_is_unknown(broken: Any) -> None:
    text = json.dumps({"nftables": [chain(), rule(broken)]}).encode()
    (found,) = judge_rules(CommandResult(Outcome(0, text, b"")), Networks(), NETWORK)
    assert found.verdict == UNKNOWN


def test_a_part_without_a_kind_is_unknown() -> None:
    assert seen(chain(), rule({}))[0] == UNKNOWN


def test_a_hundred_thousand_networks_take_less_than_a_second() -> None:
    networks = [
        {"prefix": {"addr": f"5.{one >> 8 & 255}.{one & 255}.{one >> 16 << 6}", "len": 26}}
        for one in range(100_000)
    ]
    rows = (chain(), named(*networks), rule(source("@country"), ports(25), DROP))
    text = json.dumps({"nftables": rows}).encode()
    began = time.process_time()
    found, *_ = judge_rules(CommandResult(Outcome(0, text, b"")), Networks(), NETWORK)
    assert found.verdict == RIGHT
    assert time.process_time() - began < 1


@pytest.mark.parametrize("xt", [{"type": "match", "name": "recent"}, None])
def test_a_match_of_iptables_may_meet_any_packet(xt: Any) -> None:
    assert seen(chain(), rule(ports(25), {"xt": xt}, DROP))[0] == UNKNOWN
    assert seen(chain(), rule({"xt": xt}, ports(22), DROP))[0] == RIGHT
    to = rule(ports(25), {"xt": xt}, REDIRECT, table="n", name="p")
    assert changed(nat(), to)[0] == UNKNOWN


COUNTRY = named({"prefix": {"addr": "133.0.0.0", "len": 8}}, {"range": ["1.0.0.0", "9.9.9.9"]})
BOGUS = named("192.0.2.1", HOME, {"prefix": {"addr": "198.51.100.0", "len": 24}})
MOST = named(*({"prefix": {"addr": f"{one}.0.0.0", "len": 8}} for one in range(19, 220)))
NOT_THE_LAN = source({"prefix": {"addr": "192.168.0.0", "len": 16}}, "!=")
HALVES = [{"prefix": {"addr": one, "len": 1}} for one in ("0.0.0.0", "128.0.0.0")]


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        # One of the four strangers comes in.
        ((COUNTRY, rule(source("@country", "!="), ports(25), DROP)), RIGHT),
        ((COUNTRY, rule(source("@country"), DROP)), RIGHT),
        ((named("9.9.9.9"), rule(source("@country", "!="), ports(25), DROP)), UNKNOWN),
        ((MOST, rule(source("@country"), ports(25), DROP)), UNKNOWN),
        (
            (MOST, rule(source("@country"), jump("no")), called("no"), rule(DROP, name="no")),
            UNKNOWN,
        ),
        ((MOST, rule(vmap(SADDR, ("@country", DROP)))), UNKNOWN),
        # What comes after such a chain meets everybody.
        ((MOST, rule(source("@country"), jump("no")), rule(ports(25), DROP)), WRONG),
        ((BOGUS, rule(source("@country"), DROP)), RIGHT),
        ((BOGUS, rule(source("@country", "!="), DROP)), WRONG),
        ((rule(NOT_THE_LAN, ports(25), DROP),), WRONG),
        (tuple(rule(source(one), ports(25), DROP) for one in HALVES), WRONG),
        ((rule(match({"payload": {"protocol": "udp", "field": "dport"}}, 53, "!="), DROP),), RIGHT),
    ],
)
def test_a_refusal_by_source_is_unknown(rows: tuple[Row, ...], verdict: str) -> None:
    assert seen(chain(), *rows)[0] == verdict


def test_a_return_by_source_makes_the_policy_unknown() -> None:
    leave = rule(source("@country"), {"return": None})
    rows = chain(policy="drop"), MOST, leave, rule(ports(25, 465, 587), ACCEPT)
    verdict, said = seen(*rows)
    assert verdict == UNKNOWN
    assert "inet mine in: policy drop on 25 depends on a stranger's address" in said


def test_an_ipv6_rule_does_not_meet_ipv4() -> None:
    six = {"payload": {"protocol": "ip6", "field": "saddr"}}
    assert seen(chain(), rule(match(six, "::1", "!="), ports(25), DROP))[0] == RIGHT


def test_a_rewriting_by_source_is_unknown() -> None:
    listed = {"set": {"family": "inet", "table": "n", "name": "c", "elem": ["9.9.9.9"]}}
    to = rule(source("@c", "!="), ports(25), REDIRECT, table="n", name="p")
    assert changed(nat(), listed, to)[0] == UNKNOWN


ONLY = Network(interfaces=("eth0", "eth1", "docker0"), outside=("eth0",))


@pytest.mark.parametrize(
    ("network", "interface", "verdict"),
    [
        (ONLY, "eth0", WRONG),
        (ONLY, "eth*", WRONG),
        (ONLY, {"set": ["eth0", "eth1"]}, WRONG),
        (ONLY, {"set": [{"elem": {"val": "eth0", "counter": {}}}]}, WRONG),
        (ONLY, "eth1", RIGHT),
        (ONLY, "docker0", RIGHT),
        (ONLY, "lo", RIGHT),
        (NETWORK, "enp0s8", WRONG),
        (NETWORK, "docker0", RIGHT),
        (NETWORK, "virbr0", RIGHT),
        (Network(), "docker0", UNKNOWN),
        (Network(), "eth0", UNKNOWN),
        (Network(), "lo", RIGHT),
    ],
)
def test_only_the_interfaces_of_strangers_count(
    network: Network, interface: Any, verdict: str
) -> None:
    found, _ = seen(chain(), rule(meta("iifname", interface), ports(25), DROP), network=network)
    assert found == verdict


@pytest.mark.parametrize(("device", "verdict"), [("enp0s8", WRONG), ("docker0", RIGHT)])
def test_a_chain_of_another_device_meets_no_stranger(device: str, verdict: str) -> None:
    made = chain(family="netdev")
    made["chain"] |= {"hook": "ingress", "dev": device}
    assert seen(made, rule(ports(25), DROP, family="netdev"))[0] == verdict


def test_elements_of_a_set_without_a_name_may_have_counters() -> None:
    counted = {"elem": {"val": 25, "counter": {"packets": 0, "bytes": 0}}}
    assert seen(chain(), rule(ports(counted, 80), DROP)) == (WRONG, "inet mine in: drop on 25")
    assert seen(chain(), rule(vmap(PORT, (counted, DROP))))[0] == WRONG


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ((chain("firewalld", policy="accept"),), {25, 465, 587}),
        ((chain("firewalld"), rule(ports(25), DROP, table="firewalld")), {465, 587}),
        ((chain("firewalld", policy="drop"), rule(ports(587), ACCEPT, table="firewalld")), {587}),
        ((chain("firewalld"), rule({"odd": 1}, DROP, table="firewalld")), set()),
        ((chain("mine"),), set()),
        ((), set()),
    ],
)
def test_ports_to_which_firewalld_lets_each_stranger(
    rows: tuple[Row, ...], expected: set[int]
) -> None:
    text = json.dumps({"nftables": list(rows)}).encode()
    assert let_in(CommandResult(Outcome(0, text, b"")), Networks(), NETWORK) == expected
    assert let_in(CommandResult(NOTHING), Networks(), NETWORK) == set()


NOT_LO = {"match": {"op": "!=", "left": {"meta": {"key": "oifname"}}, "right": "lo"}}
FROM_25 = {
    "match": {
        "op": "==",
        "left": {"payload": {"protocol": "tcp", "field": "sport"}},
        "right": 25,
    }
}


@pytest.mark.parametrize(
    ("rows", "verdict", "said"),
    [
        ((output(), leaving(NOT_LO, ports(25), DROP)), WRONG, "mail to port 25 of others"),
        ((output(), leaving(meta("skuid", "postfix"), ports(25), REJECT)), WRONG, "reject"),
        ((output(), leaving(meta("oifname", "enp0s8"), FROM_25, DROP)), WRONG, "answers of 25"),
        ((output("drop"),), WRONG, "policy drop"),
        ((output("drop"), leaving(state("established", "new"), ACCEPT)), RIGHT, ""),
        ((output(), leaving(meta("skuid", "1000"), ports(25), REJECT)), RIGHT, ""),
        ((output(), leaving(meta("oifname", "lo"), ports(25), DROP)), RIGHT, ""),
        ((output(), leaving(ports(6667), DROP)), RIGHT, ""),
        ((chain(), rule(ports(25), DROP)), RIGHT, ""),
        ((output(), leaving(meta("mark", 7), ports(25), DROP)), RIGHT, ""),
    ],
)
def test_what_leaves(rows: tuple[Row, ...], verdict: str, said: str) -> None:
    found = leaves(*rows)
    assert (found[0], said in found[1]) == (verdict, True)
