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
    (found,) = judge_rules(CommandResult(Outcome(0, text.encode(), b"")), Networks())
    assert found.id == "firewall.rules"
    return found.verdict, found.seen


@pytest.mark.parametrize(
    "rows",
    [
        (),
        (chain(), rule(ports(22), DROP)),
        (chain(), rule(ports(25), SOURCE, REJECT)),
        (chain(), rule(meta("iifname", "lo"), ports(25), DROP)),
        (chain(), rule(ports(25), {"limit": {"rate": 10, "per": "minute"}}, DROP)),
        (chain(), rule(state("invalid"), DROP)),
        (chain(family="ip6"), rule(ports(25), DROP, family="ip6")),
        (rule(ports(25), DROP, name="never_hooked"),),
        (chain(policy="drop"), rule(ports(22, {"range": [25, 600]}), ACCEPT)),
        (chain(policy="drop"), rule({"counter": None}, ACCEPT)),
        (chain("firewalld"), rule(ports(25), REJECT, table="firewalld", name="filter_IN_dmz_deny")),
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
            (chain(), rule(ports(587), state("new"), DROP, name="jumped_to")),
            "inet mine jumped_to: drop on 587",
        ),
        (
            (
                chain("firewalld"),
                rule(ports(25), REJECT, table="firewalld", name="filter_IN_public_deny"),
            ),
            "inet firewalld filter_IN_public_deny: reject on 25",
        ),
        (
            (chain(policy="drop"), rule(ports(22, 25), ACCEPT), rule(meta("iif", "lo"), ACCEPT)),
            "inet mine in: policy drop, and nothing accepts 587, 465",
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
