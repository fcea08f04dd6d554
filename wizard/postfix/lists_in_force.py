"""Find the DNS blocklists that port 25 queries, wherever they stand (postconf(5), postscreen(8)).

Answers own some of them (`wizard.postfix.blocklists`). The others work, or do harm, just as well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from wizard.answers.rules import names
from wizard.answers.sections.blocklists import Blocklists, CustomBlocklist
from wizard.postfix.blocklists import zones_to_test
from wizard.postfix.other_lists import CLASSES, LISTS, POSTSCREEN, place, serving_25
from wizard.postfix.restrictions import split_restrictions
from wizard.postfix.service_entry import Service
from wizard.postfix.settings import Settings
from wizard.secrets import MASK, masked

_WARNS = "warn_if_reject"
_NAMES = "reject_rhsbl_"
_ERRORS = "127.255."
"""Replies that are errors and no listing: to log them is all that a restriction can do with them."""


@dataclass(frozen=True)
class InForce:
    """A blocklist that Postfix queries: its zone without a key, its kind, replies and place.

    `kind` is client or sender, for a list of addresses and one of names. `only_warns` is True if a
    listing refuses nobody.
    """

    zone: str
    kind: str
    replies: str
    where: str
    only_warns: bool


def lists_in_force(settings: Settings, services: Sequence[Service]) -> tuple[InForce, ...]:
    """Return the blocklists of port 25, each once for each place, in the order of the places."""
    found: list[InForce] = []
    smtpds, screens = serving_25(services)
    for key, options in smtpds:
        own = settings.of(options)
        places = [(one, place(one, key, options)) for one in LISTS]
        places += [(one, f"the class {one}") for one in own.words(CLASSES)]
        found += [one for name, where in places for one in _of_list(own.words(name), where)]
    for key, options in screens:
        where = place(POSTSCREEN, key, options)
        for site in settings.of(options).words(POSTSCREEN):
            zone, _, replies = site.partition("*")[0].partition("=")
            found.append(InForce(_zone(zone), "client", replies, where, only_warns=False))
    return tuple(dict.fromkeys(one for one in found if _is_zone(one.zone)))


def _of_list(listed: Sequence[str], where: str) -> Iterator[InForce]:
    for one in split_restrictions(listed):
        *before, domain = one.text.split()
        name = before[-1].lower() if before else ""
        if not name.startswith(("reject_rbl", _NAMES)):
            continue
        zone, _, replies = domain.partition("=")
        kind = "sender" if name.startswith(_NAMES) else "client"
        warns = _WARNS in (word.lower() for word in before)
        yield InForce(_zone(zone), kind, replies, where, only_warns=warns)


def _zone(text: str) -> str:
    return masked(text).rstrip(".").lower()


def _is_zone(text: str) -> bool:
    try:
        names.fqdn(text)
    except ValueError:
        return False
    return MASK not in text


def with_others(chosen: Blocklists, found: Collection[InForce]) -> Blocklists:
    """Return the lists of the answers and those in force beside them, as lists of one's own.

    Those with a key belong to the answers, which have it in a file.
    """
    known = {_zone(one.zone) for one in zones_to_test(chosen)}
    others = {
        (one.zone, one.kind): CustomBlocklist(one.zone, one.kind, one.replies)
        for one in reversed(found if isinstance(found, Sequence) else tuple(found))
        if one.zone not in known and not one.replies.startswith(_ERRORS)
    }
    return replace(chosen, custom=(*chosen.custom, *reversed(others.values())))


def trials(found: Collection[InForce]) -> Mapping[str, str]:
    """Return by zone the place of each list that refuses nobody: warn_if_reject comes before it.

    A restriction that logs the errors of a list is no trial.
    """
    listings = [one for one in found if not one.replies.startswith(_ERRORS)]
    refusing = {one.zone for one in listings if not one.only_warns}
    return {one.zone: one.where for one in reversed(listings) if one.zone not in refusing}
