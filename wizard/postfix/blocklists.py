"""The catalogue of blocklists, and what any list becomes in smtpd_recipient_restrictions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Optional

from wizard.answers import rules
from wizard.answers.model import Blocklists, CustomBlocklist
from wizard.dns.lists import ADDRESS_POINTS, ERRORS, NAME_POINTS, ListZone
from wizard.postfix.items import item
from wizard.secrets import MASK, masked, without_number

KINDS = {
    "client": "reject_rbl_client",
    "sender": "reject_rhsbl_sender",
    "helo": "reject_rhsbl_helo",
    "reverse_client": "reject_rhsbl_reverse_client",
}
"""The restriction (postconf(5)) that a list of each kind is used with."""


@dataclass(frozen=True)
class Blocklist:
    """A known list: `rejects` refuse mail; `warns` come last of all and only write to the log.

    `kinds` are keys of KINDS. `replies` is the filter of the replies that `rejects` takes for a
    listing ("" for any), `errors` of those that are none. `weakness` and `terms` (free for whom,
    and where it says so) are sentences for the operator. `safer_replies` is a filter that the
    operator may choose by naming the zone as a list of their own; "" where there is none.
    `points` are what the zone must list and must not (RFC 5782). `page` tells of listings.
    """

    name: str
    label: str
    zone: str
    kinds: tuple[str, ...]
    weakness: str
    terms: str
    page: str
    rejects: tuple[str, ...]
    warns: tuple[str, ...] = ()
    replies: str = ""
    errors: str = ERRORS
    safer_replies: str = ""
    points: tuple[str, str] = ADDRESS_POINTS

    @property
    def asked(self) -> ListZone:
        """The list as its health is asked."""
        return ListZone(
            self.name,
            self.zone,
            self.replies,
            self.errors,
            *self.points,
            by_address="client" in self.kinds,
            page=self.page,
            remedy=_DQS if "spamhaus" in self.zone else "",
        )


_SPAMHAUS_TERMS = (
    "Free for small, non-commercial use through a resolver of one's own:"
    " https://www.spamhaus.org/blocklists/dnsbl-fair-use-policy/"
)
_DQS = "a key of your own (Spamhaus DQS)"


_DQS_TERMS = (
    "Free for small, non-commercial use once you have registered for a key:"
    " https://www.spamhaus.com/data-access/data-query-service/"
)
_KEYED = (
    "The key stands in main.cf, which every user of this host may read, and in what Postfix tells"
    " to clients that it refuses. Works through any resolver."
)
CATALOGUE: tuple[Blocklist, ...] = (
    Blocklist(
        name="spamcop",
        label="SpamCop: addresses of reported spam",
        zone="bl.spamcop.net",
        kinds=("client",),
        weakness=(
            "Any reply counts as listed, so a lapsed or wildcard zone refuses all mail, as in"
            " January 2021; a list of your own with replies 127.0.0.2 is safer."
        ),
        terms="Free for everybody, donations asked for: https://www.spamcop.net/bl.shtml",
        page="https://www.spamcop.net/bl.shtml",
        rejects=("reject_rbl_client bl.spamcop.net",),
        safer_replies="127.0.0.2",
    ),
    Blocklist(
        name="spamhaus-zen",
        label="Spamhaus ZEN: spam and home hosts",
        zone="zen.spamhaus.org",
        kinds=("client",),
        weakness=(
            "Queries through a public or busy resolver get 127.255.255.x, which lists nobody:"
            " the last line writes that to the log, and no spam is stopped."
        ),
        terms=_SPAMHAUS_TERMS,
        page="https://check.spamhaus.org/",
        rejects=("reject_rbl_client zen.spamhaus.org=127.0.0.[2..11]",),
        warns=("warn_if_reject reject_rbl_client zen.spamhaus.org=127.255.255.[1..255]",),
        replies="127.0.0.[2..11]",
    ),
    Blocklist(
        name="spamhaus-dbl",
        label="Spamhaus DBL: domains seen in spam",
        zone="dbl.spamhaus.org",
        kinds=("sender", "helo", "reverse_client"),
        weakness=(
            "The line for client names never matches while smtpd_peername_lookup = no, since"
            " every client is then called unknown."
        ),
        terms=_SPAMHAUS_TERMS,
        page="https://check.spamhaus.org/",
        rejects=(
            "reject_rhsbl_sender dbl.spamhaus.org=127.0.1.[2..99]",
            "reject_rhsbl_helo dbl.spamhaus.org=127.0.1.[2..99]",
            "reject_rhsbl_reverse_client dbl.spamhaus.org=127.0.1.[2..99]",
        ),
        replies="127.0.1.[2..99]",
        points=("dbltest.com", "invalid"),
    ),
    Blocklist(
        name="spamhaus-dqs-zen",
        label="Spamhaus ZEN by a key of yours (DQS)",
        zone=f"{MASK}.zen.dq.spamhaus.net",
        kinds=("client",),
        weakness=_KEYED,
        terms=_DQS_TERMS,
        page="https://check.spamhaus.org/",
        rejects=(f"reject_rbl_client {MASK}.zen.dq.spamhaus.net=127.0.0.[2..11]",),
        replies="127.0.0.[2..11]",
    ),
    Blocklist(
        name="spamhaus-dqs-dbl",
        label="Spamhaus DBL by a key of yours (DQS)",
        zone=f"{MASK}.dbl.dq.spamhaus.net",
        kinds=("sender", "helo", "reverse_client"),
        weakness=_KEYED,
        terms=_DQS_TERMS,
        page="https://check.spamhaus.org/",
        rejects=(
            f"reject_rhsbl_sender {MASK}.dbl.dq.spamhaus.net=127.0.1.[2..99]",
            f"reject_rhsbl_helo {MASK}.dbl.dq.spamhaus.net=127.0.1.[2..99]",
            f"reject_rhsbl_reverse_client {MASK}.dbl.dq.spamhaus.net=127.0.1.[2..99]",
        ),
        replies="127.0.1.[2..99]",
        points=("dbltest.com", "invalid"),
    ),
)


def in_use(answers: Blocklists) -> tuple[Blocklist, ...]:
    """The catalogue's entries that the answers name, in the catalogue's order.

    Raises ValueError on a name that the catalogue does not have.
    """
    unknown = set(answers.use) - {entry.name for entry in CATALOGUE}
    if unknown:
        raise ValueError(f"no such blocklist: {', '.join(sorted(unknown))}")
    return tuple(entry for entry in CATALOGUE if entry.name in answers.use)


def asked_zones(answers: Blocklists) -> tuple[ListZone, ...]:
    """Every list in use as its health is asked, the catalogue's first."""
    return (*(one.asked for one in in_use(answers)), *map(asked_custom, answers.custom))


def asked_custom(custom: CustomBlocklist) -> ListZone:
    """A list of the operator's own as its health is asked: by the usual test points."""
    if custom.kind == "client":
        return ListZone(custom.zone, custom.zone, custom.replies)
    # A zone may be used for addresses and names at once: its two answers are told apart.
    listed, unlisted = NAME_POINTS
    return ListZone(
        f"{custom.zone}:names",
        custom.zone,
        custom.replies,
        listed=listed,
        unlisted=unlisted,
        by_address=False,
    )


def custom_restriction(custom: CustomBlocklist) -> str:
    """The restriction for a list of the operator's own.

    Raises ValueError where the zone or the reply filter would be more than one word, would be
    expanded as a parameter, or the kind is unknown.
    """
    if custom.kind not in KINDS:
        raise ValueError(f"no such kind of blocklist: {custom.kind!r}")
    domain = custom.zone + (f"={custom.replies}" if custom.replies else "")
    if "$" in domain or "=" in custom.zone or ":" in custom.zone:
        raise ValueError(f"not a blocklist's zone and replies: {domain!r}")
    return f"{KINDS[custom.kind]} {item(domain)}"


def read_back(restrictions: Iterable[str]) -> tuple[tuple[str, ...], tuple[CustomBlocklist, ...]]:
    """Catalogue names in use and lists of the operator's own, from restrictions in a main.cf.

    A catalogue entry counts where its first line stands exactly so; whatever else the answers
    can express is a list of the operator's own.
    """
    standing = {_open_key(one).lower(): one for one in restrictions}
    used = tuple(entry for entry in CATALOGUE if entry.rejects[0] in standing)
    known = {line for entry in used for line in entry.rejects}
    custom = [parse_custom(one) for key, one in standing.items() if key not in known]
    return tuple(entry.name for entry in used), tuple(one for one in custom if one)


_KEYED_LINES = frozenset(
    line.lower() for entry in CATALOGUE if MASK in entry.zone for line in entry.rejects
)


def _open_key(restriction: str) -> str:
    """Return a line of a keyed entry of the catalogue with the mark for its key."""
    shown = masked(restriction)
    return shown if shown.lower() in _KEYED_LINES else restriction


def needs_key(answers: Blocklists) -> bool:
    """Whether a list in use has a key in its zone that the answers only name a file for."""
    return any(MASK in entry.zone for entry in in_use(answers))


def parse_custom(restriction: str) -> Optional[CustomBlocklist]:
    """The list that a restriction stands for, None where the answers cannot express it."""
    words = restriction.split(" ")
    kinds = {name: kind for kind, name in KINDS.items()}
    if len(words) != len(("restriction", "domain")) or words[0].lower() not in kinds:
        return None
    if words[1][0] in "${":
        return None
    zone, _, replies = words[1].partition("=")
    try:
        rules.fqdn(without_number(zone).replace(MASK, "key"))
        rules.replies(replies)
    except ValueError:
        return None
    return CustomBlocklist(zone, kinds[words[0].lower()], replies)
