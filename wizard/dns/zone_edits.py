"""Edit a zone file: add an MX record after each name's addresses, move addresses, raise the serial.

Further records are those of `wizard.dns.zone_additions`.

A new line has the layout of the line before: the same columns, and the owner inherited.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Optional

from wizard.dns.zone import Splice, Zone, ZoneFault, spliced
from wizard.dns.zone_additions import Added, Addition, Further, additions
from wizard.dns.zone_records import (
    SERIAL,
    Name,
    Record,
    Records,
    absolute,
    is_subdomain,
    next_serial,
    read_records,
    shown,
)

PREFERENCE = 10
"""The MX records' preference (RFC 5321, section 5.1)."""

MOST_CHANGED = 52_000
"""Names whose MX record or address changes in one edit; so many take some seconds."""

_TAB = 8

_ODD = re.compile(rb'[\n("\\\x80-\xff]')


@dataclass(frozen=True)
class Wanted:
    """The wanted records: `mail_host` is the MX of all names; `now` is in seconds since the epoch.

    If both are given, A records with the address `move_from` get `move_to`. `further` are other records.
    """

    origin: str
    mail_host: str
    now: int
    move_from: str = ""
    move_to: str = ""
    further: Optional[Further] = None


@dataclass(frozen=True)
class Edited:
    """The next text, with its `reasons` as (first line, last line, why).

    `added` are the names that get an MX record, `moved` the names whose address changes. `was` is
    the SOA's serial before, `serial` afterwards. `addresses` are the zone's own A records
    afterwards, as (name, IPv4 address). `led` are the names whose MX is then the mail host. `written`
    are the further records that it gets, and `refused` says which ones it cannot get.
    """

    text: bytes
    was: int
    serial: int
    reasons: tuple[tuple[int, int, str], ...] = ()
    added: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    addresses: tuple[tuple[str, str], ...] = ()
    led: tuple[str, ...] = ()
    written: tuple[Addition, ...] = ()
    refused: tuple[str, ...] = ()


def edit(text: bytes, wanted: Wanted) -> Edited:
    """Return the edited zone file. Raises ZoneFault when it cannot be edited."""
    # The records of a large zone take more memory than its text: they are gone before that is made.
    splices, edited = _planned(text, wanted)
    following, reasons = spliced(text, splices)
    return replace(edited, text=following, reasons=reasons)


def _planned(text: bytes, wanted: Wanted) -> tuple[list[Splice], Edited]:
    """Return the edits of a zone file, and what they come to, with the text of before."""
    zone = Zone.parse(text)
    records = read_records(zone, wanted.origin)
    foreign = records.foreign()
    last = _without_mx(records, foreign)
    own = [one for one in records.all if one.kind == "A" and one.owner not in foreign]
    moving = [one for one in own if wanted.move_from and _address(one) == wanted.move_from]
    serial = records.soa.data[SERIAL]
    before = serial.text.decode("ascii")
    moved = {one.entry.start for one in moving}
    more = Added([], [], [])
    if wanted.further is not None:
        mx = {one.owner: f"{PREFERENCE} {wanted.mail_host}" for one in last}
        more = additions(zone, records, foreign, wanted.further, mx)
    edited = Edited(
        text,
        int(before),
        int(before),
        addresses=tuple(
            (shown(one.owner), wanted.move_to if one.entry.start in moved else _address(one))
            for one in own
        ),
        led=_led(records, foreign, absolute(wanted.mail_host), last),
        written=tuple(more.records),
        refused=tuple(more.refused),
    )
    if not last and not moving and not more.splices:
        return [], edited
    changing = max(len(last), len(moving))
    if changing > MOST_CHANGED:
        raise ZoneFault(
            f"{changing} names of it would change, and at most {MOST_CHANGED} are changed here"
        )
    if last:
        _refuse_bad_target(records, absolute(wanted.mail_host), foreign)
    after = next_serial(before, wanted.now)
    mail_host = f"{PREFERENCE} {wanted.mail_host}.".encode("ascii")
    why_serial = "Raised, so that secondary servers and caches see that the zone changed."
    why_moved = f"It had the address {wanted.move_from}; moved, as you asked."
    splices = [
        Splice(serial.start, serial.end, after.encode("ascii"), why_serial),
        *(_beside(zone, one, mail_host) for one in last),
        *(
            Splice(word.start, word.end, wanted.move_to.encode("ascii"), why_moved)
            for word in (one.data[0] for one in moving)
        ),
        *more.splices,
    ]
    return splices, replace(
        edited,
        serial=int(after),
        added=tuple(shown(one.owner) for one in last),
        moved=tuple(dict.fromkeys(shown(one.owner) for one in moving)),
    )


def names_with_mx(text: bytes, origin: str, mail_host: str) -> tuple[str, ...]:
    """Return the names whose MX is `mail_host`, in the file's order. Raises ZoneFault."""
    records = read_records(Zone.parse(text), origin)
    return _led(records, records.foreign(), absolute(mail_host), ())


def _led(
    records: Records, foreign: frozenset[Name], mail_host: Name, last: Sequence[Record]
) -> tuple[str, ...]:
    """Return the names whose MX is the mail host, also those that get one after a `last` record."""
    extended = {one.entry.start for one in last}
    found = (
        one.owner
        for one in records.all
        if one.entry.start in extended
        or (
            one.kind == "MX"
            and one.owner not in foreign
            and one.owner[:1] != (b"*",)
            and one.target == mail_host
        )
    )
    return tuple(shown(name) for name in dict.fromkeys(found))


def _address(record: Record) -> str:
    return record.data[0].text.decode("ascii")


def _without_mx(records: Records, foreign: frozenset[Name]) -> tuple[Record, ...]:
    """Return the last address record of each name that has an A record and no MX."""
    last: dict[Name, Record] = {}
    for one in records.all:
        if one.kind in {"A", "AAAA"}:
            last[one.owner] = one
    settled = records.owners("MX", "CNAME") | foreign
    return tuple(
        last[name]
        for name in dict.fromkeys(one.owner for one in records.all if one.kind == "A")
        if name not in settled and _is_host(name)
    )


def _is_host(name: Name) -> bool:
    """True if it is a host's name: no wildcard, and no label that begins with `_` (RFC 8552)."""
    return b"*" not in name and b"_" not in {label[:1] for label in name}


def _refuse_bad_target(records: Records, target: Name, foreign: frozenset[Name]) -> None:
    """Raise ZoneFault where mail would be lost: an MX must lead to an address (RFC 2181, 10.3)."""
    if not is_subdomain(target, records.origin) or target in foreign:
        return
    if records.at(target, "CNAME"):
        raise ZoneFault(
            f"{shown(target)} is a CNAME in this zone, and an MX must not lead to one; give it an "
            "A record instead"
        )
    above = {name for name in _ancestors(target) if is_subdomain(name, records.origin)}
    cuts = (records.owners("NS") - {records.origin}) | records.owners("DNAME")
    if not records.at(target, "A", "AAAA") and not above & cuts:
        raise ZoneFault(
            f"{shown(target)} has no A record in this zone, and mail for every name that led to "
            "it would be lost; add one first"
        )


def _ancestors(name: Name) -> Iterator[Name]:
    while name:
        yield name
        name = name[1:]


def _beside(zone: Zone, record: Record, mail_host: bytes) -> Splice:
    """Return the MX line that follows an address record's entry; `mail_host` are its two fields."""
    entry = record.entry
    line = _like(zone.text, record) + mail_host
    end = zone.line_end(entry)
    why = f"{shown(record.owner)} has an address and no MX: this is where its mail goes."
    if end:
        return Splice(entry.end, entry.end, line + end, why)
    others = [one for one in map(zone.line_end, zone.entries) if one]
    return Splice(entry.end, entry.end, (others[0] if others else b"\n") + line, why)


def _like(text: bytes, record: Record) -> bytes:
    """Return the text before an MX record's fields, in the columns of an address record."""
    start, kind, data = record.entry.start, record.type_word, record.data[0]
    before, gap = text[start : kind.start], text[kind.end : data.start]
    if _ODD.search(before) or gap.strip(b" \t"):
        return b"\tIN MX\t"
    words, first = b"mx" if kind.text.islower() else b"MX", kind
    if record.class_word is not None:
        first = record.class_word
        between = text[first.end : kind.start]
        words = first.text + (b" " if between.strip(b" \t") else between) + words
    return _in_columns(
        _column(text[start : first.start]),
        words,
        _column(text[start : data.start]),
        b"\t" in before,
        b"\t" in gap,
    )


@lru_cache(maxsize=256)
def _in_columns(column: int, words: bytes, end: int, tabs: bool, tabs_behind: bool) -> bytes:
    """Return words that begin at a column, padded up to another one: most lines of a zone are alike."""
    return _filled(_filled(b"", column, tabs=tabs) + words, end, tabs=tabs_behind)


def _column(line: bytes) -> int:
    return len(line.expandtabs(_TAB)) if b"\t" in line else len(line)


def _filled(line: bytes, column: int, *, tabs: bool) -> bytes:
    """Return the line padded up to a column, with at least one blank."""
    at = _column(line)
    if not tabs:
        return line + b" " * max(1, column - at)
    whole = column // _TAB - at // _TAB
    if whole < 1:
        return line + (b"\t" if column <= at else b" " * (column - at))
    return line + b"\t" * whole + b" " * (column % _TAB)
