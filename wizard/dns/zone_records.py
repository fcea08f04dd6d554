"""What the entries of a zone file say: records with their owners, and where the zone is cut.

Only what an edit rests on is judged here; named-checkzone(8) judges all of it before a file is
replaced.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Optional

import dns.exception
import dns.name

from wizard.dns.serial import MOST
from wizard.dns.zone import Entry, Word, Zone, ZoneFault
from wizard.errors import harmless

_TTL = re.compile(rb"\d+|(?:\d+[smhdwSMHDW])+")
_CLASS = re.compile(rb"IN|CH|HS|CS|CLASS\d+", re.IGNORECASE)
_TYPE = re.compile(rb"[A-Za-z][A-Za-z0-9-]*")

SIGNED = frozenset({"RRSIG", "DNSKEY", "NSEC", "NSEC3", "NSEC3PARAM", "CDNSKEY", "CDS"})
"""Records that only a signer makes (RFC 4034, RFC 5155)."""

_UNSEEN = {
    b"$INCLUDE": "the records of the file that it names",
    b"$GENERATE": "the records that it makes",
}

_FIELDS = {"A": 1, "MX": 2, "SOA": 7, "NS": 1, "CNAME": 1, "DNAME": 1}
"""How many fields the types have that an edit rests on."""

SERIAL = 2
"""Which of the SOA's fields is the serial (RFC 1035, section 3.3.13)."""


@dataclass(frozen=True)
class Record:
    """One record of class IN: `owner` in full and lower case, `kind` the type in capitals.

    `origin` is what a name without a final dot is relative to where the record stands.
    """

    owner: dns.name.Name
    kind: str
    origin: dns.name.Name
    entry: Entry
    type_word: Word
    class_word: Optional[Word]
    data: tuple[Word, ...]

    @property
    def target(self) -> dns.name.Name:
        """The name that its last field is (MX, NS, CNAME). Raises ZoneFault when it is none."""
        return _name(self.data[-1], self.origin, self.entry)


@dataclass(frozen=True)
class Records:
    """A zone's records in the file's order, and the zone's name."""

    origin: dns.name.Name
    all: tuple[Record, ...]

    def owners(self, *kinds: str) -> frozenset[dns.name.Name]:
        """Return the names that have a record of one of these types."""
        return frozenset(one.owner for one in self.all if one.kind in kinds)

    def at(self, owner: dns.name.Name, *kinds: str) -> tuple[Record, ...]:
        """Return a name's records of these types."""
        return tuple(one for one in self.all if one.owner == owner and one.kind in kinds)

    @property
    def soa(self) -> Record:
        """The zone's SOA record; `read_records` saw to it that there is one."""
        return next(one for one in self.all if one.kind == "SOA")

    def foreign(self) -> frozenset[dns.name.Name]:
        """Return the owners that this zone does not answer for.

        Those outside it, at or below a delegation (glue), and below a DNAME (RFC 6672).
        """
        cuts = self.owners("NS") - {self.origin}
        dnames = self.owners("DNAME")
        return frozenset(
            name
            for name in {one.owner for one in self.all}
            if not name.is_subdomain(self.origin)
            or _is_below(name, cuts)
            or (name != self.origin and _is_below(name.parent(), dnames))
        )


def _is_below(name: dns.name.Name, tops: Collection[dns.name.Name]) -> bool:
    if not tops:
        return False
    while True:
        if name in tops:
            return True
        if name == dns.name.root or not name.labels:
            return False
        name = name.parent()


def read_records(zone: Zone, origin: str) -> Records:
    """Return the records of a zone named `origin`. Raises ZoneFault when it cannot be edited.

    So are: a syntax error, signatures, $INCLUDE and $GENERATE (what they stand for is not seen),
    another class than IN, no SOA or more than one, a serial that is none.
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
    if not serial.isdigit() or int(serial) > MOST:
        raise ZoneFault(
            f"line {soas[0].entry.line}: the SOA record has no serial that is a number up to {MOST}"
        )
    return records


def absolute(name: str) -> dns.name.Name:
    """Return a name in full, in lower case; ValueError when it is none."""
    try:
        return dns.name.from_text(name, dns.name.root).canonicalize()
    except (dns.exception.DNSException, UnicodeError) as error:
        raise ZoneFault(f"{harmless(name)!r} is no name") from error


def _records(zone: Zone, apex: dns.name.Name) -> Iterator[Record]:
    origin: dns.name.Name = apex
    owner: Optional[dns.name.Name] = None
    for entry in zone.entries:
        words = entry.words
        if not words:
            continue
        if words[0].text.startswith(b"$") and not entry.inherits:
            origin = _directive(entry, origin)
            continue
        if not entry.inherits:
            owner, words = _name(words[0], origin, entry), words[1:]
        if owner is None:
            raise ZoneFault(f"line {entry.line}: a record without an owner, and none before it")
        yield _record(entry, owner, origin, words)


def _directive(entry: Entry, origin: dns.name.Name) -> dns.name.Name:
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


def _record(
    entry: Entry, owner: dns.name.Name, origin: dns.name.Name, words: tuple[Word, ...]
) -> Record:
    class_word: Optional[Word] = None
    has_ttl = False
    rest = list(words)
    while rest and not rest[0].quoted:
        if class_word is None and _CLASS.fullmatch(rest[0].text):
            class_word = rest.pop(0)
        elif not has_ttl and _TTL.fullmatch(rest[0].text):
            has_ttl = True
            rest.pop(0)
        else:
            break
    if not rest or rest[0].quoted or not _TYPE.fullmatch(rest[0].text):
        raise ZoneFault(f"line {entry.line}: no record type where one should be")
    if class_word is not None and class_word.text.upper() != b"IN":
        raise ZoneFault(f"line {entry.line}: its class is {_shown(class_word)}, not IN")
    kind = rest[0].text.upper().decode("ascii")
    record = Record(owner, kind, origin, entry, rest[0], class_word, tuple(rest[1:]))
    wanted = _FIELDS.get(kind)
    if wanted is not None and len(record.data) != wanted:
        raise ZoneFault(
            f"line {entry.line}: a {kind} record has {wanted} field{'s' if wanted > 1 else ''}, "
            f"this one has {len(record.data)}"
        )
    if kind == "A" and not _is_address(record.data[0].text):
        raise ZoneFault(f"line {entry.line}: {_shown(record.data[0])} is no IPv4 address")
    return record


def _name(word: Word, origin: dns.name.Name, entry: Entry) -> dns.name.Name:
    if word.text == b"@" and not word.quoted:
        return origin
    try:
        name = "" if word.quoted else word.text.decode("ascii")
        return dns.name.from_text(name, origin).canonicalize()
    except (dns.exception.DNSException, ValueError) as error:
        raise ZoneFault(f"line {entry.line}: {_shown(word)} is no name") from error


def _is_address(text: bytes) -> bool:
    try:
        ipaddress.IPv4Address(text.decode("ascii"))
    except ValueError:
        return False
    return True


def _shown(word: Word) -> str:
    return word.text[:60].decode("ascii", "backslashreplace")
