"""Rows of `nft -j list ruleset`, and what the check says of a whole list of them."""

from __future__ import annotations

import json
from typing import Any

from wizard.answers.sections.networks import Networks
from wizard.check.commands import CommandResult
from wizard.check.network.nftables import judge_rules
from wizard.door import Outcome
from wizard.host.facts import Network

Row = dict[str, Any]

NETWORK = Network(interfaces=("enp0s3", "enp0s8", "docker0"))


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


def seen(*rows: Row, network: Network = NETWORK) -> tuple[str, str]:
    text = json.dumps({"nftables": [{"metainfo": {"version": "1.0"}}, *rows]})
    found, *_ = judge_rules(CommandResult(Outcome(0, text.encode(), b"")), Networks(), network)
    assert found.id == "firewall.rules"
    return found.verdict, found.seen


def changed(*rows: Row) -> tuple[str, str]:
    text = json.dumps({"nftables": list(rows)})
    _, found, _ = judge_rules(CommandResult(Outcome(0, text.encode(), b"")), Networks(), NETWORK)
    assert found.id == "firewall.addresses"
    return found.verdict, found.seen


def leaves(*rows: Row) -> tuple[str, str]:
    text = json.dumps({"nftables": list(rows)})
    *_, found = judge_rules(CommandResult(Outcome(0, text.encode(), b"")), Networks(), NETWORK)
    assert found.id == "firewall.outgoing"
    return found.verdict, found.seen


def output(policy: str = "accept") -> Row:
    made = chain("mine", "out", policy)
    made["chain"] |= {"hook": "output"}
    return made


def leaving(*expr: Row) -> Row:
    return rule(*expr, name="out")


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
REDIRECT = {"redirect": {"port": 2525}}
DNAT = {"dnat": {"addr": "10.0.0.9", "port": 25}}
PROTOCOL = {"payload": {"protocol": "ip", "field": "protocol"}}


def named(*elements: Any, name: str = "country") -> Row:
    return {"set": {"family": "inet", "table": "mine", "name": name, "elem": list(elements)}}


def match(left: Row, right: Any, op: str = "==") -> Row:
    return {"match": {"op": op, "left": left, "right": right}}
