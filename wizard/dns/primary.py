"""Ask the primary of a zone that its NS records do not name: a hidden primary (RFC 1035, 3.3.13, MNAME).

Nobody else asks it. It tells a record that was never written from one that the servers have yet to take over.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Optional

from wizard.dns.asking import Answer, Question, ask_within
from wizard.dns.authority import ZoneAnswers


@dataclass(frozen=True)
class Primary:
    """A hidden primary by its name, and what it answers; nothing if it has no address."""

    name: str
    answers: Mapping[Question, Answer]


def ask_hidden_primary(
    questions: Collection[Question],
    zone: ZoneAnswers,
    resolvers: Sequence[str],
    *,
    seconds: float,
    port: int = 53,
) -> Optional[Primary]:
    """Ask it, in at most `seconds` for each of three turns. None if the primary is one of the listed servers."""
    soa = Question(zone.zone, "SOA")
    rows = ask_within((soa,), resolvers, seconds=seconds, port=port)[soa].records
    name = rows[0].split()[0].rstrip(".").lower() if rows else ""
    if not name or name in {one.name.lower() for one in zone.answers}:
        return None
    at = [Question(name, kind) for kind in ("A", "AAAA")]
    found = ask_within(at, resolvers, seconds=seconds, port=port)
    addresses = [address for one in at for address in found[one].records]
    answers = ask_within(questions, addresses[:1], seconds=seconds, port=port) if addresses else {}
    return Primary(name, answers)
