"""The kernel's packet filter, as `nft -j list ruleset` prints it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wizard.answers.sections.networks import Networks
from wizard.check.commands import NOTHING, CommandResult
from wizard.check.network.nftables import judge_rules
from wizard.door import Outcome
from wizard.finding import RIGHT, UNKNOWN, WRONG

Row = dict[str, Any]


def chain(
    table: str = "mine", name: str = "in", policy: str = "accept", family: str = "inet"
) -> Row:
    return {
        "chain": {
            "family": family,
            "table": table,
            "name": name,
            "handle": 1,
            "type": "filter",
            "hook": "input",
            "prio": 0,
            "policy": policy,
        }
    }


def rule(*expr: Row, table: str = "mine", name: str = "in", family: str = "inet") -> Row:
    return {"rule": {"family": family, "table": table, "chain": name, "expr": list(expr)}}


def ports(*listed: Any) -> Row:
    right = listed[0] if len(listed) == 1 else {"set": list(listed)}
    left = {"payload": {"protocol": "tcp", "field": "dport"}}
    return {"match": {"op": "==", "left": left, "right": right}}


def meta(key: str, right: Any) -> Row:
    return {"match": {"op": "==", "left": {"meta": {"key": key}}, "right": right}}


def state(*words: str) -> Row:
    return {"match": {"op": "in", "left": {"ct": {"key": "state"}}, "right": list(words)}}


SOURCE = {
    "match": {
        "op": "==",
        "left": {"payload": {"protocol": "ip", "field": "saddr"}},
        "right": "@banned",
    }
}
DROP, ACCEPT, REJECT = {"drop": None}, {"accept": None}, {"reject": {"type": "icmpx"}}


def seen(*rows: Row) -> tuple[str, str]:
    text = json.dumps({"nftables": [{"metainfo": {"version": "1.0"}}, *rows]})
    found, _ = judge_rules(CommandResult(Outcome(0, text.encode(), b"")), Networks())
    assert found.id == "firewall.rules"
    return found.verdict, found.seen


def changed(*rows: Row) -> tuple[str, str]:
    text = json.dumps({"nftables": list(rows)})
    _, found = judge_rules(CommandResult(Outcome(0, text.encode(), b"")), Networks())
    assert found.id == "firewall.addresses"
    return found.verdict, found.seen


def nat(hook: str = "prerouting", table: str = "n", name: str = "p") -> Row:
    made = chain(table, name)
    made["chain"] |= {"type": "nat", "hook": hook}
    return made


def jump(target: str, kind: str = "jump") -> Row:
    return {kind: {"target": target}}


def called(name: str, table: str = "mine") -> Row:
    """A chain that only others call."""
    return {"chain": {"family": "inet", "table": table, "name": name, "handle": 2}}


def vmap(key: Row, *rows: tuple[Any, Row]) -> Row:
    return {"vmap": {"key": key, "data": {"set": [list(one) for one in rows]}}}


PORT = {"payload": {"protocol": "tcp", "field": "dport"}}
SADDR = {"payload": {"protocol": "ip", "field": "saddr"}}


def source(right: Any, op: str = "==") -> Row:
    return {"match": {"op": op, "left": SADDR, "right": right}}


HOME = {"prefix": {"addr": "10.0.0.0", "len": 8}}
WORLD = {"prefix": {"addr": "0.0.0.0", "len": 0}}


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
    (found,) = judge_rules(told, Networks())
    assert found.verdict == UNKNOWN


REDIRECT = {"redirect": {"port": 2525}}
DNAT = {"dnat": {"addr": "10.0.0.9", "port": 25}}


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
    (found,) = judge_rules(CommandResult(Outcome(0, text, b"")), Networks())
    assert found.verdict == UNKNOWN


def test_chains_in_a_circle_end() -> None:
    assert (
        seen(chain(), rule(jump("a")), rule(jump("b"), name="a"), rule(jump("a"), name="b"))[0]
        == RIGHT
    )
