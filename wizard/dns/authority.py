"""Query the authoritative servers. Their TTLs are the zone's; a resolver counts down (RFC 1035)."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Callable, Optional

from wizard.dns.asking import AT_ONCE, FOUND, SILENT, Answer, Question, ask_within

SERVERS = 3
"""Servers of a zone that are tried, one after the other until one answers."""

MAX_SERVERS = 6
"""Servers of a zone that are compared with one another."""


@dataclass(frozen=True)
class Server:
    """A name server of a zone: its name, and its address; "" for one without an address."""

    name: str
    address: str


@dataclass(frozen=True)
class Reach:
    """Which names and servers are queried; `why_not` is the reason for the others."""

    is_name: Callable[[str], bool] = lambda _name: True
    is_address: Callable[[str], bool] = lambda _address: True
    why_not: str = ""


EVERYWHERE = Reach()


@dataclass(frozen=True)
class ZoneAnswers:
    """What the servers of one zone answer; `why` says why they are not known."""

    zone: str
    answers: Mapping[Server, Mapping[Question, Answer]] = field(default_factory=dict)
    why: str = ""

    def of(self, question: Question) -> tuple[Answer, ...]:
        """Return the answers of the servers that answered, in their order."""
        found = (answers.get(question) for answers in self.answers.values())
        return tuple(one for one in found if one is not None and one.known)

    @property
    def disagreements(self) -> tuple[Question, ...]:
        """The questions to which not all servers have the same answer."""
        questions = dict.fromkeys(one for found in self.answers.values() for one in found)
        return tuple(one for one in questions if not _is_one(self.of(one)))

    def without_answer(self, *states: str) -> tuple[tuple[Server, Answer], ...]:
        """Return the servers that answered nothing, with their first answer of one of these states."""
        found = []
        for server, answers in self.answers.items():
            failed = [one for one in answers.values() if one.state in states]
            if failed and not any(one.known for one in answers.values()):
                found.append((server, failed[0]))
        return tuple(found)


def _is_one(answers: Sequence[Answer]) -> bool:
    said = {(one.state == FOUND, tuple(map(str.lower, one.records))) for one in answers}
    return len(said) <= 1


def agreed(answers: Sequence[Answer]) -> Optional[Answer]:
    """Return the answer of all servers, None if there is none or they do not agree."""
    return answers[0] if answers and _is_one(answers) else None


def ask_authority(
    questions: Collection[Question],
    resolvers: Sequence[str],
    *,
    seconds: float,
    port: int = 53,
) -> dict[Question, Answer]:
    """Ask the authoritative servers of each name's zone, in at most `seconds` together.

    The resolvers find these servers, by their IPv4 addresses where they have any. A question is not in the result if its zone or
    servers cannot be found. The other answers are as in `ask_within`.
    """
    deadline = time.monotonic() + seconds
    zones = _find_zones({one.name for one in questions}, resolvers, seconds, port)

    def ask(zone: str) -> dict[Question, Answer]:
        addresses = [one.address for one in zones.servers[zone] if one.address][:SERVERS]
        own = [one for one in questions if zones.of.get(one.name) == zone]
        if not addresses:
            return {}
        return ask_within(own, addresses, seconds=deadline - time.monotonic(), port=port)

    found = _in_parallel(ask, list(zones.servers))
    return {one: answer for part in found for one, answer in part.items()}


def ask_each_server(
    questions: Collection[Question],
    resolvers: Sequence[str],
    *,
    seconds: float,
    port: int = 53,
    reach: Reach = EVERYWHERE,
) -> tuple[ZoneAnswers, ...]:
    """Ask every authoritative server of each name's zone, in at most `seconds` together. Never raises."""
    deadline = time.monotonic() + seconds
    names = {one.name for one in questions}
    zones = _find_zones(names, resolvers, seconds, port, reach)

    def ask(pair: tuple[str, Server]) -> dict[Question, Answer]:
        zone, server = pair
        own = [one for one in questions if zones.of.get(one.name) == zone]
        if not server.address or not reach.is_address(server.address):
            why = reach.why_not or "it has no address"
            return {one: Answer(one, SILENT, why=why) for one in own}
        return ask_within(own, (server.address,), seconds=deadline - time.monotonic(), port=port)

    pairs = [(zone, one) for zone, found in zones.servers.items() for one in found[:MAX_SERVERS]]
    answered = dict(zip(pairs, _in_parallel(ask, pairs)))
    return tuple(
        ZoneAnswers(zone, {one: answered[zone, one] for one in servers[:MAX_SERVERS]})
        for zone, servers in zones.servers.items()
    ) + tuple(ZoneAnswers(name, why=why) for name, why in zones.lost.items())


@dataclass(frozen=True)
class _Zones:
    """The zone `of` each name, the servers of each zone, and why the zone of a name is not known."""

    of: Mapping[str, str]
    servers: Mapping[str, tuple[Server, ...]]
    lost: Mapping[str, str]


def _find_zones(
    names: Collection[str],
    resolvers: Sequence[str],
    seconds: float,
    port: int,
    reach: Reach = EVERYWHERE,
) -> _Zones:
    deadline = time.monotonic() + seconds
    above = {name: tuple(filter(reach.is_name, _zones_above(name))) for name in names}
    wanted = {Question(zone, "NS") for zones in above.values() for zone in zones}
    answers = ask_within(wanted, resolvers, seconds=seconds, port=port)
    zones, lost = {}, {}
    for name, found in above.items():
        candidates = [answers[Question(one, "NS")] for one in found]
        zone = next(filter(_is_zone, candidates), None)
        failed = next((one for one in candidates if not one.known), None)
        if zone is not None:
            zones[name] = zone.question.name
        elif failed is not None:
            lost[failed.question.name] = failed.why
    named = {zone: answers[Question(zone, "NS")].records for zone in {*zones.values()}}
    remaining = deadline - time.monotonic()
    hosts = {
        Question(server, kind)
        for found in named.values()
        for server in found
        for kind in ("A", "AAAA")
        if reach.is_name(server)
    }
    at = ask_within(hosts, resolvers, seconds=remaining, port=port)
    servers = {
        zone: tuple(
            Server(server, address) for server in found for address in _addresses(server, at)[:1]
        )
        for zone, found in named.items()
    }
    return _Zones(zones, servers, lost)


def _addresses(server: str, at: Mapping[Question, Answer]) -> tuple[str, ...]:
    found = (at.get(Question(server, kind)) for kind in ("A", "AAAA"))
    return (*(one for answer in found if answer for one in answer.records), "")


def _in_parallel(ask: Callable, items: Sequence) -> list:  # type: ignore[type-arg]
    if not items:
        return []
    with ThreadPoolExecutor(min(AT_ONCE, len(items)), thread_name_prefix="zones") as pool:
        return list(pool.map(ask, items))


def _zones_above(name: str) -> tuple[str, ...]:
    """Return the names that may be a name's zone, the nearest first, no top-level domain.

    A name with `_` is in the zone of the name below which it is (RFC 8552). Where it is a zone of its
    own, these servers refer to others, which is no answer.
    """
    labels = name.split(".")
    while len(labels) > 1 and labels[0].startswith("_"):
        labels = labels[1:]
    return tuple(".".join(labels[at:]) for at in range(max(1, len(labels) - 1)))


def _is_zone(answer: Answer) -> bool:
    """True if the name itself has NS records, not the target of its CNAME."""
    return answer.state == FOUND and answer.canonical.lower() == answer.question.name.lower()
