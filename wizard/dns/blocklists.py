"""Test whether blocklists answer correctly through this host's own resolvers (RFC 5782).

Each list is queried for a point that it must list, one that it must not list, and this host's
addresses or domains. `ask_lists` queries, `judge` judges the answers.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from wizard.answers.catalogue import ListZone
from wizard.dns.asking import (
    FAILED,
    FOUND,
    NO_NAME,
    NO_RECORD,
    NO_TIME,
    SECONDS,
    SILENT,
    Answer,
    Question,
    ask_within,
)
from wizard.secrets import MASK, has_key
from wizard.text import shortened

WORKS = "works"
REFUSES = "refuses"
LISTS_ALL = "lists everything"
LISTS_NONE = "lists nothing"
NO_ANSWER = "silent"
FAILS = "failed"
NEEDS_KEY = "needs a key"

_REPLIES_SHOWN = 3
_OCTET = re.compile(r"\[([0-9.;]+)\]|([0-9]+)")
_OCTETS = 4

_ERRORS = {
    "127.255.255.252": "the zone's name is misspelt",
    "127.255.255.254": "it does not answer public resolvers",
    "127.255.255.255": "too many queries came through this resolver",
}
"""Meanings of Spamhaus's error codes, which other lists use too."""

_RESOLVER = "Use a resolver of this host's own, such as unbound"
_KEY = "Write the key into its file, 0600 and root's (`dqs_key_file`)."
_OWN_RESOLVER = "Look at /etc/resolv.conf and ask by hand: `dig {name}`."


LISTINGS = "127."
"""How the replies begin that list an address; all others are no listing (RFC 5782, 2.1)."""


@dataclass(frozen=True)
class Health:
    """The result of testing one list.

    `state` is works, refuses, lists everything, lists nothing, silent, failed or needs a key.
    `said` says what was seen, `advice` what to do ("" if it works). `own` are this host's
    addresses or domains that the list contains; `odd` the replies to them that are no listing: an error code, or
    an address outside 127.0.0.0/8 (RFC 5782, 2.1).
    """

    zone: ListZone
    state: str
    said: str
    advice: str = ""
    own: tuple[str, ...] = ()
    odd: tuple[str, ...] = ()

    @property
    def works(self) -> bool:
        """True if the list can be used."""
        return self.state == WORKS


def ask_lists(
    zones: Collection[ListZone],
    resolvers: Sequence[str],
    addresses: Collection[str] = (),
    domains: Collection[str] = (),
    *,
    seconds: float = SECONDS,
    port: int = 53,
) -> tuple[Health, ...]:
    """Test all lists in parallel; return the results in the lists' order. Never raises.

    `addresses` are this host's public IPv4 addresses, `domains` those that its mail has. Takes `seconds` or little more, also with a
    resolver that does not answer.
    """
    open_zones = (zone for zone in zones if MASK not in zone.zone)
    wanted = [one for zone in open_zones for one in questions(zone, addresses, domains)]
    answers = ask_within(wanted, resolvers, seconds=seconds, port=port)
    return tuple(judge(zone, answers, addresses, domains) for zone in zones)


def questions(
    zone: ListZone, addresses: Collection[str] = (), domains: Collection[str] = ()
) -> tuple[Question, ...]:
    """Return the questions for one list: its two test points, then this host's addresses or domains."""
    own = [_reversed(one) for one in addresses] if zone.by_address else list(domains)
    return tuple(Question(f"{point}.{zone.zone}", "A") for point in (*zone.points, *own))


def judge(
    zone: ListZone,
    answers: Mapping[Question, Answer],
    addresses: Collection[str] = (),
    domains: Collection[str] = (),
) -> Health:
    """Judge one list by the answers to its questions; a missing answer counts as silent."""
    if MASK in zone.zone:
        return Health(zone, NEEDS_KEY, "it cannot be asked without its key", _KEY)
    listed, unlisted, *own = (
        answers.get(one, Answer(one, SILENT, why=NO_TIME))
        for one in questions(zone, addresses, domains)
    )
    state, said, advice = _state(zone, listed, unlisted)
    if state != WORKS:
        return Health(zone, state, said, advice)
    subjects = addresses if zone.by_address else domains
    mine = [subject for subject, answer in zip(subjects, own) if _is_listing(zone, answer)]
    odd = [
        reply
        for answer in own
        for reply in answer.records
        if not reply.startswith(LISTINGS) or reply in _refusals(zone, answer)
    ]
    return Health(zone, state, said, advice, tuple(mine), tuple(dict.fromkeys(odd)))


def _state(zone: ListZone, listed: Answer, unlisted: Answer) -> tuple[str, str, str]:
    registration = f" {zone.registration}" if zone.registration else ""
    by_hand = _OWN_RESOLVER.format(name=listed.question.name) + registration
    refusals = [*_refusals(zone, listed), *_refusals(zone, unlisted)]
    if refusals:
        return REFUSES, _refused(refusals), _what_refusing_does(zone, refusals[0])
    for state, name in ((SILENT, NO_ANSWER), (FAILED, FAILS)):
        missing = next((one for one in (listed, unlisted) if one.state == state), None)
        if missing is not None:
            said = f"{missing.question.name}: {missing.why}"
            return name, said, f"Postfix would wait for it and stop no spam. {by_hand}"
    if unlisted.state == FOUND:
        return (
            LISTS_ALL,
            f"{unlisted.question.name} is listed: {shortened(unlisted.records, _REPLIES_SHOWN)}",
            _dead(zone),
        )
    if listed.state in {NO_NAME, NO_RECORD}:
        said = f"its test point {listed.question.name} is not listed"
        doubt = "the key is right" if has_key(zone.zone) else "the list still exists"
        return LISTS_NONE, said, f"It stops no spam. See whether {doubt}.{registration}"
    if not _counts(zone, listed):
        said = f"{listed.question.name} gets {shortened(listed.records, _REPLIES_SHOWN)}, outside {zone.replies}"
        return LISTS_NONE, said, "It stops no spam. See the list's page for its replies."
    return WORKS, "its test points answer as they should", ""


def _refusals(zone: ListZone, answer: Answer) -> list[str]:
    return [one for one in answer.records if zone.errors and matches(zone.errors, one)]


def _refused(replies: Sequence[str]) -> str:
    reply = replies[0]
    return f"{reply}: {_ERRORS[reply]}" if reply in _ERRORS else f"{reply}, an error code"


def _what_refusing_does(zone: ListZone, reply: str) -> str:
    does = (
        "Postfix takes this for a listing: ALL MAIL is refused."
        if matches(zone.replies, reply)
        else "No spam is stopped."
    )
    return f"{does} {_RESOLVER}{', or ' if zone.remedy else ''}{zone.remedy}."


def _dead(zone: ListZone) -> str:
    so = "its word is worth nothing" if zone.replies else "ALL MAIL would be refused"
    return f"The zone answers to anything, as a dead list's does: {so}. Leave the list out."


def _counts(zone: ListZone, answer: Answer) -> bool:
    """True if Postfix takes the answer for a listing."""
    return answer.state == FOUND and any(
        matches(zone.replies, one) and one not in _refusals(zone, answer) for one in answer.records
    )


def _is_listing(zone: ListZone, answer: Answer) -> bool:
    """True if the list itself says that it has the address."""
    return _counts(zone, answer) and any(one.startswith(LISTINGS) for one in answer.records)


def _reversed(address: str) -> str:
    return ".".join(reversed(address.split(".")))


def matches(reply_filter: str, address: str) -> bool:
    """True if an address matches a reply filter such as `127.0.0.[2..11;14]`; "" matches all."""
    if not reply_filter:
        return True
    patterns = _OCTET.findall(reply_filter)
    octets = address.split(".")
    if len(octets) != _OCTETS or not all(octet.isdecimal() for octet in octets):
        return False
    return len(patterns) == _OCTETS and all(
        _passes(choices or number, int(octet)) for (choices, number), octet in zip(patterns, octets)
    )


def _passes(choices: str, octet: int) -> bool:
    for choice in choices.split(";"):
        lowest, _, highest = choice.partition("..")
        numbers = lowest.isdecimal() and (not highest or highest.isdecimal())
        if numbers and int(lowest) <= octet <= int(highest or lowest):
            return True
    return False
