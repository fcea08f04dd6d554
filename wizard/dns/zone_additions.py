"""Add records to a zone that has none of their kind, and complete its SPF records.

A record that is there stays as it is. The one exception is SPF: two records count as none (RFC 7208, 4.5),
so what an SPF record lacks is written into it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Callable, NamedTuple, Optional

from wizard.dns.asking import FOUND, NO_RECORD, Answer, Question
from wizard.dns.lookups import Lookups
from wizard.dns.spf import text_of
from wizard.dns.zone import Splice, Zone
from wizard.dns.zone_records import Name, Record, Records, absolute, is_subdomain, shown


@dataclass(frozen=True)
class Addition:
    """A record that the zone is to have: `name` without its final dot, `data` as in a zone file.

    `version` is how the text of a TXT record of the kind begins, "" for another type. `completes`
    allows to replace the text of a record of the kind.
    """

    name: str
    kind: str
    data: str
    why: str
    version: str = ""
    completes: bool = False


@dataclass(frozen=True)
class Further:
    """Further records of a zone: `make` returns them for what the zone itself answers to `questions`.

    `addresses` are this host's own.
    """

    questions: tuple[Question, ...]
    addresses: tuple[str, ...]
    make: Callable[[Lookups], Iterable[Addition]]


class Added(NamedTuple):
    """The edits, the records that they write, and in words which records the zone cannot get."""

    splices: list[Splice]
    records: list[Addition]
    refused: list[str]


def additions(
    zone: Zone, records: Records, foreign: frozenset[Name], further: Further, mx: Mapping[Name, str]
) -> Added:
    """Return the edits for further records. Names of other zones get none.

    New lines are at the end of the file, with whole names, so that $ORIGIN does not matter. `mx` has the
    MX that the same run adds, by name.
    """
    wanted = list(further.make(_zone_lookups(records, further, mx)))
    at_owner = _by_owner(records, {absolute(one.name) for one in wanted})
    cuts = (records.owners("NS") - {records.origin}) | records.owners("DNAME")
    splices: list[Splice] = []
    written: list[Addition] = []
    lines: list[tuple[bytes, str]] = []
    refused: list[str] = []
    ends = [one for one in map(zone.line_end, zone.entries) if one]
    end = ends[0] if ends else b"\n"
    for one in wanted:
        owner = absolute(one.name)
        if not is_subdomain(owner, records.origin):
            continue
        there = at_owner[owner]
        why_not = _why_not(there, owner, foreign | cuts)
        present = [each for each in there if each.kind == one.kind and _is_of(each, one.version)]
        if why_not:
            refused.append(f"{one.name} {one.kind}: {why_not}")
        elif not present:
            line = f"{one.name}.\tIN {one.kind}\t{one.data}".encode("ascii")
            lines.append((line + end, one.why))
            written.append(one)
        elif one.completes:
            splice = _completed(zone, present, one)
            if splice is None:
                refused.append(f"{one.name} {one.kind}: write it yourself as {one.data}")
            elif zone.text[splice.start : splice.end] != splice.text:
                splices.append(splice)
                written.append(one)
    at = len(zone.text)
    if lines and zone.text and not zone.text.endswith(b"\n"):
        lines[0] = (end + lines[0][0], lines[0][1])
    return Added([*splices, *(Splice(at, at, line, why) for line, why in lines)], written, refused)


def _by_owner(records: Records, owners: Collection[Name]) -> dict[Name, list[Record]]:
    found: dict[Name, list[Record]] = {owner: [] for owner in owners}
    for one in records.all:
        if one.owner in found:
            found[one.owner].append(one)
    return found


def _why_not(there: Iterable[Record], owner: Name, elsewhere: frozenset[Name]) -> str:
    if any(one.kind == "CNAME" for one in there):
        return "the name is a CNAME, which allows no other record"
    if any(owner[at:] in elsewhere for at in range(len(owner))):
        return "the name is in a zone of its own"
    return ""


def _is_of(record: Record, version: str) -> bool:
    return _text(record).lower().startswith(version.lower())


def _text(record: Record) -> str:
    return text_of(_data(record)) if record.kind == "TXT" else ""


def _completed(zone: Zone, present: Sequence[Record], one: Addition) -> Optional[Splice]:
    """Return the edit of the one record that is there; None if it is not on one line, or one of several."""
    data = present[0].data
    start, end = data[0].start, data[-1].end
    text = zone.text[start:end]
    between = b"".join(zone.text[one.end : more.start] for one, more in zip(data, data[1:]))
    if len(present) > 1 or b"\n" in text or b";" in between:
        return None
    if text_of(_data(present[0])) == text_of(one.data):
        return Splice(start, end, text, one.why)
    return Splice(start, end, one.data.encode("ascii"), one.why)


def _zone_lookups(records: Records, further: Further, mx: Mapping[Name, str]) -> Lookups:
    """Return what the zone itself answers; what is in other zones is not known."""
    owners = {question: absolute(question.name) for question in further.questions}
    at_owner = _by_owner(records, set(owners.values()))
    found = {}
    for question, owner in owners.items():
        if not is_subdomain(owner, records.origin):
            continue
        rows = [_data(one) for one in at_owner[owner] if one.kind == question.kind]
        rows += [mx[owner]] if question.kind == "MX" and owner in mx else []
        state = FOUND if rows else NO_RECORD
        found[question] = Answer(question, state, tuple(sorted(rows)), question.name)
    return Lookups(found, further.addresses)


def _data(record: Record) -> str:
    """Return the data of a record in presentation format, its last name in full."""
    if record.kind in {"MX", "NS", "CNAME"}:
        before = [word.text.decode("ascii", "backslashreplace") for word in record.data[:-1]]
        return " ".join((*before, shown(record.target)))
    return " ".join(_strings(record))


def _strings(record: Record) -> Iterator[str]:
    for word in record.data:
        text = word.text.decode("ascii", "backslashreplace")
        yield f'"{text}"' if record.kind == "TXT" and not word.quoted else text
