"""What is published, as look-ups of it: at the zone's servers, at a resolver, or at neither."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wizard.answers.model import Answers
from wizard.dns.asking import FAILED, FOUND, NO_RECORD, Answer, Question
from wizard.dns.authority import Server, ZoneAnswers
from wizard.dns.lookups import Lookups, further_questions, policy_questions, questions

Rows = Mapping[tuple[str, str], tuple[str, ...]]
"""Records in presentation format by name and type."""

NS1, NS2 = Server("ns1.example.com", "192.0.2.1"), Server("ns2.example.com", "192.0.2.2")


def lookups(
    answers: Answers,
    rows: Rows,
    addresses: Sequence[str] = (),
    *,
    zone: str = "example.com",
    servers: Sequence[tuple[Server, Rows]] | None = None,
) -> Lookups:
    """Return the look-ups of a host whose resolver has these rows, and whose zone's servers have them.

    `servers` has other rows by server; () is a zone whose servers were not found.
    """
    asked = [*questions(answers, addresses), *policy_questions(answers)]
    found = {one: answer(one, rows) for one in asked}
    for name, kind in rows:
        found[Question(name, kind)] = answer(Question(name, kind), rows)
    at = {
        server: {one: answer(one, own) for one in found}
        for server, own in (servers if servers is not None else [(NS1, rows)])
    }
    zones = (ZoneAnswers(zone, at) if at else ZoneAnswers(zone, why="no answer in time"),)
    seen = Lookups(found, tuple(addresses), zones)
    for one in further_questions(seen, answers.relay.host):
        found.setdefault(one, answer(one, rows))
    return seen


def answer(question: Question, rows: Rows) -> Answer:
    """Return the answer of a server that has these rows; the row `FAILED` is one that fails."""
    records = rows.get((question.name, question.kind), ())
    if records == (FAILED,):
        return Answer(question, FAILED, why="SERVFAIL")
    return Answer(question, FOUND if records else NO_RECORD, tuple(sorted(records)), question.name)
