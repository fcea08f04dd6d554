"""Compare strangers' addresses with the addresses that a rule of nft(8) lists (libnftables-json(5)).

A set may have 100,000 networks, so they are read once and compared as numbers.
"""

from __future__ import annotations

import socket
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Any, Optional

Span = tuple[int, int]
"""The first and the last address, as numbers."""

_KINDS = {"ip": socket.AF_INET, "ip6": socket.AF_INET6}
_BITS = {"ip": 32, "ip6": 128}


def _number(text: str, family: str) -> int:
    return int.from_bytes(socket.inet_pton(_KINDS[family], text), "big")


STRANGERS = {
    family: tuple(_number(one, family) for one in several)
    for family, several in {
        "ip": ("20.31.45.77", "62.99.12.77", "133.11.77.77", "201.55.66.77"),
        "ip6": ("2400:7700::77", "2600:7700::77", "2800:7700::77", "2a00:7700::77"),
    }.items()
}
"""Ordinary public addresses, far apart. They are only compared and never contacted.

The documentation networks (RFC 5737, RFC 3849) do not serve: many sets of bogus sources have them.
"""


class Addresses:
    """The addresses of a family in a set or an expression. What is no address of it is skipped."""

    def __init__(self, listed: Iterable[Any], family: str) -> None:
        spans = sorted(span for one in listed if (span := _span(one, family)))
        self._spans = _merged(spans)
        self._firsts = [first for first, _ in self._spans]
        self.are_alike_for_all = self._has_most(family) or self._has_no_public(family)
        """True if strangers do not differ: none is in it, or the half of the internet, which is no
        country and makes the whole with another rule."""

    def __contains__(self, address: int) -> bool:
        at = bisect_right(self._firsts, address) - 1
        return at >= 0 and address <= self._spans[at][1]

    def _has_most(self, family: str) -> bool:
        return len(self._spans) == 1 and any(
            _is_within(one, self._spans[0]) for one in _MOST[family]
        )

    def _has_no_public(self, family: str) -> bool:
        return all(any(_is_within(one, net) for net in _PRIVATE[family]) for one in self._spans)


def _is_within(inner: Span, outer: Span) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _span(one: Any, family: str) -> Optional[Span]:
    """Return the addresses of an element; None if they are of another family or not understood."""
    try:
        if isinstance(one, str):
            if (":" in one) != (family == "ip6"):
                return None
            first = _number(one, family)
            return first, first
        if "prefix" in one:
            address, length = one["prefix"]["addr"], one["prefix"]["len"]
            if (":" in address) != (family == "ip6"):
                return None
            rest = (1 << (_BITS[family] - length)) - 1
            first = _number(address, family) & ~rest
            return first, first | rest
        low, high = one["range"]
        return _number(low, family), _number(high, family)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _merged(spans: Sequence[Span]) -> list[Span]:
    merged: list[Span] = []
    for first, last in spans:
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged


def _networks(family: str, *several: tuple[str, int]) -> list[Span]:
    listed = ({"prefix": {"addr": address, "len": length}} for address, length in several)
    return _merged(sorted(span for one in listed if (span := _span(one, family))))


_PRIVATE = {
    "ip": _networks(
        "ip",
        ("0.0.0.0", 8),  # noqa: S104 (a network, no socket)
        ("10.0.0.0", 8),
        ("100.64.0.0", 10),
        ("127.0.0.0", 8),
        ("169.254.0.0", 16),
        ("172.16.0.0", 12),
        ("192.0.0.0", 24),
        ("192.0.2.0", 24),
        ("192.168.0.0", 16),
        ("198.18.0.0", 15),
        ("198.51.100.0", 24),
        ("203.0.113.0", 24),
        ("224.0.0.0", 3),
    ),
    "ip6": _networks("ip6", ("::", 3), ("2001:db8::", 32), ("4000::", 2), ("8000::", 1)),
}
"""Networks without strangers (RFC 6890). All of IPv6 but 2000::/3 is among them (RFC 4291)."""

_MOST = {
    "ip": [(0, (1 << 31) - 1), (1 << 31, (1 << 32) - 1)],
    "ip6": _networks("ip6", ("2000::", 3)),
}
