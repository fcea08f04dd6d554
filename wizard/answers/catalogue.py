"""The catalogue of blocklists: one entry a list, with all that the wizard knows of it.

`points` are what a zone must list and must not (RFC 5782 section 5); the test of a list queries both.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from wizard.secrets import MASK

KINDS = {
    "client": "reject_rbl_client",
    "sender": "reject_rhsbl_sender",
    "helo": "reject_rhsbl_helo",
    "reverse_client": "reject_rhsbl_reverse_client",
}
"""The restriction (postconf(5)) for each kind of list."""

ADDRESS_POINTS = ("2.0.0.127", "1.0.0.127")
NAME_POINTS = ("test", "invalid")
"""Test points of a zone of addresses and of names: what it must list, and what it must not."""

ERRORS = "127.255.255.[1..255]"
"""Error replies of Spamhaus and others; they are never a listing."""


@dataclass(frozen=True)
class ListZone:
    """A list, with all that is needed to test it.

    `name` is that of the catalogue, or the zone. `replies` is the filter (postconf(5),
    reject_rbl_client) of the replies that count as a listing, "" for any, `errors` that of error
    replies. `kinds` are keys of KINDS. `page` explains listings, `remedy` says what to do if the
    list refuses to answer, `registration` what must be registered before it answers.
    """

    name: str
    zone: str
    replies: str = ""
    errors: str = ERRORS
    kinds: tuple[str, ...] = ("client",)
    points: tuple[str, str] = ADDRESS_POINTS
    page: str = ""
    remedy: str = ""
    registration: str = ""

    @property
    def by_address(self) -> bool:
        """True for a list of addresses, False for one of names."""
        return "client" in self.kinds


@dataclass(frozen=True)
class Blocklist(ListZone):
    """A known list. Each entry has a `label`, a `weakness` and `terms`.

    `weakness` and `terms` (who may use it for free, and the page with the terms) are sentences for
    the operator. With `logs_errors` the last restriction logs error replies. `is_default` is True
    if answers without a choice use the list.
    """

    label: str = ""
    weakness: str = ""
    terms: str = ""
    logs_errors: bool = False
    is_default: bool = False

    @property
    def rejects(self) -> tuple[str, ...]:
        """The restrictions that refuse mail."""
        filtered = f"{self.zone}={self.replies}" if self.replies else self.zone
        return tuple(f"{KINDS[kind]} {filtered}" for kind in self.kinds)

    @property
    def warns(self) -> tuple[str, ...]:
        """The restrictions that only write to the log."""
        if not self.logs_errors:
            return ()
        return tuple(
            f"warn_if_reject {KINDS[kind]} {self.zone}={self.errors}" for kind in self.kinds
        )


_SPAMHAUS_TERMS = (
    "Free for small, non-commercial use through a resolver of one's own:"
    " https://www.spamhaus.org/blocklists/dnsbl-fair-use-policy/"
)
_DQS_TERMS = (
    "Free for small, non-commercial use once you have registered for a key:"
    " https://www.spamhaus.com/data-access/data-query-service/"
)
_KEYED = (
    "The key stands in main.cf, which every user of this host may read, and in what Postfix tells"
    " to clients that it refuses. Works through any resolver."
)
_NAMES = ("sender", "helo", "reverse_client")

_spamhaus = partial(
    Blocklist,
    page="https://check.spamhaus.org/",
    remedy="a key of your own (Spamhaus DQS)",
)

CATALOGUE: tuple[Blocklist, ...] = (
    Blocklist(
        name="spamcop",
        label="SpamCop: addresses of reported spam",
        zone="bl.spamcop.net",
        weakness=(
            "Any reply counts as listed, so a lapsed or wildcard zone refuses all mail, as in"
            " January 2021; a list of your own with replies 127.0.0.2 is safer."
        ),
        terms="Free for everybody, donations asked for: https://www.spamcop.net/bl.shtml",
        page="https://www.spamcop.net/bl.shtml",
        is_default=True,
    ),
    _spamhaus(
        name="spamhaus-zen",
        label="Spamhaus ZEN: spam and home hosts",
        zone="zen.spamhaus.org",
        weakness=(
            "Queries through a public or busy resolver get 127.255.255.x, which lists nobody:"
            " Postfix writes that to its log, and no spam is stopped."
        ),
        terms=_SPAMHAUS_TERMS,
        replies="127.0.0.[2..11]",
        logs_errors=True,
        is_default=True,
    ),
    _spamhaus(
        name="spamhaus-dbl",
        label="Spamhaus DBL: domains seen in spam",
        zone="dbl.spamhaus.org",
        kinds=_NAMES,
        weakness=(
            "The line for client names is a part of the policy, and never matches while"
            " smtpd_peername_lookup = no, since every client is then called unknown."
        ),
        terms=_SPAMHAUS_TERMS,
        replies="127.0.1.[2..99]",
        points=("dbltest.com", "invalid"),
        is_default=True,
    ),
    _spamhaus(
        name="spamhaus-dqs-zen",
        label="Spamhaus ZEN by a key of yours (DQS)",
        zone=f"{MASK}.zen.dq.spamhaus.net",
        weakness=_KEYED,
        terms=_DQS_TERMS,
        replies="127.0.0.[2..11]",
    ),
    _spamhaus(
        name="spamhaus-dqs-dbl",
        label="Spamhaus DBL by a key of yours (DQS)",
        zone=f"{MASK}.dbl.dq.spamhaus.net",
        kinds=_NAMES,
        weakness=_KEYED,
        terms=_DQS_TERMS,
        replies="127.0.1.[2..99]",
        points=("dbltest.com", "invalid"),
    ),
    Blocklist(
        name="barracuda",
        label="Barracuda: addresses that sent spam",
        zone="b.barracudacentral.org",
        weakness=(
            "It answers registered resolvers alone: from any other the queries fail, each client"
            " waits for that, and no spam is stopped."
        ),
        terms="Free once your resolver's address is registered: https://www.barracudacentral.org/rbl",
        page="https://www.barracudacentral.org/lookups",
        replies="127.0.0.2",
        registration=(
            "It answers only resolvers whose address was registered at"
            " https://www.barracudacentral.org/rbl."
        ),
    ),
)
