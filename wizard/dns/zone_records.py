"""Read the records of a zone file with their owners, and its delegations.

Only the records that an edit depends on are validated; named-checkzone(8) validates all of them
before a file is replaced.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple, Optional

import dns.exception
import dns.name

from wizard.dns.zone import Entry, Word, Zone, ZoneFault
from wizard.errors import harmless

_TTL = re.compile(rb"\d+|(?:\d+[smhdwSMHDW])+")
_CLASS = re.compile(rb"IN|CH|HS|CS|CLASS\d+", re.IGNORECASE)
_TYPE = re.compile(rb"[A-Za-z][A-Za-z0-9-]*")
_FEW = 256
"""A zone of 50,000 names has few different classes, times and types: so many are cached."""

_PLAIN_NAME = re.compile(rb"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?")
_NAME_PARTS = re.compile(rb"(?:[^.\\]|\\(?:[0-9]{3}|[^0-9]))+|\.", re.DOTALL)
_ESCAPE = re.compile(rb"\\(?:([0-9]{3})|(.))", re.DOTALL)
_LONGEST_LABEL = 63
MOST_LABELS = 500_000
"""Labels of all owners together: fifty thousand names of ten."""
LONGEST_NAME = 255
"""Bytes of a name as DNS sends it: a byte before each label, and one for the root (RFC 1035)."""

Name = tuple[bytes, ...]
"""A full name: its labels in lower case, without the root's empty one.

dnspython's own names take ten times as long, which is too slow for a zone of 50,000 names.
"""

SIGNED = frozenset({"RRSIG", "DNSKEY", "NSEC", "NSEC3", "NSEC3PARAM", "CDNSKEY", "CDS"})
"""Records that only a signer makes (RFC 4034, RFC 5155)."""

_SERIAL = re.compile(rb"[0-9]{1,10}")
MAX_SERIAL = 2**32 - 1
"""A serial has 32 bits."""
_DATED = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d\d")

_UNSEEN = {
    b"$INCLUDE": "the records of the file that it names",
    b"$GENERATE": "the records that it makes",
}

_FIELDS = {"A": 1, "MX": 2, "SOA": 7, "NS": 1, "CNAME": 1, "DNAME": 1}
"""Numbers of fields by type, for the types that an edit depends on."""

_GENERAL = {
    "TYPE1": "A",
    "TYPE2": "NS",
    "TYPE5": "CNAME",
    "TYPE6": "SOA",
    "TYPE15": "MX",
    "TYPE16": "TXT",
    "TYPE28": "AAAA",
    "TYPE33": "SRV",
    "TYPE39": "DNAME",
    "TYPE257": "CAA",
}
"""The types on which an edit depends, by their general names (RFC 3597, section 5)."""

SERIAL = 2
"""Index of the serial among the SOA's fields (RFC 1035, section 3.3.13)."""


class Record(NamedTuple):
    """One record of class IN: `owner` in full and lower case, `kind` the type in capitals.

    `origin` is the name that relative names in this record end in.
    """

    owner: Name
    kind: str
    origin: Name
    entry: Entry
    type_word: Word
    class_word: Optional[Word]
    data: tuple[Word, ...]

    @property
    def target(self) -> Name:
        """The name in its last field (MX, NS, CNAME). Raises ZoneFault when it is not a name."""
        return _name(self.data[-1], self.origin, self.entry)


@dataclass(frozen=True)
class Records:
    """A zone's records in the file's order, and the zone's name."""

    origin: Name
    all: tuple[Record, ...]

    def owners(self, *kinds: str) -> frozenset[Name]:
        """Return the names that have a record of one of these types."""
        return frozenset(one.owner for one in self.all if one.kind in kinds)

    def at(self, owner: Name, *kinds: str) -> tuple[Record, ...]:
        """Return a name's records of these types."""
        return tuple(one for one in self.all if one.owner == owner and one.kind in kinds)

    @property
    def soa(self) -> Record:
        """The zone's SOA record; `read_records` checks that there is one."""
        return next(one for one in self.all if one.kind == "SOA")

    def foreign(self) -> frozenset[Name]:
        """Return the owners that this zone is not authoritative for.

        They are outside the zone, at or below a delegation (glue), or below a DNAME (RFC 6672).
        """
        in_cut = _below(self.owners("NS") - {self.origin})
        in_dname = _below(self.owners("DNAME"))
        return frozenset(
            name
            for name in {one.owner for one in self.all}
            if not is_subdomain(name, self.origin)
            or in_cut(name)
            or (name != self.origin and in_dname(name[1:]))
        )


def is_subdomain(name: Name, top: Name) -> bool:
    """True if a name is `top` or below it."""
    return len(name) >= len(top) and name[len(name) - len(top) :] == top


def _below(tops: Collection[Name]) -> Callable[[Name], bool]:
    """Return a function that is True for names that are one of `tops` or below one."""
    known: dict[Name, bool] = {(): () in tops}

    def is_below(name: Name) -> bool:
        passed = []
        while name not in known and name not in tops:
            passed.append(name)
            name = name[1:]
        found = known.get(name, True)
        known.update(dict.fromkeys(passed, found))
        return found

    return is_below if tops else lambda _name: False


def read_records(zone: Zone, origin: str) -> Records:
    """Return the records of a zone named `origin`. Raises ZoneFault when it cannot be edited.

    The reasons are: a syntax error, signatures, $INCLUDE and $GENERATE (their records are not
    known), another class than IN, no SOA or more than one, an invalid serial.
    """
    if zone.fault:
        raise ZoneFault(zone.fault)
    apex = absolute(origin)
    records = Records(apex, tuple(_records(zone, apex)))
    signed = next((one for one in records.all if one.kind in SIGNED), None)
    if signed is not None:
        raise ZoneFault(
            f"line {signed.entry.line}: the zone is signed (DNSSEC, {signed.kind}), and an edit "
            "would break its signatures; edit and sign it with the tool that signs it"
        )
    soas = [one for one in records.all if one.kind == "SOA"]
    if len(soas) != 1 or soas[0].owner != apex:
        raise ZoneFault(f"{len(soas) or 'no'} SOA record for {origin}; a zone has exactly one")
    serial = soas[0].data[SERIAL].text
    if not _SERIAL.fullmatch(serial) or int(serial) > MAX_SERIAL:
        raise ZoneFault(
            f"line {soas[0].entry.line}: the SOA record has no serial that is a number up to {MAX_SERIAL}"
        )
    return records


def absolute(name: str) -> Name:
    """Return a name in full, in lower case. Raises ZoneFault when it is not a name."""
    try:
        return _labels(name, ())
    except (dns.exception.DNSException, UnicodeError) as error:
        raise ZoneFault(f"{harmless(name)!r} is no name") from error


def _labels(name: str, origin: Name) -> Name:
    found = dns.name.from_text(name, dns.name.Name((*origin, b""))).canonicalize()
    return found.labels[:-1]


def _escaped(text: bytes, origin: Name) -> Name:
    """Return the full name of a text with escapes (RFC 1035, section 5.1).

    Raises ValueError when it is not a name. dnspython takes six times as long.
    """
    if text == b".":
        return ()
    parts = _NAME_PARTS.findall(text)
    if not parts or not text.isascii() or sum(map(len, parts)) != len(text):
        raise ValueError
    labels, dots = parts[::2], parts[1::2]
    if b"." in labels or any(dot != b"." for dot in dots):
        raise ValueError
    name = tuple(_ESCAPE.sub(_unescaped, label).lower() for label in labels)
    if len(labels) > len(dots):
        name += origin
    if any(len(label) > _LONGEST_LABEL for label in name):
        raise ValueError
    if sum(map(len, name)) + len(name) >= LONGEST_NAME:
        raise ValueError
    return name


def _unescaped(found: re.Match[bytes]) -> bytes:
    """Return the byte of an escape. Raises ValueError when its number is above 255."""
    return bytes((int(found[1]),)) if found[1] else found[2]


@cache
def shown(name: Name) -> str:
    """Return a name as text, without the final dot."""
    text = b".".join(name)
    if _PLAIN_NAME.fullmatch(text) and text.count(b".") == len(name) - 1:
        return text.decode("ascii")
    return dns.name.Name((*name, b"")).to_text(omit_final_dot=True)


def _records(zone: Zone, apex: Name) -> Iterator[Record]:
    origin: Name = apex
    owner: Optional[Name] = None
    labels = 0
    for entry in zone.entries:
        words = entry.words
        if not words:
            continue
        if words[0].text.startswith(b"$") and not entry.inherits:
            origin = _directive(entry, origin)
            continue
        if not entry.inherits:
            owner, words = _name(words[0], origin, entry), words[1:]
            labels += len(owner)
            if labels > MOST_LABELS:
                raise ZoneFault(
                    f"its names have more than {MOST_LABELS} labels together, and no more are "
                    "edited here"
                )
        if owner is None:
            raise ZoneFault(f"line {entry.line}: a record without an owner, and none before it")
        yield _record(entry, owner, origin, words)


def _directive(entry: Entry, origin: Name) -> Name:
    word, given = entry.words[0].text.upper(), entry.words[1:]
    if word in _UNSEEN:
        raise ZoneFault(
            f"line {entry.line}: {word.decode('ascii')} is left alone, and {_UNSEEN[word]} are not "
            "seen here, so nothing can be said of what is missing; add the MX records by hand"
        )
    if word == b"$ORIGIN" and len(given) == 1:
        return _name(given[0], origin, entry)
    if word == b"$TTL" and len(given) == 1 and _TTL.fullmatch(given[0].text):
        return origin
    raise ZoneFault(f"line {entry.line}: {_shown(entry.words[0])} is not understood")


def _record(entry: Entry, owner: Name, origin: Name, words: tuple[Word, ...]) -> Record:
    class_word: Optional[Word] = None
    has_ttl = False
    kind = ""
    rest = words
    while rest and not rest[0].quoted:
        is_class, is_ttl, kind = _meaning(rest[0].text)
        if class_word is None and is_class:
            class_word = rest[0]
        elif not has_ttl and is_ttl:
            has_ttl = True
        else:
            break
        rest = rest[1:]
    if not rest or rest[0].quoted or not kind:
        raise ZoneFault(f"line {entry.line}: no record type where one should be")
    if class_word is not None and class_word.text.upper() not in {b"IN", b"CLASS1"}:
        raise ZoneFault(f"line {entry.line}: its class is {_shown(class_word)}, not IN")
    is_general = rest[1:] and rest[1].text == b"\\#" and kind in _GENERAL.values()
    if kind in _GENERAL or is_general:
        raise ZoneFault(
            f"line {entry.line}: its {_GENERAL.get(kind, kind)} record has the general form of RFC 3597,"
            " which is not read here; write it in the form of its type"
        )
    record = Record(owner, kind, origin, entry, rest[0], class_word, rest[1:])
    wanted = _FIELDS.get(kind)
    if wanted is not None and len(record.data) != wanted:
        raise ZoneFault(
            f"line {entry.line}: a {kind} record has {wanted} field{'s' if wanted > 1 else ''}, "
            f"this one has {len(record.data)}"
        )
    if kind == "A" and not _is_address(record.data[0].text):
        raise ZoneFault(f"line {entry.line}: {_shown(record.data[0])} is no IPv4 address")
    return record


@lru_cache(maxsize=_FEW)
def _meaning(text: bytes) -> tuple[bool, bool, str]:
    """Return for a word before the fields if it can be a class, a TTL, and which type ("" for none)."""
    kind = text.upper().decode("ascii") if _TYPE.fullmatch(text) else ""
    return bool(_CLASS.fullmatch(text)), bool(_TTL.fullmatch(text)), kind


def _name(word: Word, origin: Name, entry: Entry) -> Name:
    if word.text == b"@" and not word.quoted:
        return origin
    if not word.quoted and _PLAIN_NAME.fullmatch(word.text):
        labels = tuple(word.text.lower().split(b"."))
        name = labels[:-1] if not labels[-1] else labels + origin
        if sum(map(len, name)) + len(name) < LONGEST_NAME:
            return name
    try:
        return _escaped(b"" if word.quoted else word.text, origin)
    except ValueError as error:
        raise ZoneFault(f"line {entry.line}: {_shown(word)} is no name") from error


def _is_address(text: bytes) -> bool:
    try:
        socket.inet_pton(socket.AF_INET, text.decode("ascii"))
    except (OSError, ValueError):
        return False
    return True


def _shown(word: Word) -> str:
    return word.text[:60].decode("ascii", "backslashreplace")


def next_serial(written: str, now: int) -> str:
    """Return the SOA serial after `written`, in its own style (RFC 1035; RFC 1912, 2.2).

    `written` are digits. The serial has the same width if they begin with 0.

    For a dated one (YYYYMMDDnn) it is today's first, or the next number if that is larger; for any
    other it is the next number. `now` is in seconds since the epoch, the date is in UTC. After the
    largest number comes 1 (RFC 1982), since some servers take 0 for "never set". Raises ValueError
    if `written` is not a serial.
    """
    if not (written.isascii() and written.isdigit()) or int(written) > MAX_SERIAL:
        raise ValueError(f"{written} is no serial: it must be a number up to {MAX_SERIAL}")
    old = int(written)
    following = old + 1 if old < MAX_SERIAL else 1
    if _DATED.fullmatch(written):
        today = int(time.strftime("%Y%m%d01", time.gmtime(now)))
        following = max(today, following)
    return str(following).zfill(len(written) if written.startswith("0") else 0)
