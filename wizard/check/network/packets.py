"""Follow a stranger's first packet through the kernel's rules, as `nft -j list ruleset` prints them (libnftables-json(5)).

Only what applies to every stranger decides. A rule for some sources (fail2ban's) or one with a limit is
there for a reason. What is not understood is reported as such, and never taken for harmless.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Optional

ACCEPT, DROP, REJECT, RETURN = "accept", "drop", "reject", "return"
SENT, HIDDEN = "sent", "hidden"
"""What a rule may do with the addresses: send the packet elsewhere, or hide where it comes from."""

FIREWALLD = "firewalld"
STRANGERS = {
    "ip": ("198.51.100.77", "233.252.0.77"),
    "ip6": ("2001:db8::77", "2001:db8:ffff::77"),
}
"""Nobody's addresses (RFC 5737, RFC 6676, RFC 3849). What meets all of them meets every stranger."""

_HOOKS = ("ingress", "prerouting", "input")
_DEEPEST = 16
_VERDICTS = frozenset({ACCEPT, DROP, REJECT, RETURN})
_TO = frozenset({"redirect", "dnat", "tproxy"})
_FROM = frozenset({"snat", "masquerade"})
_XT = {
    "REDIRECT": "redirect",
    "DNAT": "dnat",
    "TPROXY": "tproxy",
    "SNAT": "snat",
    "MASQUERADE": "masquerade",
}
_SILENT = frozenset(
    {"counter", "log", "notrack", "mangle", "ct helper", "comment", "meter", "flow", "last"}
)
_SOME = frozenset({"limit", "quota", "ct count", "connlimit"})
"""Statements that let a rule apply to a part of the packets."""

Chain = tuple[str, str, str]
"""Family, table and name."""


@dataclass(frozen=True)
class Packet:
    """The first packet of a stranger's connection to a TCP port of this host."""

    port: int
    family: str = "ip"
    stranger: int = 0

    @property
    def source(self) -> str:
        """The address that it comes from."""
        return STRANGERS[self.family][self.stranger]


@dataclass
class Journey:
    """What becomes of a packet: `refused` and `by` name the verdict and the chain, `changed` a rewriting.

    `odd` are chains with a rule that is not understood and may meet the packet.
    """

    refused: str = ""
    by: Chain = ("", "", "")
    changed: list[tuple[str, str, Chain]] = field(default_factory=list)
    odd: list[Chain] = field(default_factory=list)


class Ruleset:
    """The chains, rules and named sets of a list. Raises ValueError for what is none."""

    def __init__(self, rows: Sequence[Any], zone: str = "") -> None:
        rows = [one for one in rows if isinstance(one, dict)]
        self._zone = zone
        try:
            self.chains: dict[Chain, Mapping[str, Any]] = {
                _key(one["chain"], "name"): one["chain"] for one in rows if "chain" in one
            }
            self._sets = {
                _key(one[kind], "name"): one[kind].get("elem", ())
                for one in rows
                for kind in ("set", "map")
                if kind in one
            }
            self.rules: dict[Chain, list[Sequence[Any]]] = {}
            for one in rows:
                if "rule" in one:
                    at = _key(one["rule"], "chain")
                    self.rules.setdefault(at, []).append(one["rule"].get("expr", ()))
        except (KeyError, TypeError, AttributeError) as fault:
            raise ValueError(f"no list of rules: {fault}") from fault

    def follow(self, port: int, family: str = "ip") -> Journey:
        """Return what becomes of every stranger's packet: the journey of the one who comes farthest."""
        journeys = [self.follow_one(Packet(port, family, one)) for one in (0, 1)]
        return min(journeys, key=lambda one: (bool(one.refused), len(one.changed)))

    def follow_one(self, packet: Packet) -> Journey:
        """Return what becomes of a packet in all chains that it meets, in the order of the hooks."""
        bases = sorted(
            (_HOOKS.index(one["hook"]), _priority(one.get("prio")), at)
            for at, one in self.chains.items()
            if one.get("hook") in _HOOKS and at[0] in {"inet", "netdev", packet.family}
        )
        walk = _Walk(self, packet)
        for _, _, at in bases:
            if walk.refused_in(at):
                break
        return walk.journey

    def read(
        self, expr: Sequence[Any], packet: Packet, at: Chain
    ) -> tuple[Optional[bool], list[tuple[str, Any]], bool]:
        """Return whether a rule applies (None: to some), what it does, and whether it is odd."""
        applies: Optional[bool] = True
        effects: list[tuple[str, Any]] = []
        is_odd = False
        for part in expr:
            kind, content = next(iter(part.items()))
            if kind == "match":
                met = self._meets(content, packet, at, expr)
                if met is False:
                    return False, [], False
                applies = None if met is None else applies
            elif kind == "vmap":
                effects += self._mapped(content, packet, at)
            elif kind == "xt":
                name = _XT.get(str((content or {}).get("name")), "")
                effects += [(name, None)] if name else []
                is_odd |= not name
            elif kind in _SOME:
                # Within a limit a packet passes; over it is a reason of its own.
                applies = applies if _accepts(expr) else None
            elif kind in _VERDICTS or kind in _TO or kind in _FROM or kind in {"jump", "goto"}:
                effects.append((kind, content))
            elif kind not in _SILENT:
                is_odd = True
        return applies, effects, is_odd

    def _mapped(self, content: Any, packet: Packet, at: Chain) -> Iterator[tuple[str, Any]]:
        """Yield the verdict that a map has for the packet."""
        data = content.get("data", {})
        rows = data.get("set", ()) if isinstance(data, dict) else self._named(data, at)
        for row in rows:
            if not isinstance(row, list) or len(row) != 2:  # noqa: PLR2004 (a key and its verdict)
                continue
            match = {"op": "==", "left": content.get("key", {}), "right": row[0]}
            if self._meets(match, packet, at, ()):
                yield next(iter(row[1].items()))
                return

    def _meets(
        self, match: Mapping[str, Any], packet: Packet, at: Chain, expr: Sequence[Any]
    ) -> Optional[bool]:
        """Return whether a match fits the packet; None for what is not known."""
        selector, right, op = match.get("left", {}), match.get("right"), match.get("op")
        fits = self._fits(selector if isinstance(selector, dict) else {}, right, packet, at, expr)
        if fits is None or op in {"==", "in"}:
            return fits
        return not fits if op == "!=" else None

    def _fits(
        self,
        selector: Mapping[str, Any],
        right: Any,
        packet: Packet,
        at: Chain,
        expr: Sequence[Any],
    ) -> Optional[bool]:
        words = self._words(right, at)
        if "payload" in selector:
            return _fits_payload(selector["payload"], words, packet)
        if "ct" in selector:
            key = selector["ct"].get("key")
            return bool({"new", "untracked"} & set(map(str, words))) if key == "state" else False
        if "fib" in selector:
            return "local" in words
        key = selector.get("meta", {}).get("key")
        if key in {"iif", "iifname", "iifgroup"}:
            return self._comes_in(words, at, expr)
        if key in {"l4proto", "protocol", "nfproto"}:
            names = {"tcp", "6", packet.family, {"ip": "ipv4", "ip6": "ipv6"}[packet.family]}
            return bool(names & set(map(str, words)))
        return None

    def _comes_in(self, words: Sequence[Any], at: Chain, expr: Sequence[Any]) -> Optional[bool]:
        """Return whether a stranger's interface is among these; firewalld's zone says which is his."""
        if at[1] == FIREWALLD:
            targets = [
                str(content.get("target"))
                for part in expr
                for kind, content in part.items()
                if kind in {"jump", "goto"}
            ]
            if any(f"_{self._zone}_" in f"{one}_" for one in targets):
                return True
            return False if targets else "lo" not in words
        return "lo" not in words

    def _words(self, right: Any, at: Chain) -> list[Any]:
        if isinstance(right, str) and right.startswith("@"):
            return list(self._named(right, at))
        if isinstance(right, dict) and "set" in right:
            return list(right["set"])
        return right if isinstance(right, list) else [right]

    def _named(self, name: Any, at: Chain) -> Sequence[Any]:
        found = self._sets.get((*at[:2], str(name).lstrip("@")), ())
        return [
            one.get("elem", {}).get("val", one) if isinstance(one, dict) and "elem" in one else one
            for one in found
        ]


class _Walk:
    """The way of one packet."""

    def __init__(self, ruleset: Ruleset, packet: Packet) -> None:
        self._ruleset = ruleset
        self._packet = packet
        self._hook = ""
        self._accepted_some = False
        self.journey = Journey()

    def refused_in(self, at: Chain) -> bool:
        """Walk through a chain that the kernel calls, and return whether the packet ends there."""
        base = self._ruleset.chains[at]
        self._hook, self._accepted_some = str(base["hook"]), False
        verdict, by = self._walk(at, 0)
        if verdict in {"", RETURN} and base.get("policy") == DROP:
            verdict, by = f"policy {DROP}", at
        if verdict in {"", ACCEPT, RETURN} or self._accepted_some:
            return False
        self.journey.refused, self.journey.by = verdict, by
        return True

    def _walk(self, at: Chain, depth: int) -> tuple[str, Chain]:
        """Return the verdict of a chain and where it comes from, "" if the chain has none."""
        if depth > _DEEPEST:
            return "", at
        for expr in self._ruleset.rules.get(at, ()):
            applies, effects, is_odd = self._ruleset.read(expr, self._packet, at)
            self.journey.odd += [at] * is_odd
            for kind, content in effects:
                verdict, by = self._effect(kind, content, at, depth)
                if applies is None:
                    self._accepted_some |= verdict == ACCEPT
                elif verdict:
                    return verdict, by
        return "", at

    def _effect(self, kind: str, content: Any, at: Chain, depth: int) -> tuple[str, Chain]:
        if kind in _VERDICTS:
            return kind, at
        if kind in {"jump", "goto"}:
            found = self._walk((at[0], at[1], content["target"]), depth + 1)
            if kind == "goto":
                return found if found[0] else (RETURN, at)
            return ("", at) if found[0] == RETURN else found
        if kind in _TO:
            to = _target(content)
            if to not in {"", f":{self._packet.port}"}:
                self.journey.changed.append((SENT, f"{kind} to {to}", at))
            return ACCEPT, at
        if kind in _FROM and self._hook == "input":
            self.journey.changed.append((HIDDEN, kind, at))
        return "", at


def _key(row: Mapping[str, Any], name: str) -> Chain:
    return row["family"], row["table"], row[name]


def _priority(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _accepts(expr: Sequence[Any]) -> bool:
    return any(ACCEPT in part for part in expr)


def _target(content: Any) -> str:
    """Return ADDRESS:PORT of a redirection, "" for one that changes nothing that is known."""
    if not isinstance(content, dict):
        return "another program" if content is None else str(content)
    address, port = content.get("addr", ""), content.get("port")
    return f"{address}:{port}" if port is not None else str(address)


def _fits_payload(
    payload: Mapping[str, Any], words: Sequence[Any], packet: Packet
) -> Optional[bool]:
    protocol, name = payload.get("protocol"), payload.get("field")
    if name == "dport":
        return protocol in {"tcp", "th"} and any(_has_port(one, packet.port) for one in words)
    if name == "saddr" and protocol in STRANGERS:
        return protocol == packet.family and any(_has_address(one, packet.source) for one in words)
    if protocol in {"udp", "icmp", "icmpv6", "sctp", "dccp"}:
        return False
    if name == "protocol":
        return bool({"tcp", 6} & set(words))
    return None


def _has_port(one: Any, port: int) -> bool:
    if isinstance(one, dict) and "range" in one:
        low, high = one["range"]
        return isinstance(low, int) and isinstance(high, int) and low <= port <= high
    return bool(one == port)


def _has_address(one: Any, address: str) -> bool:
    sought = ipaddress.ip_address(address)
    try:
        if isinstance(one, dict) and "prefix" in one:
            network = ipaddress.ip_network(
                f"{one['prefix']['addr']}/{one['prefix']['len']}", strict=False
            )
            return sought in network
        if isinstance(one, dict) and "range" in one:
            low, high = (ipaddress.ip_address(end) for end in one["range"])
            return int(low) <= int(sought) <= int(high)
        return sought == ipaddress.ip_address(one)
    except (ValueError, TypeError):
        return False
