"""Read single statements of a rule: limits, marks, targets (libnftables-json(5), STATEMENTS).

A limit against floods is there for a reason. One that a small server reaches each day is a fault.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Optional

SOME = frozenset({"limit", "quota", "ct count", "connlimit"})
"""Statements that let a rule apply to a part of the packets."""

FEW, VERY_FEW = 60, 6
"""New connections in a minute, of all strangers together: fewer delay mail, and very few stop it."""
FEW_AT_ONCE = 10
"""Connections at a time, of all strangers together."""

XT = {
    "REDIRECT": "redirect",
    "DNAT": "dnat",
    "TPROXY": "tproxy",
    "SNAT": "snat",
    "MASQUERADE": "masquerade",
}
"""Targets of iptables by the statement of nft(8) that does the same."""
_MARKS = frozenset({"MARK", "CONNMARK"})
"""Targets of iptables that give a packet a mark, which is not read here."""
_MINUTES = {"second": 1 / 60, "minute": 1, "hour": 60, "day": 1440, "week": 10080}


class Share(NamedTuple):
    """What is let through, and whether that is so little that mail does not arrive."""

    does: str
    stops: bool


def share_of(kind: str, content: Any, *, does_accept: bool) -> Optional[Share]:
    """Return the share that passes, None for one that a server does not reach.

    A rule that accepts has the share itself, and one that refuses all that is over it.
    """
    if not isinstance(content, dict) or bool(content.get("inv")) == does_accept:
        return None
    if kind == "limit" and content.get("rate_unit", "packets") == "packets":
        rate, per = content.get("rate"), str(content.get("per"))
        if isinstance(rate, int) and per in _MINUTES and rate / _MINUTES[per] < FEW:
            return Share(f"{rate} in a {per}", rate / _MINUTES[per] < VERY_FEW)
    if kind in {"ct count", "connlimit"}:
        count = content.get("val")
        if isinstance(count, int) and count < FEW_AT_ONCE:
            return Share(f"{count} at a time", stops=False)
    return None


def share_of_match(match: Mapping[str, Any]) -> Optional[Share]:
    """Return the share of a match by chance or by turns (`numgen`), None for another match."""
    compared = match.get("left")
    numbers = compared.get("numgen") if isinstance(compared, dict) else None
    if not isinstance(numbers, dict):
        return None
    return Share(f"not each (numgen {numbers.get('mode', 'inc')})", stops=False)


def mark_of(expr: Sequence[Any]) -> Optional[int]:
    """Return the mark that a rule gives a packet, -1 for one that is not known, None if it gives none."""
    for part in expr:
        content = part.get("mangle")
        if isinstance(content, dict) and content.get("key") == {"meta": {"key": "mark"}}:
            value = content.get("value")
            return value if isinstance(value, int) else -1
        if target_of_iptables(part.get("xt")) in _MARKS:
            return -1
    return None


def fits_mark(selector: Any, words: Sequence[Any], mark: int) -> Optional[bool]:
    """Return whether a packet's mark is one of these, None if it is not known."""
    mask = -1
    if isinstance(selector, dict) and isinstance(selector.get("&"), list):
        selector, mask = selector["&"]
    is_mark = selector == {"meta": {"key": "mark"}} and isinstance(mask, int)
    if not is_mark or mark < 0 or not all(isinstance(one, int) for one in words):
        return None
    return mark & mask in words


def is_of_mark(selector: Any) -> bool:
    """Return True if a match compares the packet's mark, whole or under a mask."""
    if isinstance(selector, dict) and isinstance(selector.get("&"), list):
        selector = selector["&"][0]
    return bool(selector == {"meta": {"key": "mark"}})


def accepts(expr: Sequence[Any]) -> bool:
    """Return True if a rule accepts what it applies to."""
    return any("accept" in part for part in expr)


def target_of_iptables(content: Any) -> str:
    """Return the name of a target, "" for a match."""
    is_target = isinstance(content, dict) and content.get("type") == "target"
    return str(content.get("name")) if is_target else ""


def target(content: Any) -> str:
    """Return ADDRESS:PORT of a redirection, "" for one that changes nothing that is known."""
    if not isinstance(content, dict):
        return "another program" if content is None else str(content)
    address, port = content.get("addr", ""), content.get("port")
    return f"{address}:{port}" if port is not None else str(address)
