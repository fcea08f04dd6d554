"""Evaluate an SPF policy for an address, as a receiving server does (RFC 7208).

The caller does the DNS queries. Strangers write the records, so everything is limited: ten terms that
need a query, two queries without a record, ten names of an MX.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Optional, Union

from wizard.dns.asking import Answer, reversed_name

PASS, FAIL, SOFTFAIL, NEUTRAL, NONE = "pass", "fail", "softfail", "neutral", "none"
PERMERROR, TEMPERROR = "permerror", "temperror"
"""The results of check_host() (RFC 7208, 2.6)."""

_LONGEST_TERM = 300
"""Characters; a name in the DNS has at most 253."""

MOST_LOOKUPS, MOST_VOID, MOST_NAMES = 10, 2, 10
"""RFC 7208, 4.6.4."""

Lookup = Callable[[str, str], Answer]
"""Queries a name for a record type."""

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]
Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]

_VERSION = re.compile(r"v=spf1(?: |$)", re.IGNORECASE)
_NEAR = re.compile(r"\s*v\s*=?\s*spf1?\b", re.IGNORECASE)
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(r"\\(\d{3}|.)")
_MACRO = re.compile(r"%(?:\{([slodiphcrtv])(\d{0,3})(r?)([.+,/_=-]*)\}|([%_-]))", re.IGNORECASE)
_DOMAIN = re.compile(
    r".*(?:\.(?:[a-z0-9][a-z0-9-]*)?[a-z](?:[a-z0-9-]*[a-z0-9])?\.?|%\{[^}]*\})", re.IGNORECASE
)
"""A domain that ends in a top-level label, which is no number, or in a macro (RFC 7208, 7.1)."""
_WIDTH = r"(?:/(?P<four>0|[1-9]\d?))?(?://(?P<six>0|[1-9]\d{0,2}))?"
_TERMS = {
    "all": "",
    "include": r":(?P<target>\S+)",
    "exists": r":(?P<target>\S+)",
    "ptr": r"(?::(?P<target>\S+))?",
    "a": rf"(?::(?P<target>\S+?))?{_WIDTH}",
    "mx": rf"(?::(?P<target>\S+?))?{_WIDTH}",
    "ip4": r":(?P<target>[\d.]+)(?:/(?P<four>0|[1-9]\d?))?",
    "ip6": r":(?P<target>[\da-f:.]+)(?:/(?P<six>0|[1-9]\d{0,2}))?",
}
"""What follows the name of a mechanism (RFC 7208, section 5)."""
_TERM = re.compile(
    rf"(?P<sign>[+?~-]?)(?P<kind>{'|'.join(_TERMS)})(?=[:/]|$)(?P<rest>.*)", re.IGNORECASE
)
_REST = {kind: re.compile(rest, re.IGNORECASE) for kind, rest in _TERMS.items()}
_MODIFIER = re.compile(r"([a-z][\w.-]*)=(\S*)", re.IGNORECASE)
_ONCE = frozenset({"redirect", "exp"})
"""Modifiers that name a domain and may be there once."""
_SIGNS = {"": PASS, "+": PASS, "-": FAIL, "~": SOFTFAIL, "?": NEUTRAL}


@dataclass(frozen=True)
class Result:
    """The result for an address, the record, and the term or the fault that decides."""

    result: str
    record: str = ""
    why: str = ""


class _Ended(Exception):
    """The evaluation ends with an error."""

    def __init__(self, result: str, why: str) -> None:
        super().__init__(why)
        self.result = result


def text_of(record: str) -> str:
    """Return the text of a TXT record in presentation format: its strings, joined."""
    joined = "".join(_STRING.findall(record)) if record.startswith('"') else record
    return _ESCAPE.sub(lambda one: chr(int(one[1])) if one[1].isdecimal() else one[1], joined)


def records_of(answer: Answer) -> list[str]:
    """Return the SPF records among the TXT records of a name."""
    return [text for text in map(text_of, answer.records) if _VERSION.match(text)]


def near_records(answer: Answer) -> Iterator[str]:
    """Yield the TXT records that were meant as SPF, and that receivers do not take for it."""
    return (text for text in map(text_of, answer.records) if _NEAR.match(text))


def names_by_pointer(record: str) -> bool:
    """True if a record has the mechanism `ptr`, which should not be published (RFC 7208, 5.5)."""
    named = filter(None, map(_TERM.fullmatch, record.split()[1:]))
    return any(one["kind"].lower() == "ptr" for one in named)


def evaluate(address: str, domain: str, lookup: Lookup, user: str = "postmaster") -> Result:
    """Return the result for mail of a user of the domain that comes from an address."""
    sought = ipaddress.ip_address(address)
    sought = getattr(sought, "ipv4_mapped", None) or sought
    return _Evaluation(sought, f"{user}@{domain}", lookup).of(domain)


@dataclass(frozen=True)
class _Term:
    """A mechanism: its result, its kind, and what follows it."""

    word: str
    result: str
    kind: str
    target: str
    four: str
    six: str


def _parsed(record: str, domain: str) -> tuple[list[_Term], str]:
    """Return the mechanisms and the domain of redirect, "" without one. Raises _Ended.

    A fault anywhere makes the whole record void (RFC 7208, 4.6).
    """
    if not record.isascii() or not record.isprintable():
        raise _Ended(PERMERROR, f"{domain}: the record has odd characters")
    terms: list[_Term] = []
    modifiers: dict[str, str] = {}
    for word in record.split(" ")[1:]:
        if len(word) > _LONGEST_TERM:
            raise _Ended(PERMERROR, f"{domain}: a term of {len(word)} characters")
        named = _TERM.fullmatch(word)
        modifier = _MODIFIER.fullmatch(word)
        if named:
            terms.append(_term(word, named))
        elif modifier:
            name, value = modifier[1].lower(), modifier[2]
            if name in _ONCE and (name in modifiers or not _DOMAIN.fullmatch(value)):
                raise _Ended(PERMERROR, f"{domain}: {word}")
            _check_macros(value)
            modifiers[name] = value
        elif word:
            raise _Ended(PERMERROR, f"{domain}: {word} is no term")
    return terms, modifiers.get("redirect", "")


def _term(word: str, named: re.Match[str]) -> _Term:
    kind = named["kind"].lower()
    rest = _REST[kind].fullmatch(named["rest"])
    parts = rest.groupdict() if rest else {}
    target, four, six = (parts.get(one) or "" for one in ("target", "four", "six"))
    is_name = kind not in {"ip4", "ip6"}
    if rest is None or (target and is_name and not _DOMAIN.fullmatch(target)):
        raise _Ended(PERMERROR, f"{word} is no term")
    if int(four or 0) > 32 or int(six or 0) > 128:  # noqa: PLR2004 (bits of an address)
        raise _Ended(PERMERROR, f"{word} has a prefix that is too long")
    if is_name:
        _check_macros(target)
    else:
        _network(word, target, four, six)
    return _Term(word, _SIGNS[named["sign"]], kind, target, four, six)


def _network(word: str, target: str, four: str, six: str) -> Network:
    try:
        address = ipaddress.ip_address(target)
    except ValueError:
        raise _Ended(PERMERROR, f"{word} is no network") from None
    if (address.version == 4) != ("ip4:" in word.lower()):  # noqa: PLR2004 (the IP version)
        raise _Ended(PERMERROR, f"{word} is no network of that kind")
    return ipaddress.ip_network(f"{target}/{four or six or address.max_prefixlen}", strict=False)


def _check_macros(text: str) -> None:
    if "%" in _MACRO.sub("", text):
        raise _Ended(PERMERROR, f"{text} has no macro of SPF")


class _Evaluation:
    """One evaluation, with the counts that are limited."""

    def __init__(self, address: Address, sender: str, lookup: Lookup) -> None:
        self._address = address
        self._sender = sender
        self._lookup = lookup
        self._lookups = self._void = 0
        four = isinstance(address, ipaddress.IPv4Address)
        self._kind = "A" if four else "AAAA"

    def of(self, domain: str) -> Result:
        try:
            return self._check(domain)
        except _Ended as end:
            return Result(end.result, "", str(end))

    def _check(self, domain: str) -> Result:
        answer = self._lookup(domain, "TXT")
        if not answer.known:
            raise _Ended(TEMPERROR, f"{domain} TXT: {answer.why or answer.state}")
        records = records_of(answer)
        if not records:
            return Result(NONE, why=f"{domain} has no SPF record")
        if len(records) > 1:
            raise _Ended(PERMERROR, f"{domain} has {len(records)} SPF records")
        found = self._terms(records[0], domain)
        return replace(found, record=records[0])

    def _terms(self, record: str, domain: str) -> Result:
        terms, redirect = _parsed(record, domain)
        for term in terms:
            if self._matches(term, domain):
                return Result(term.result, why=term.word)
        if not redirect or any(term.kind == "all" for term in terms):
            return Result(NEUTRAL, why="no term matches")
        self._count(redirect)
        found = self._check(self._expanded(redirect, domain))
        if found.result == NONE:
            raise _Ended(PERMERROR, found.why)
        return found

    def _matches(self, term: _Term, domain: str) -> bool:
        if term.kind == "all":
            return True
        if term.kind in {"ip4", "ip6"}:
            return self._address in _network(term.word, term.target, term.four, term.six)
        self._count(term.word)
        target = self._expanded(term.target or domain, domain)
        if term.kind == "include":
            return self._included(target)
        if term.kind == "exists":
            return bool(self._found(target, "A"))
        if term.kind == "ptr":
            return any(self._ends_with(name, target) for name in self._names())
        names = self._exchangers(target) if term.kind == "mx" else [target]
        width = (term.four if self._kind == "A" else term.six) or self._address.max_prefixlen
        return any(
            self._address in ipaddress.ip_network(f"{one}/{width}", strict=False)
            for name in names
            for one in self._found(name, self._kind)
        )

    def _included(self, domain: str) -> bool:
        found = self._check(domain)
        if found.result == NONE:
            raise _Ended(PERMERROR, found.why)
        return found.result == PASS

    def _exchangers(self, domain: str) -> list[str]:
        names = [one.split()[-1] for one in self._found(domain, "MX")]
        if len(names) > MOST_NAMES:
            raise _Ended(PERMERROR, f"{domain} has more than {MOST_NAMES} MX records")
        return names

    def _names(self) -> Iterator[str]:
        """Yield the names of the address that lead back to it (RFC 7208, 5.5)."""
        for name in self._found(reversed_name(str(self._address)), "PTR")[:MOST_NAMES]:
            if str(self._address) in self._lookup(name, self._kind).records:
                yield name

    @staticmethod
    def _ends_with(name: str, domain: str) -> bool:
        return f".{name.lower()}".endswith(f".{domain.lower().rstrip('.')}")

    def _found(self, name: str, kind: str) -> tuple[str, ...]:
        answer = self._lookup(name, kind)
        if not answer.known:
            raise _Ended(TEMPERROR, f"{name} {kind}: {answer.why or answer.state}")
        if not answer.records:
            self._void += 1
            if self._void > MOST_VOID:
                raise _Ended(PERMERROR, f"more than {MOST_VOID} queries find nothing: {name}")
        return answer.records

    def _count(self, word: str) -> None:
        self._lookups += 1
        if self._lookups > MOST_LOOKUPS:
            raise _Ended(PERMERROR, f"more than {MOST_LOOKUPS} terms need a query: {word}")

    def _expanded(self, text: str, domain: str) -> str:
        """Replace macros (RFC 7208, section 7)."""
        local, _, sender_domain = self._sender.rpartition("@")
        dotted = str(self._address)
        if self._kind == "AAAA":
            dotted = ".".join(self._address.exploded.replace(":", ""))
        values = {
            "s": self._sender,
            "l": local,
            "o": sender_domain,
            "d": domain,
            "i": dotted,
            "p": "unknown",
            "h": domain,
            "v": "in-addr" if self._kind == "A" else "ip6",
        }

        def value(found: re.Match[str]) -> str:
            letter, digits, is_reversed, delimiters, other = found.groups()
            if other:
                return {"%": "%", "_": " ", "-": "%20"}[other]
            parts = re.split(f"[{re.escape(delimiters or '.')}]", values.get(letter.lower(), ""))
            parts = parts[::-1] if is_reversed else parts
            return ".".join(parts[-int(digits) :] if digits and int(digits) else parts)

        return _MACRO.sub(value, text)[-253:].strip(".")


def failing(result: str) -> Optional[bool]:
    """True if receivers refuse or doubt mail for a result, None if it is not known."""
    return None if result == TEMPERROR else result not in {PASS, NEUTRAL}
