"""The policy's smtpd_recipient_restrictions, and the edit of a live list.

The order is the policy: a permit is effective only before the reject that it relaxes, so all rules
are in one list. The frame belongs to section `policy`, the rest to section `blocklists`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Optional

from wizard.answers.catalogue import CATALOGUE
from wizard.answers.model import POLICY, Answers
from wizard.host.facts import Postfix
from wizard.host.main_cf import words
from wizard.paths import SENDER_ACCESS
from wizard.postfix.blocklists import custom_restriction, in_use, parse_custom
from wizard.postfix.items import ListEdit
from wizard.postfix.restriction_names import unknown
from wizard.secrets import without_number

BLOCKLISTS = "blocklists"

_CLASSES = "smtpd_restriction_classes"
_PARTS = re.compile(r"\w+")
_TABLE_TYPE = re.compile(r"[a-z0-9]+")
_WITH_ARGUMENT = re.compile(
    r"check_\w+_access|check_policy_service|reject_rbl(?:_client)?|reject_rhsbl_\w+"
    r"|permit_dnswl_client|permit_rhswl_client|sleep",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Restriction:
    """One item of the list: its text, the section that owns it, and why it is there."""

    text: str
    section: str
    why: str


_UNAUTH = frozenset({"reject_unauth_destination", "defer_unauth_destination"})
RELAY_RULES = _UNAUTH | {"reject"}
"""Restrictions that refuse to relay for strangers; a permit above them would allow it."""

LOGGED_IN = frozenset(
    {"permit_sasl_authenticated", "permit_tls_clientcerts", "permit_tls_all_clientcerts"}
)
"""Restrictions that permit logged-in users, from any address."""


def refuses_logins(value: str) -> bool:
    """True if a list of who may relay refuses somebody, and permits neither logins nor everybody.

    What a `$name`, a class or a table says is not known, and counts as neither.
    """
    listed = {one.lower() for one in words(value)}
    return listed.isdisjoint({"permit_sasl_authenticated", "permit"}) and any(
        one.startswith(("reject", "defer")) for one in listed
    )


_ENDS = frozenset({"permit", "reject", "defer", "permit_auth_destination"})
"""Restrictions that decide about all mail for us, so that Postfix evaluates nothing after them."""

_FRAME = {
    "permit_mynetworks": "Hosts in mynetworks come first: they may send to anyone.",
    "reject_invalid_helo_hostname": "A client whose HELO name is malformed is refused.",
    "reject_unknown_sender_domain": (
        "A sender whose domain cannot be resolved could never get an answer."
    ),
    "reject_unauth_destination": (
        "Mail for addresses of other servers is refused: this is not an open relay."
    ),
}
FRAME = tuple(Restriction(text, POLICY, why) for text, why in _FRAME.items())

_FIRST = FRAME[0].text
"""The restriction of the frame that refuses nobody, so that it may be at any place."""


def wanted(answers: Answers, postfix: Postfix) -> tuple[Restriction, ...]:
    """Return the whole list in order: frame, the operator's own senders, blocklists, warnings.

    Raises ValueError if a blocklist's zone would be more than one word.
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
            "Your own rows for senders: an OK exempts a sender from the blocklists below, but not from"
            " the relay rule above.",
        ),
        *(
            Restriction(line, BLOCKLISTS, f"Refused if listed by {entry.zone}.")
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
class ParsedRestriction:
    """One restriction of a live list: the words `first`..`last` of the value."""

    text: str
    first: int
    last: int

    @property
    def key(self) -> str:
        """What two equal restrictions share."""
        return self.text.lower()


def split_restrictions(listed: Sequence[str]) -> tuple[ParsedRestriction, ...]:
    """Group the words of a value into restrictions with their prefix and argument."""
    found = []
    first = 0
    while first < len(listed):
        last = first
        while listed[last].lower() == "warn_if_reject" and last + 1 < len(listed):
            last += 1
        if _WITH_ARGUMENT.fullmatch(listed[last]) and last + 1 < len(listed):
            last += 1
        found.append(ParsedRestriction(" ".join(listed[first : last + 1]), first, last))
        first = last + 1
    return tuple(found)


def _family(text: str) -> str:
    """Return a restriction without its reply filter (`=...`) or table type (`hash:`, `proxy:hash:`)."""
    head, _, argument = without_number(text.lower()).rpartition(" ")
    if head == "check_sender_access":
        return f"{head} {argument.removeprefix('proxy:').partition(':')[2]}"
    return f"{head} {argument.partition('=')[0]}"


_OWN_FAMILIES = frozenset(
    (
        f"check_sender_access {SENDER_ACCESS}",
        *(_family(line) for entry in CATALOGUE for line in entry.warns),
    )
)


def _owned(one: ParsedRestriction) -> bool:
    """True if the answers can express a restriction, so that they decide about it."""
    return _family(one.key) in _OWN_FAMILIES or parse_custom(one.text) is not None


def parted(live: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return a live list's items that the section blocklists owns, and all others, in order."""
    listed = split_restrictions(live)
    own = tuple(one.text for one in listed if _owned(one))
    return own, tuple(one.text for one in listed if not _owned(one))


@dataclass(frozen=True)
class Change:
    """The edit that a live list needs, and the restrictions that it takes out.

    `homeless` are new restrictions for which the list has no safe place; `unknown` are those that
    Postfix does not know. The section policy takes them out too.
    """

    edit: ListEdit
    gone: tuple[str, ...]
    homeless: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Bounds:
    """The words of a live list between which new items may be inserted, by position.

    New items are after `login`, the last permit of logged-in users. Lookups and blocklists are also
    after `relay`, the rule against relaying. All are before `end`, after which Postfix evaluates
    nothing.
    """

    login: int
    relay: int
    end: int

    def place(self, after: int, staying: Sequence[int], *, is_frame: bool) -> Optional[int]:
        """Return the word after which to insert an item, `after` if possible; None for no place."""
        lowest = self.login if is_frame else max(self.login, self.relay)
        place = max(after, lowest)
        if place >= self.end:
            place = max((one for one in staying if one < self.end), default=-1)
        return place if lowest <= place < self.end else None


def _bounds(
    live: Sequence[ParsedRestriction], new: frozenset[str], value: Callable[[str], Optional[str]]
) -> _Bounds:
    """Find the bounds; `value` returns the value of a `$name` or a restriction class."""
    said = [(one, _said(one, value, _texts)) for one in live]
    # A condition or a table's text may permit them, so each word in it counts.
    login = max(
        (one.last for one in live if _said(one, value, _PARTS.findall) & LOGGED_IN), default=-1
    )
    rules = [one.last for one, keys in said if keys & _UNAUTH]
    count = live[-1].last + 1 if live else 1
    end = min((one.first for one, keys in said if keys & _ENDS), default=count)
    final = any(keys & RELAY_RULES for _, keys in said) and not new & _UNAUTH
    relay = min(rules, default=end if final else -1)
    return _Bounds(login, relay, end)


def reached(
    live: Sequence[ParsedRestriction], value: Callable[[str], Optional[str]]
) -> tuple[ParsedRestriction, ...]:
    """Return the restrictions before the first that decides about all mail for us."""
    end = _bounds(live, frozenset(), value).end
    return tuple(one for one in live if one.first < end)


def _classes(value: Callable[[str], Optional[str]]) -> Optional[tuple[str, ...]]:
    """Return the names of the restriction classes, None if other parameters name some."""
    listed = value(_CLASSES) or ""
    return None if "$" in listed else words(listed)


def _texts(value: str) -> tuple[str, ...]:
    return tuple(one.text for one in split_restrictions(words(value)))


def _said(
    one: ParsedRestriction,
    value: Callable[[str], Optional[str]],
    parts: Callable[[str], Sequence[str]],
) -> set[str]:
    """Return the parts of a restriction and, recursively, of the values that it refers to."""
    found, todo = set(), list(parts(one.text))
    while todo:
        text = todo.pop()
        if text.lower() not in found:
            found.add(text.lower())
            todo += parts(value(text.strip("${}()")) or "")
    return found


def change(
    live: Sequence[ParsedRestriction],
    goal: Sequence[Restriction],
    sections: Collection[str],
    why: str,
    value: Callable[[str], Optional[str]] = lambda _: None,
) -> Change:
    """Compute the edit that puts the sections' own restrictions into the live list.

    A missing item replaces one with the same zone or table, else it comes after its nearest
    predecessor. No item comes before the permit of logged-in users; lookups and blocklists also
    come after the rule against relaying, and one that Postfix never reaches is moved. Items that the
    answers cannot express keep their order; those that Postfix does not know are nobody's choice, and
    the section policy takes them out. It alone also adds the rule against relaying, which may be the
    misspelt one.
    """
    unreached = {one.first for one in live[len(reached(live, value)) :] if _owned(one)}
    present = {one.key for one in live if one.first not in unreached}
    missing = [one for one in goal if one.section in sections and one.text.lower() not in present]
    named = {one.text.lower() for one in goal}
    obsolete = [
        one
        for one in live
        if BLOCKLISTS in sections
        and (one.key not in named or one.first in unreached)
        and _owned(one)
    ]
    replaceable = {_family(one.key): one for one in obsolete if one.first not in unreached}
    replace: dict[int, str] = {}
    remove: set[int] = set()
    replaced_by: dict[str, ParsedRestriction] = {}
    for one in missing:
        match = replaceable.pop(_family(one.text), None)
        if match:
            replace[match.last] = one.text
            remove.update(range(match.first, match.last))
            replaced_by[one.text.lower()] = match
    replaced = {match.first for match in replaced_by.values()}
    gone = [one for one in obsolete if one.first not in replaced]
    odd = [
        live[at]
        for at in unknown([one.text for one in live], _classes(value))
        if live[at].first not in replaced
    ]
    out = (*gone, *odd) if POLICY in sections else gone
    for old in out:
        remove.update(range(old.first, old.last + 1))
    gone_at = {one.first for one in out}
    ends = {one.key: one.last for one in live if one.first not in gone_at}
    ends.update({key: match.last for key, match in replaced_by.items()})
    insert: dict[int, list[str]] = {}
    bounds = _bounds(live, frozenset(one.text.lower() for one in missing), value)
    count = live[-1].last + 1 if live else 0
    staying = [place for place in range(count) if place not in remove]
    homeless = []
    after = -1
    for one in goal:
        key = one.text.lower()
        if key in ends:
            after = ends[key]
        elif one in missing:
            first = one.text == _FIRST
            place = after if first else bounds.place(after, staying, is_frame=one in FRAME)
            if place is None:
                homeless.append(one.text)
            else:
                insert.setdefault(place, []).append(one.text)
    whys = {one.text: one.why for one in goal}
    edit = ListEdit(why, frozenset(remove), replace, insert, whys)
    return Change(
        edit,
        tuple(one.text for one in gone if one not in odd and one.key not in named),
        tuple(homeless),
        tuple(one.text for one in odd),
    )
