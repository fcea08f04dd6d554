"""The items of the move in their order, as a table: the probe of each, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Callable

from wizard.dns.addresses import is_inner, public4
from wizard.dns.asking import Answer, reversed_name
from wizard.dns.lookups import MOST
from wizard.move.model import DONE, OPEN, UNKNOWN, ProbeResult, SavedState, View
from wizard.text import clean, counted, shortened

LOW = 300
"""Seconds: a TTL that is low enough to move with."""

_MAX_NAMES = 3
_HERE_ALREADY = "the records point here already"
_NOT_FROM_HERE = "it cannot be seen from here"

Probe = Callable[[View, SavedState], ProbeResult]


@dataclass(frozen=True)
class Item:
    """One item. `how` and `what_to_do` may contain {old}, {ssh} and {host}.

    `after` are the IDs of items that must be done before it.
    """

    id: str
    title: str
    why: str
    how: str
    what_to_do: str
    probe: Probe
    after: tuple[str, ...] = ()


def names_of(view: View) -> tuple[str, ...]:
    """Return the names whose mail moves, this server's own first."""
    return tuple(dict.fromkeys((view.answers.hostname.myhostname, *_mail_names(view))))


def _mail_names(view: View) -> tuple[str, ...]:
    answers = view.answers
    return tuple(dict.fromkeys((answers.hostname.mydomain, *answers.domains.local[:MOST])))


def _words(answer: Answer) -> str:
    said = " ".join(answer.records) or answer.why or answer.state
    return clean(said.encode("utf-8", "surrogateescape"))


def _ttl(view: View, saved: SavedState) -> ProbeResult:
    if _points_here(view, saved):
        return ProbeResult(DONE, _HERE_ALREADY)
    wanted = [
        *(view.of(name, "A") for name in names_of(view)),
        *(view.of(name, "MX") for name in _mail_names(view)),
    ]
    own = [one for one in wanted if one.question in view.zones_own and one.known]
    high = [f"{one.question.name} {one.question.kind} {one.ttl} s" for one in own if one.ttl > LOW]
    if high:
        return ProbeResult(OPEN, shortened(high, _MAX_NAMES))
    if len(own) < len(wanted) or not any(one.records for one in own):
        return ProbeResult(UNKNOWN, "the zone's own servers did not answer for all names")
    return ProbeResult(DONE, f"{LOW} s or less for {counted(len(names_of(view)), 'name')}")


def _takes(view: View, saved: SavedState) -> ProbeResult:
    if _points_here(view, saved):
        return ProbeResult(DONE, _HERE_ALREADY)
    if view.port25.greets:
        return ProbeResult(DONE, view.port25.words)
    return ProbeResult(OPEN if view.port25.refuses else UNKNOWN, view.port25.words)


def _own(view: View) -> tuple[str, ...]:
    """Return this host's addresses, and those of the router in front of it (proxy_interfaces)."""
    return (*view.own, *view.answers.networks.proxy_interfaces)


def _address(view: View, _saved: SavedState) -> ProbeResult:
    host, own = view.answers.hostname.myhostname, set(_own(view))
    found = {name: view.of(name, "A") for name in names_of(view)}
    behind = [name for name, one in found.items() if set(one.records) & (set(view.theirs) - own)]
    if behind:
        return ProbeResult(OPEN, f"still the old server's: {shortened(behind, _MAX_NAMES)}")
    leads = found[host]
    seen = f"{host} A: {_words(leads)}"
    if not leads.known:
        return ProbeResult(UNKNOWN, seen)
    if not leads.records or (set(leads.records) - own and public4(tuple(own))):
        return ProbeResult(OPEN, seen)
    if set(leads.records) - own:
        return ProbeResult(UNKNOWN, f"{seen}; behind a router that may be this host")
    unsure = _unsure(view, found)
    return ProbeResult(UNKNOWN, unsure) if unsure else ProbeResult(DONE, seen)


def _unsure(view: View, found: Mapping[str, Answer]) -> str:
    """Return why other names may still lead elsewhere, "" if they do not. The host's leads here."""
    leads = found[view.answers.hostname.myhostname]
    if all(map(is_inner, leads.records)):
        return f"{leads.question.name} A: {_words(leads)}, as seen from inside"
    if not view.theirs:
        return "the address of the old server is not known, so no name can be held against it"
    silent = next((one for one in found.values() if not one.known), None)
    return f"{silent.question.name} A: {_words(silent)}" if silent else ""


def _mx(view: View, _saved: SavedState) -> ProbeResult:
    host = view.answers.hostname.myhostname
    found = [view.of(name, "MX") for name in _mail_names(view)]
    elsewhere = [one for one in found if one.known and not _leads_to(one, host)]
    if elsewhere:
        texts = [f"{one.question.name}: {_words(one)}" for one in elsewhere]
        return ProbeResult(OPEN, shortened(texts, _MAX_NAMES))
    silent = [one for one in found if not one.known]
    if silent:
        return ProbeResult(UNKNOWN, f"{silent[0].question.name}: {_words(silent[0])}")
    return ProbeResult(DONE, f"{host} for {counted(len(found), 'name')}")


def _leads_to(answer: Answer, host: str) -> bool:
    """True if this host is the only exchanger with the lowest preference value."""
    pairs = [one.lower().rsplit(" ", 1) for one in answer.records]
    ranked = [(int(first), name) for first, name in pairs if first.isdigit()]
    return bool(ranked) and {name for first, name in ranked if first == min(ranked)[0]} == {host}


def _points_here(view: View, saved: SavedState) -> bool:
    return all(probe(view, saved).state == DONE for probe in (_address, _mx))


def _pointer(view: View, _saved: SavedState) -> ProbeResult:
    host = view.answers.hostname.myhostname
    addresses = pointed(view)
    if not addresses:
        return ProbeResult(UNKNOWN, "no address of this host that others reach is known here")
    for address in addresses:
        answer = view.of(reversed_name(address), "PTR")
        seen = f"{address} PTR: {_words(answer)}"
        if not answer.known:
            return ProbeResult(UNKNOWN, seen)
        if host not in [one.lower() for one in answer.records]:
            return ProbeResult(OPEN, seen)
    return ProbeResult(DONE, f"{', '.join(addresses)} PTR: {host}")


def pointed(view: View) -> tuple[str, ...]:
    """Return the addresses whose PTR counts: those of the host's name without the old server's."""
    leads = view.of(view.answers.hostname.myhostname, "A").records
    of_name = [one for one in leads if one not in view.theirs and not is_inner(one)]
    return tuple(dict.fromkeys((*of_name[:MOST], *(() if of_name else public4(_own(view))))))


def _unseen(_view: View, _saved: SavedState) -> ProbeResult:
    return ProbeResult(UNKNOWN, _NOT_FROM_HERE)


def _renewals(view: View, saved: SavedState) -> ProbeResult:
    served = view.port25.certificate
    if served and saved.certificate and served != saved.certificate:
        return ProbeResult(
            OPEN, "the old server serves another certificate than before: it still renews"
        )
    return ProbeResult(UNKNOWN, _NOT_FROM_HERE)


def _stopped(view: View, _saved: SavedState) -> ProbeResult:
    if view.port25.refuses:
        return ProbeResult(DONE, view.port25.words)
    if view.port25.greets:
        return ProbeResult(UNKNOWN, f"{view.port25.words}; whether it relays to here is not seen")
    return ProbeResult(UNKNOWN, view.port25.words)


def _withdrawn(view: View, _saved: SavedState) -> ProbeResult:
    due = [name for name, date in view.withdrawals.items() if date <= view.day]
    later = [f"{name} from {date} on" for name, date in view.withdrawals.items() if name not in due]
    seen = [f"due: {shortened(due, _MAX_NAMES)}"] if due else []
    return ProbeResult(OPEN, "; ".join([*seen, *later[:_MAX_NAMES]]))


ITEMS: tuple[Item, ...] = (
    Item(
        "ttl",
        "TTLs are lowered",
        "Others keep a record for its TTL: with a day of it, mail goes to the old server for a day.",
        f"A and MX of each name, asked of the zone's own servers: {LOW} s or less.",
        f"Set the TTL of these records to {LOW} in the zone, raise its serial, and wait for as "
        "long as the old TTL was.",
        _ttl,
    ),
    Item(
        "old-takes",
        "The old server takes mail until then",
        "Until the records point here it is the one that others deliver to.",
        "Port 25 of the old server greets.",
        "Start Postfix on {old}: `ssh {ssh} systemctl start postfix`.",
        _takes,
    ),
    Item(
        "a",
        "A records point here",
        "An MX leads to a name, and the name's A record to the server.",
        "A of {host} is an address of this host, and no name has the old server's.",
        "Change the A records in the zone to this host's address, and raise its serial.",
        _address,
        ("ttl",),
    ),
    Item(
        "mx",
        "MX records point here",
        "From then on others deliver here.",
        "The preferred MX of each local name is {host}.",
        "Give each name `IN MX 10 {host}.` in the zone, and raise its serial.",
        _mx,
        ("a",),
    ),
    Item(
        "ptr",
        "The address has its name",
        "Many servers refuse mail from an address whose PTR and A do not agree.",
        "PTR of the address that {host} has is {host}.",
        "Ask whoever gave you the address to set its PTR to {host}.",
        _pointer,
        ("a",),
    ),
    Item(
        "old-queue",
        "The old server's queue is empty",
        "What still waits there would be lost with it.",
        "Only on the old server: `ssh {ssh} postqueue -p`.",
        "Once `ssh {ssh} postqueue -p` says that it is empty: `postfix-wizard move --done "
        "old-queue`.",
        _unseen,
        ("mx",),
    ),
    Item(
        "renewals",
        "The old server renews no certificate",
        "Two servers that renew the same names reach the authority's limits, and only one of "
        "them passes its challenge.",
        "Only on the old server; told too where the certificate changes that it serves on 25.",
        "`ssh {ssh} systemctl disable --now certbot-renew.timer` (or certbot.timer, or its cron "
        "job); then `postfix-wizard move --done renewals`.",
        _renewals,
        ("a",),
    ),
    Item(
        "old-stopped",
        "The old server's Postfix is stopped, or relays to here",
        "Hosts that still know the old address must not leave mail where nobody reads it.",
        "Port 25 of the old server refuses.",
        "`ssh {ssh} systemctl disable --now postfix`. Where it stays on as a relay to {host}: "
        "`postfix-wizard move --done old-stopped`.",
        _stopped,
        ("mx", "old-queue"),
    ),
)

_WITHDRAWN = Item(
    "dkim-withdrawn",
    "Old keys of signatures are withdrawn",
    "Who gets hold of an old key can sign mail in your name as long as its record is published.",
    "Which keys signed earlier and are not withdrawn yet, from the signer's files.",
    "A week after the new key signs, publish the record with an empty `p=` that `postfix-wizard check` "
    "prints; then `postfix-wizard apply --section dkim`.",
    _withdrawn,
)

IDS = tuple(one.id for one in ITEMS)
"""The items of each move, which can be ticked."""


def items_of(view: View) -> tuple[Item, ...]:
    """Return the items of a move: those of each move, and old keys of signatures if there are any."""
    return (*ITEMS, _WITHDRAWN) if view.withdrawals else ITEMS


def filled(text: str, view: View) -> str:
    """Return an item's text with the names of these servers in it."""
    host = view.answers.hostname.myhostname
    return text.format(old=view.old.name, ssh=view.old.ssh, host=host)
