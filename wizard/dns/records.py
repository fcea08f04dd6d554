"""The DNS records that a mail server needs, for operators whose zone is on another server.

They are rows of `wizard.dns.record_kinds`: here they become a table, and a fragment of a zone file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Optional

from wizard.answers.model import Answers
from wizard.dns.lookups import Lookups
from wizard.dns.record_basis import NO_KEYS, Basis, ServedKeys
from wizard.dns.record_kinds import KINDS, OWN, RecordKind

_OPTIONAL = "These are optional: each helps, and mail arrives without it."


@dataclass(frozen=True)
class Published:
    """One record: `name` and `data` in presentation format, names in full with a final dot.

    `zone` is `own`, `reverse` for the zone of the address's provider, or `other`. `id` is that of its
    kind. `waits` says what must be done first, "" if it can be published as it is. `note` is what a
    reader of the record must know: lines of text.
    """

    name: str
    kind: str
    data: str
    why: str
    zone: str = OWN
    id: str = ""
    optional: bool = False
    waits: str = ""
    note: str = ""


def to_publish(
    answers: Answers,
    addresses: Sequence[str],
    found: Lookups = Lookups({}, ()),  # noqa: B008 (frozen)
    keys: ServedKeys = NO_KEYS,
    relay: str = "",
    *,
    signing: Optional[Mapping[str, str]] = None,
) -> tuple[Published, ...]:
    """Return the records for these answers and what is published today (`found`).

    `addresses` are this host's public IPv4 addresses. `relay` is a relay host of main.cf that the
    answers do not have. `signing` are the keys that sign mail, as in `Basis`. No record is returned for a name that cannot be public, such as
    localhost.localdomain.
    """
    basis = Basis(
        answers, tuple(addresses), found, keys, answers.relay.host or relay, signing or {}
    )
    return tuple(record for kind in KINDS for record in of_kind(kind, basis))


def of_kind(kind: RecordKind, basis: Basis) -> Iterator[Published]:
    """Yield the records of one kind."""
    for name in kind.names(basis):
        for one in kind.data(basis, name):
            yield Published(
                kind.owner.format(name),
                kind.kind,
                one.text,
                kind.why,
                one.zone or kind.zone,
                kind.id,
                kind.optional,
                one.waits,
                one.note or kind.note,
            )


def table(records: Sequence[Published]) -> tuple[str, ...]:
    """Return the records as lines: name, type, data in columns."""
    name = max((len(one.name) for one in records), default=0)
    return tuple(f"{one.name:<{name}}  {one.kind:<4} {one.data}" for one in records)


def fragment(records: Sequence[Published]) -> tuple[str, ...]:
    """Return the lines of a zone file (RFC 1035); what cannot be published as it is is a comment.

    Above it is what must be done first, and each note is there once.
    """
    lines: list[str] = []
    waits = ""
    notes: set[str] = set()
    for one in sorted(records, key=lambda record: record.optional):
        row = f"{one.name}\tIN {one.kind}\t{one.data}"
        for note in (_OPTIONAL if one.optional else "", one.note):
            lines += [] if note in notes else map(_comment, note.splitlines())
            notes.add(note)
        if one.waits and one.waits != waits:
            lines.append(_comment(f"{one.waits}:"))
        waits = one.waits
        lines.append(_comment(row) if waits else row)
    return tuple(lines)


def _comment(text: str) -> str:
    return f"; {text}"
