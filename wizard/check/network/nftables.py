"""Check the kernel's packet filter (nft(8)), because firewalld knows only its own rules.

Only rules that apply to every stranger count. Rules for some sources, such as fail2ban's, or with a
limit are there for a reason.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from wizard.answers.sections.networks import Networks
from wizard.check.commands import CommandResult
from wizard.check.network.ports import PORTS
from wizard.finding import Check, Finding
from wizard.text import printable

NFT = ("nft", "-j", "list", "ruleset")

FIREWALLD = "firewalld"
_HOOKS = frozenset({"input", "prerouting", "ingress"})
_REFUSES = frozenset({"drop", "reject"})
_SAYS_NOTHING = frozenset({"counter", "log", "accept", *_REFUSES})
_META = frozenset({"iifname", "iif", "l4proto", "nfproto", "protocol"})
_BEGINNING = frozenset({"new", "untracked"})

_CHECK = Check("firewall.rules", "firewall: rules of the kernel", "none against them")


@dataclass(frozen=True)
class Rule:
    """A rule for every stranger: its chain, its verdict, and the ports, () for all."""

    chain: tuple[str, str, str]
    verdict: str
    ports: tuple[tuple[int, int], ...]

    def meets(self, port: int) -> bool:
        """True if the rule applies to a port."""
        return not self.ports or any(low <= port <= high for low, high in self.ports)


def judge_rules(result: CommandResult, networks: Networks) -> Iterator[Finding]:
    """`firewall.rules`: no rule of the kernel refuses strangers on the three ports.

    Rules for IPv6 count if Postfix uses it. Rules of firewalld count if they are the outside zone's.
    """
    zone = networks.firewall_zone
    if result.failure:
        yield _CHECK.unknown(result.failure)
        return
    try:
        rows = json.loads(result.text)["nftables"]
    except (ValueError, KeyError, TypeError):
        yield _CHECK.unknown("nft printed no list")
        return
    seen, where = _fault([one for one in rows if isinstance(one, dict)], networks)
    table = " ".join(where[:2])
    remedy = (
        f"`firewall-cmd --zone={zone} --list-all` and --get-all-rules of --direct show it: remove "
        "the rule there."
        if where[1:2] == (FIREWALLD,)
        else f"`nft list table {table}` shows it: open the port there, or delete the rule."
    )
    yield (
        _CHECK.wrong(printable(seen), printable(remedy))
        if seen
        else _CHECK.right("none refuses these ports")
    )


def _fault(rows: Sequence[Mapping[str, Any]], networks: Networks) -> tuple[str, tuple[str, ...]]:
    """Return what refuses strangers and the chain, ("", ()) if nothing does."""
    skipped = "ip6" if networks.inet_protocols == "ipv4" else ""
    chains = [one["chain"] for one in rows if "chain" in one]
    bases = [one for one in chains if one.get("hook") in _HOOKS and one["family"] != skipped]
    tables = {(one["family"], one["table"]) for one in bases}
    rules = [
        rule
        for one in rows
        if "rule" in one and (one["rule"]["family"], one["rule"]["table"]) in tables
        for rule in [_read(one["rule"])]
        if rule is not None and _is_of_zone(rule.chain, networks.firewall_zone)
    ]
    for rule in rules:
        met = [str(port) for port in PORTS if rule.ports and rule.meets(port)]
        if rule.verdict in _REFUSES and met:
            return f"{' '.join(rule.chain)}: {rule.verdict} on {', '.join(met)}", rule.chain
    for base in bases:
        if base.get("policy") != "drop" or base.get("hook") != "input":
            continue
        table = (base["family"], base["table"])
        accepting = [one for one in rules if one.chain[:2] == table and one.verdict == "accept"]
        shut = [str(port) for port in PORTS if not any(one.meets(port) for one in accepting)]
        if shut:
            name = f"{' '.join(table)} {base['name']}"
            return f"{name}: policy drop, and nothing accepts {', '.join(shut)}", table
    return "", ()


def _is_of_zone(chain: tuple[str, str, str], zone: str) -> bool:
    """True if a chain is the outside zone's, or not in firewalld's table."""
    return chain[1] != FIREWALLD or (zone != "" and f"_{zone}_" in f"{chain[2]}_")


def _read(rule: Mapping[str, Any]) -> Optional[Rule]:
    """Return a rule that applies to every stranger, None for all others."""
    ports: list[tuple[int, int]] = []
    verdict = ""
    for part in rule.get("expr", ()):
        (kind, content) = next(iter(part.items()))
        if kind == "match":
            found = _ports(content)
            ports += found
            if not found and not _is_about_all(content):
                return None
        elif kind not in _SAYS_NOTHING:
            return None
        verdict = kind if kind in {"accept", *_REFUSES} else verdict
    return Rule((rule["family"], rule["table"], rule["chain"]), verdict, tuple(ports))


def _is_about_all(match: Mapping[str, Any]) -> bool:
    """True if a match without ports fits the first packet of every stranger."""
    field, right = match.get("left", {}), match.get("right")
    if match.get("op") not in {"==", "in"}:
        return False
    if "meta" in field:
        return field["meta"].get("key") in _META and right != "lo"
    words = right.get("set", ()) if isinstance(right, dict) else right
    words = words if isinstance(words, list) else [words]
    return field.get("ct", {}).get("key") == "state" and bool(_BEGINNING & set(words))


def _ports(match: Mapping[str, Any]) -> list[tuple[int, int]]:
    """Return the ranges of TCP ports of a match; none for any other match."""
    payload = match.get("left", {}).get("payload", {}) if match.get("op") in {"==", "in"} else {}
    if payload.get("field") != "dport" or payload.get("protocol") not in {"tcp", "th"}:
        return []
    right = match.get("right")
    listed = right.get("set", [right]) if isinstance(right, dict) else [right]
    return [range_ for one in listed for range_ in _range(one)]


def _range(one: Any) -> list[tuple[int, int]]:
    if isinstance(one, int):
        return [(one, one)]
    low, high = one.get("range", (None, None)) if isinstance(one, dict) else (None, None)
    return [(low, high)] if isinstance(low, int) and isinstance(high, int) else []
