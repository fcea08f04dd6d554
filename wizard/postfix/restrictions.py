"""smtpd_recipient_restrictions as the policy wants it, and how a live list gets there.

The order is the policy: a permit only matters right before the reject that it relaxes, so all
rules stand in one list. The frame is section `policy`, the rest section `blocklists`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from wizard.answers.model import POLICY, Answers
from wizard.host.facts import Postfix
from wizard.postfix.blocklists import CATALOGUE, custom_restriction, in_use, parse_custom
from wizard.postfix.items import ListEdit
from wizard.secrets import without_number

SENDER_ACCESS = "/etc/postfix/sender_access"
BLOCKLISTS = "blocklists"

_TABLE_TYPE = re.compile(r"[a-z0-9]+")
_WITH_ARGUMENT = re.compile(
    r"check_\w+_access|check_policy_service|reject_rbl_client|reject_rhsbl_\w+"
    r"|permit_dnswl_client|permit_rhswl_client|sleep",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Restriction:
    """One item of the list: its text, the section that owns it, and why it is there."""

    text: str
    section: str
    why: str


RELAY_RULES = frozenset({"reject_unauth_destination", "defer_unauth_destination", "reject"})
"""What refuses to relay for strangers; a permit above it would let them."""

FRAME: tuple[Restriction, ...] = (
    Restriction(
        "permit_mynetworks",
        POLICY,
        "Hosts of the LAN come first: they may send to anyone.",
    ),
    Restriction(
        "reject_invalid_helo_hostname",
        POLICY,
        "A client whose HELO name is malformed is refused.",
    ),
    Restriction(
        "reject_unknown_sender_domain",
        POLICY,
        "A sender whose domain cannot be resolved could never get an answer.",
    ),
    Restriction(
        "reject_unauth_destination",
        POLICY,
        "What is not for an address here is refused: this is no open relay.",
    ),
)


def wanted(answers: Answers, postfix: Postfix) -> tuple[Restriction, ...]:
    """The whole list in order: frame, the operator's own senders, blocklists, warnings.

    Raises ValueError where a blocklist's zone would become more than one restriction.
    """
    lists = in_use(answers.blocklists)
    table = postfix.default_database_type
    if not _TABLE_TYPE.fullmatch(table):
        raise ValueError(f"not a table type: {table!r}")
    listed = (
        *FRAME,
        Restriction(
            f"check_sender_access {table}:{SENDER_ACCESS}",
            BLOCKLISTS,
            "Your own rows for senders: an OK lets one past the blocklists below, never past the"
            " relay rule above.",
        ),
        *(
            Restriction(line, BLOCKLISTS, f"Refused where listed by {entry.zone}.")
            for entry in lists
            for line in entry.rejects
        ),
        *(
            Restriction(custom_restriction(custom), BLOCKLISTS, "A blocklist of your own.")
            for custom in answers.blocklists.custom
        ),
        *(
            Restriction(
                line,
                BLOCKLISTS,
                f"Error replies of {entry.zone} are only logged, so that they refuse no mail.",
            )
            for entry in lists
            for line in entry.warns
        ),
    )
    return tuple({one.text.lower(): one for one in reversed(listed)}.values())[::-1]


@dataclass(frozen=True)
class Standing:
    """One restriction of a live list: the words `first`..`last` of the value."""

    text: str
    first: int
    last: int

    @property
    def key(self) -> str:
        """What two equal restrictions share."""
        return self.text.lower()


def standing(words: Sequence[str]) -> tuple[Standing, ...]:
    """Group the words of a value into restrictions with their prefix and argument."""
    found = []
    first = 0
    while first < len(words):
        last = first
        while words[last].lower() == "warn_if_reject" and last + 1 < len(words):
            last += 1
        if _WITH_ARGUMENT.fullmatch(words[last]) and last + 1 < len(words):
            last += 1
        found.append(Standing(" ".join(words[first : last + 1]), first, last))
        first = last + 1
    return tuple(found)


_OWN_WARNINGS = frozenset(_line for _entry in CATALOGUE for _line in _entry.warns)


def _family(text: str) -> str:
    """What a restriction is about, less its reply filter or table type: `=...`, `hash:`."""
    head, _, argument = without_number(text.lower()).rpartition(" ")
    if head == "check_sender_access":
        return f"{head} {argument.partition(':')[2]}"
    return f"{head} {argument.partition('=')[0]}"


_OWN_FAMILIES = frozenset(
    {f"check_sender_access {SENDER_ACCESS}"} | {_family(line) for line in _OWN_WARNINGS}
)


def _owned(one: Standing) -> bool:
    """Whether the answers can express it, and so decide whether it stands."""
    return _family(one.key) in _OWN_FAMILIES or parse_custom(one.text) is not None


def parted(words: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return a live list's items that the section blocklists owns, and all others, in order."""
    listed = standing(words)
    own = tuple(one.text for one in listed if _owned(one))
    return own, tuple(one.text for one in listed if not _owned(one))


@dataclass(frozen=True)
class Change:
    """The edit that a live list needs, and the restrictions that it takes out."""

    edit: ListEdit
    gone: tuple[str, ...]


def change(
    live: Sequence[Standing], goal: Sequence[Restriction], sections: Collection[str], why: str
) -> Change:
    """What a live list needs so that the sections' own items stand in it.

    A missing item takes the place of one about the same zone or table, else it comes after its
    nearest predecessor. Items that the answers cannot express stay, in their order.
    """
    there = {one.key for one in live}
    missing = [one for one in goal if one.section in sections and one.text.lower() not in there]
    named = {one.text.lower() for one in goal}
    spare = {
        _family(one.key): one
        for one in live
        if BLOCKLISTS in sections and _owned(one) and one.key not in named
    }
    stray = [one for one in live if BLOCKLISTS in sections and _owned(one) and one.key not in named]
    replace: dict[int, str] = {}
    remove: set[int] = set()
    taken: dict[str, Standing] = {}
    for one in missing:
        match = spare.pop(_family(one.text), None)
        if match:
            replace[match.last] = one.text
            remove.update(range(match.first, match.last))
            taken[one.text.lower()] = match
    replaced = {match.first for match in taken.values()}
    gone = [one for one in stray if one.first not in replaced]
    for lost in gone:
        remove.update(range(lost.first, lost.last + 1))
    ends = {one.key: one.last for one in live if one not in gone}
    ends.update({key: match.last for key, match in taken.items()})
    insert: dict[int, list[str]] = {}
    after = -1
    for one in goal:
        key = one.text.lower()
        if key in ends:
            after = ends[key]
        elif one in missing:
            insert.setdefault(after, []).append(one.text)
    whys = {one.text: one.why for one in goal}
    edit = ListEdit(why, frozenset(remove), replace, insert, whys)
    return Change(edit, tuple(one.text for one in gone))
