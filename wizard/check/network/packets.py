"""Follow a stranger's first packet through the kernel's rules, as `nft -j list ruleset` prints them (libnftables-json(5)).

Only what applies to every stranger decides. A rule for some sources (fail2ban's) or one with a limit is
there for a reason. What is not understood is reported as such, and never taken for harmless. Four
strangers represent all. What depends on their addresses is marked, since others may fare otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Optional

from wizard.check.network.matches import (
    IN,
    Packet,
    fits_payload,
    fits_state,
    fits_user,
    is_interface,
    is_named,
    is_of_interface,
    is_of_others,
    is_source,
    unwrapped,
)
from wizard.check.network.statements import (
    SOME,
    XT,
    Share,
    accepts,
    fits_mark,
    is_of_mark,
    mark_of,
    share_of,
    share_of_match,
    target,
    target_of_iptables,
)
from wizard.check.network.strangers import STRANGERS, Addresses

ACCEPT, DROP, REJECT, RETURN = "accept", "drop", "reject", "return"
SENT, HIDDEN = "sent", "hidden"
"""What a rule may do with the addresses: send the packet elsewhere, or hide where it comes from."""

FIREWALLD = "firewalld"

_HOOKS = ("ingress", "prerouting", "input")
_HOOKS_OUT = ("output", "postrouting")
_DEEPEST = 16
_VERDICTS = frozenset({ACCEPT, DROP, REJECT, RETURN})
_TO = frozenset({"redirect", "dnat", "tproxy"})
_FROM = frozenset({"snat", "masquerade"})
_SILENT = frozenset(
    {"counter", "log", "notrack", "ct helper", "comment", "meter", "flow", "last", "mangle"}
)
_NO_PART: tuple[str, Any] = ("", None)
Chain = tuple[str, str, str]
"""Family, table and name."""


class Change(NamedTuple):
    """A rewriting of a packet's addresses; `is_sure` is False if not all strangers may meet it."""

    kind: str
    does: str
    chain: Chain
    is_sure: bool


class Verdict(NamedTuple):
    """What a chain says of a packet, "" for nothing, and whether that depends on its source."""

    kind: str
    by: Chain
    by_source: bool = False


class Reading(NamedTuple):
    """Whether a rule applies (None: perhaps, or to some), what it does, and how sure that is.

    `is_odd` is True if a part is not understood, `by_source` if the match depends on the source. `share`
    is how much of all packets it lets through, `mark` what it gives them.
    """

    applies: Optional[bool]
    effects: Sequence[tuple[str, Any]] = ()
    is_odd: bool = False
    by_source: bool = False
    share: Optional[Share] = None
    mark: Optional[int] = None


@dataclass
class Journey:
    """What becomes of a packet: `refused` and `by` name the verdict and the chain, `changed` a rewriting.

    `by_source` is True if the refusal depends on the stranger's address. `odd` are chains with a rule
    that is not understood and may meet the packet. `shares` are rules that let only a part through.
    """

    refused: str = ""
    by: Chain = ("", "", "")
    by_source: bool = False
    changed: list[Change] = field(default_factory=list)
    odd: list[Chain] = field(default_factory=list)
    shares: list[tuple[Share, Chain]] = field(default_factory=list)


class Ruleset:
    """The chains, rules and named sets of a list. Raises ValueError for what is none.

    `outer` are the interfaces of strangers, () if not known. `follow` raises AttributeError, KeyError,
    TypeError or ValueError for rules of another form.
    """

    def __init__(self, rows: Sequence[Any], zone: str = "", outer: Sequence[str] = ()) -> None:
        rows = [one for one in rows if isinstance(one, dict)]
        self._zone, self._outer = zone, outer
        self._unwrapped: dict[tuple[str, str, str], list[Any]] = {}
        self._addresses: dict[tuple[Any, ...], tuple[Any, Addresses]] = {}
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

    def follow(self, port: int, family: str = "ip", way: str = IN) -> Journey:
        """Return what becomes of every stranger's packet: the journey of the one who comes farthest."""
        several = range(len(STRANGERS[family]))
        journeys = [self.follow_one(Packet(port, family, one, way)) for one in several]
        return min(journeys, key=lambda one: (bool(one.refused), one.by_source, len(one.changed)))

    def follow_one(self, packet: Packet) -> Journey:
        """Return what becomes of a packet in all chains that it meets, in the order of the hooks."""
        hooks = _HOOKS if packet.way == IN else _HOOKS_OUT
        bases = sorted(
            (hooks.index(one["hook"]), _priority(one.get("prio")), at)
            for at, one in self.chains.items()
            if one.get("hook") in hooks
            and at[0] in {"inet", "netdev", packet.family}
            and self._is_outer(one.get("dev"))
        )
        walk = _Walk(self, packet)
        for _, _, at in bases:
            if walk.refused_in(at):
                break
        return walk.journey

    def _is_outer(self, device: Any) -> bool:
        """Return True if a chain, of one device or of all, may meet a stranger's packet."""
        devices = device if isinstance(device, list) else [device]
        return device is None or not self._outer or any(one in devices for one in self._outer)

    def read(self, expr: Sequence[Any], packet: Packet, at: Chain) -> Reading:
        """Return whether a rule applies to a packet, and what it does."""
        applies: Optional[bool] = True
        effects: list[tuple[str, Any]] = []
        is_odd = by_source = False
        share: Optional[Share] = None
        for part in expr:
            kind, content = next(iter(part.items()), _NO_PART)
            if kind == "match":
                met = self._meets(content, packet, at, expr)
                if met is False:
                    return Reading(False)
                applies = None if met is None else applies
                share = share or share_of_match(content)
                is_odd |= met is None and is_of_interface(content, packet)
                by_source |= self._depends(content.get("left"), content.get("right"), packet, at)
            elif kind == "vmap":
                for effect, depends in self._mapped(content, packet, at):
                    effects.append(effect)
                    by_source |= depends
            elif kind == "xt":
                name = target_of_iptables(content)
                effects += [(XT[name], None)] if name in XT else []
                is_odd |= name not in XT
                # A match of iptables is not read here: it may meet any packet, or none.
                applies = applies if name else None
            elif kind in SOME:
                # Within a limit a packet passes; over it is a reason of its own.
                share = share or share_of(kind, content, does_accept=accepts(expr))
                applies = applies if accepts(expr) and share is None else None
            elif kind in _VERDICTS or kind in _TO or kind in _FROM or kind in {"jump", "goto"}:
                effects.append((kind, content))
            elif kind not in _SILENT:
                is_odd = True
        return Reading(applies, effects, is_odd, by_source, share, mark_of(expr))

    def _mapped(
        self, content: Any, packet: Packet, at: Chain
    ) -> Iterator[tuple[tuple[str, Any], bool]]:
        """Yield the verdict that a map has for the packet, and whether it depends on the source."""
        data, key = content.get("data", {}), content.get("key", {})
        rows = data.get("set", ()) if isinstance(data, dict) else self._named(data, at)
        for row in rows:
            if not isinstance(row, list) or len(row) != 2:  # noqa: PLR2004 (a key and its verdict)
                continue
            if self._meets({"op": "==", "left": key, "right": row[0]}, packet, at, ()):
                yield next(iter(row[1].items())), self._depends(key, row[0], packet, at)
                return

    def _depends(self, selector: Any, right: Any, packet: Packet, at: Chain) -> bool:
        """Return True if strangers differ in a match, because it compares their addresses."""
        return is_source(selector, packet) and not self._listed(right, packet, at).are_alike_for_all

    def _listed(self, right: Any, packet: Packet, at: Chain) -> Addresses:
        """Return the addresses of an expression or a set, which is read only once."""
        name = (*at[:2], right) if isinstance(right, str) else (id(right),)
        key = (*name, packet.family)
        if key not in self._addresses:
            # The expression is stored too, so that no other gets its id().
            self._addresses[key] = right, Addresses(self._words(right, at), packet.family)
        return self._addresses[key][1]

    def _meets(
        self, match: Mapping[str, Any], packet: Packet, at: Chain, expr: Sequence[Any]
    ) -> Optional[bool]:
        """Return whether a match fits the packet; None for what is not known."""
        selector, right, op = match.get("left", {}), match.get("right"), match.get("op")
        if is_of_others(selector, packet):
            return False
        if is_source(selector, packet):
            fits: Optional[bool] = packet.source in self._listed(right, packet, at)
        elif is_of_mark(selector):
            fits = fits_mark(selector, self._words(right, at), packet.mark)
        else:
            known = selector if isinstance(selector, dict) else {}
            fits = self._fits(known, right, packet, at, expr)
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
            return fits_payload(selector["payload"], words, packet)
        if "ct" in selector:
            key = selector["ct"].get("key")
            return fits_state(words, packet) if key == "state" else False
        if "fib" in selector:
            return "local" in words if packet.way == IN else None
        key = selector.get("meta", {}).get("key")
        if key == "skuid" or is_interface(key, packet):
            is_user = key == "skuid"
            return fits_user(words, packet) if is_user else self._comes_in(words, at, expr)
        if key in {"l4proto", "protocol", "nfproto"}:
            names = {"tcp", "6", packet.family, {"ip": "ipv4", "ip6": "ipv6"}[packet.family]}
            return bool(names & set(map(str, words)))
        return None

    def _comes_in(self, words: Sequence[Any], at: Chain, expr: Sequence[Any]) -> Optional[bool]:
        """Return whether a stranger's interface is among these; None if it is not known.

        In firewalld's table the zone says which interface is his.
        """
        if at[1] == FIREWALLD:
            targets = [
                str(content.get("target"))
                for part in expr
                for kind, content in part.items()
                if kind in {"jump", "goto"}
            ]
            if any(f"_{self._zone}_" in f"{one}_" for one in targets):
                return True
            # A policy names the interfaces of the zones that it is about.
            if targets and not any("_policy_" in one for one in targets):
                return False
        if not self._outer:
            return False if set(map(str, words)) == {"lo"} else None
        return any(is_named(one, str(word)) for one in self._outer for word in words)

    def _words(self, right: Any, at: Chain) -> Sequence[Any]:
        if isinstance(right, str) and right.startswith("@"):
            return self._named(right, at)
        if isinstance(right, dict) and "set" in right:
            right = right["set"]
        return [unwrapped(one) for one in (right if isinstance(right, list) else [right])]

    def _named(self, name: Any, at: Chain) -> Sequence[Any]:
        key = (*at[:2], str(name).lstrip("@"))
        if key not in self._unwrapped:
            self._unwrapped[key] = [unwrapped(one) for one in self._sets.get(key, ())]
        return self._unwrapped[key]


class _Walk:
    """The way of one packet."""

    def __init__(self, ruleset: Ruleset, packet: Packet) -> None:
        self._ruleset = ruleset
        self._packet = packet
        self._hook = ""
        self._accepted_some = False
        self._returned_by_source = False
        self._accepted_share: Optional[Share] = None
        self.journey = Journey()

    def refused_in(self, at: Chain) -> bool:
        """Walk through a chain that the kernel calls, and return whether the packet ends there."""
        base = self._ruleset.chains[at]
        self._hook, self._accepted_some = str(base["hook"]), False
        self._accepted_share = None
        self._returned_by_source = False
        verdict = self._walk(at, 0, is_sure=True)
        if verdict.kind in {"", RETURN} and base.get("policy") == DROP:
            verdict = Verdict(f"policy {DROP}", at, verdict.by_source)
        if verdict.kind in {"", ACCEPT, RETURN}:
            return False
        if self._accepted_some:
            if self._accepted_share is not None:
                self.journey.shares.append((self._accepted_share, verdict.by))
            return False
        self.journey.refused, self.journey.by = verdict.kind, verdict.by
        self.journey.by_source = verdict.by_source or self._returned_by_source
        return True

    def _walk(self, at: Chain, depth: int, *, is_sure: bool) -> Verdict:
        """Return the verdict of a chain; `is_sure` is False if not all strangers may come here."""
        if depth > _DEEPEST:
            return Verdict("", at)
        for expr in self._ruleset.rules.get(at, ()):
            rule = self._ruleset.read(expr, self._packet, at)
            self.journey.odd += [at] * rule.is_odd
            is_for_all = is_sure and rule.applies is True and not rule.by_source
            if rule.mark is not None:
                mark = rule.mark if is_for_all else -1
                self._packet = replace(self._packet, mark=mark)
            for kind, content in rule.effects:
                verdict = self._effect(kind, content, at, depth, is_sure=is_for_all)
                if rule.applies is None:
                    self._accepted_some |= verdict.kind == ACCEPT
                    if rule.share is not None and not rule.by_source and is_sure:
                        self._meet(rule.share, verdict)
                elif verdict.kind:
                    self._returned_by_source |= verdict.kind == RETURN and rule.by_source
                    return verdict._replace(by_source=verdict.by_source or rule.by_source)
        return Verdict("", at)

    def _meet(self, share: Share, verdict: Verdict) -> None:
        """Note a rule that refuses what is over its share, or that lets this share alone in."""
        if verdict.kind in {DROP, REJECT}:
            self.journey.shares.append((share, verdict.by))
        elif verdict.kind == ACCEPT:
            self._accepted_share = share

    def _effect(self, kind: str, content: Any, at: Chain, depth: int, *, is_sure: bool) -> Verdict:
        if kind in _VERDICTS:
            return Verdict(kind, at)
        if kind in {"jump", "goto"}:
            found = self._walk((at[0], at[1], content["target"]), depth + 1, is_sure=is_sure)
            if kind == "goto":
                return found if found.kind else Verdict(RETURN, at)
            return Verdict("", at) if found.kind == RETURN else found
        is_sure = is_sure and not self._returned_by_source
        if kind in _TO:
            to = target(content)
            if to not in {"", f":{self._packet.port}"}:
                self.journey.changed.append(Change(SENT, f"{kind} to {to}", at, is_sure))
            return Verdict(ACCEPT, at)
        if kind in _FROM and self._hook == "input":
            self.journey.changed.append(Change(HIDDEN, kind, at, is_sure))
        return Verdict("", at)


def _key(row: Mapping[str, Any], name: str) -> Chain:
    return row["family"], row["table"], row[name]


def _priority(value: Any) -> int:
    return value if isinstance(value, int) else 0
