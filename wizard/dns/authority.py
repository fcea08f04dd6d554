"""Query the authoritative servers. Their TTLs are the zone's; a resolver counts down (RFC 1035)."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor

from wizard.dns.asking import AT_ONCE, FOUND, Answer, Question, ask_within

SERVERS = 3
"""Servers of a zone that are tried, one after the other until one answers."""


def ask_authority(
    questions: Collection[Question],
    resolvers: Sequence[str],
    *,
    seconds: float,
    port: int = 53,
) -> dict[Question, Answer]:
    """Ask the authoritative servers of each name's zone, in at most `seconds` together.

    The resolvers find these servers, over IPv4. A question is not in the result if its zone or
    servers cannot be found. The other answers are as in `ask_within`.
    """
    deadline = time.monotonic() + seconds
    above = {one.name: _zones_above(one.name) for one in questions}
    wanted = {Question(zone, "NS") for zones in above.values() for zone in zones}
    ns_answers = ask_within(wanted, resolvers, seconds=seconds, port=port)
    zones = {
        name: next((one for one in found if _is_zone(ns_answers[Question(one, "NS")])), "")
        for name, found in above.items()
    }
    servers = {
        zone: ns_answers[Question(zone, "NS")].records[:SERVERS]
        for zone in {*zones.values()}
        if zone
    }
    hosts = {Question(server, "A") for found in servers.values() for server in found}
    remaining = deadline - time.monotonic()
    host_answers = ask_within(hosts, resolvers, seconds=remaining, port=port)

    def ask(zone: str) -> dict[Question, Answer]:
        addresses = [a for one in servers[zone] for a in host_answers[Question(one, "A")].records]
        own = [one for one in questions if zones[one.name] == zone]
        if not addresses:
            return {}
        remaining = deadline - time.monotonic()
        return ask_within(own, addresses[:SERVERS], seconds=remaining, port=port)

    if not servers:
        return {}
    with ThreadPoolExecutor(min(AT_ONCE, len(servers)), thread_name_prefix="zones") as pool:
        return {one: answer for found in pool.map(ask, servers) for one, answer in found.items()}


def _zones_above(name: str) -> tuple[str, ...]:
    """Return the names that may be a name's zone, the nearest first, no top-level domain."""
    labels = name.split(".")
    return tuple(".".join(labels[at:]) for at in range(max(1, len(labels) - 1)))


def _is_zone(answer: Answer) -> bool:
    """True if the name itself has NS records, not the target of its CNAME."""
    return answer.state == FOUND and answer.canonical.lower() == answer.question.name.lower()
