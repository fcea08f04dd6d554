"""The edits of main.cf for a second MX: words and items of our own, in lists that the operator shares.

Both items of the list of restrictions are directly below the rule against relaying. There a recipient
is verified before any `OK` of a table ends the list, and the backups of this server pass all that
would refuse their mail for where it comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Optional

from wizard.answers.rules.backup import VERIFY
from wizard.answers.sections.backup import BACKUP_RECIPIENTS, Backup
from wizard.postfix import second_mx
from wizard.postfix.items import ListEdit, edit, words
from wizard.postfix.lines import Lines
from wizard.postfix.main_cf import MainCf, remove, set_value
from wizard.postfix.parameters import Parameter
from wizard.postfix.placement import Missing, add
from wizard.postfix.proposal import Proposal
from wizard.postfix.restrictions import ParsedRestriction, split_restrictions
from wizard.postfix.second_mx import (
    CACHE,
    CODE,
    DOMAINS,
    LIMITS,
    LIST,
    MAPS,
    OF_LIMITS,
    REFUSED,
    RELAY_RULES,
    SECTION,
    TRANSPORTS,
    WHY,
    WHY_EXEMPT,
    WHY_VERIFIED,
    Live,
)

PARAMETERS = (DOMAINS, TRANSPORTS, MAPS, LIST, LIMITS, CODE, CACHE)
"""All parameters that the section writes."""

_GONE = "Here stood a part of a second MX, which the answers no longer have."


@dataclass(frozen=True)
class _Words:
    """The words of one list: which are ours, and those that it is to have."""

    name: str
    is_ours: Callable[[str], bool]
    wanted: Sequence[str]


def propose(
    proposal: Proposal, goal: Backup, table_type: str, protected: Collection[str] = ()
) -> Proposal:
    """Return the next main.cf; parameters in `protected` stay."""
    before = cf = MainCf(Lines.of(proposal))
    today = Live.of({name: cf.value(name) or "" for name in PARAMETERS})
    is_verified = bool(goal.domains) and goal.recipients == VERIFY
    for one in _lists(goal, today, table_type, is_verified=is_verified):
        if one.name not in protected:
            cf = _with_words(cf, one)
    if LIMITS not in protected:
        cf = _with_limits(cf, goal.servers, today.servers)
    cache = f"{table_type}:$data_directory/verify_cache"
    for name, value in ((CODE, REFUSED), (CACHE, cache)):
        if name not in protected:
            cf = _with_value(cf, name, value, is_set=is_verified, was_set=bool(today.verified))
    refusals: tuple[str, ...] = ()
    if LIST not in protected:
        items = [(second_mx.verified, WHY_VERIFIED, ""), (second_mx.exempt, WHY_EXEMPT, "")]
        if is_verified:
            items[0] = (*items[0][:2], second_mx.recipient_item(goal.domains))
        if goal.servers:
            items[1] = (*items[1][:2], second_mx.client_item(goal.servers))
        cf, refusals = _with_items(cf, items)
    values = {name: cf.value(name) for name in PARAMETERS}
    changed = [name for name in PARAMETERS if values[name] != before.value(name)]
    if not changed:
        return replace(proposal, refusals=(*proposal.refusals, *refusals))
    expected = {name: value for name, value in proposal.expected if name not in changed}
    expected.update({one: now for one in changed if (now := values[one]) is not None})
    return replace(
        proposal,
        text=bytes(cf),
        reasons=cf.lines.reasons(),
        expected=tuple(expected.items()),
        changed=tuple(dict.fromkeys((*proposal.changed, *changed))),
        refusals=(*proposal.refusals, *refusals),
    )


def _lists(goal: Backup, today: Live, table_type: str, *, is_verified: bool) -> tuple[_Words, ...]:
    earlier = frozenset(today.routed[0])
    routes = (second_mx.transport(goal.domains, goal.primary),) if goal.domains else ()
    maps = (f"{table_type}:{BACKUP_RECIPIENTS}",) if goal.domains and not is_verified else ()
    return (
        _Words(DOMAINS, lambda one: one.lower() in earlier, goal.domains),
        _Words(TRANSPORTS, lambda one: bool(second_mx.routed(one)[0]), routes),
        _Words(MAPS, second_mx.is_table, maps),
    )


def _with_words(cf: MainCf, those: _Words) -> MainCf:
    """Return the list with these words of ours and no others; all other words stay."""
    twins, name, why = cf.twins(those.name), those.name, WHY[those.name]
    live = words(cf, twins[0]) if twins else ()
    known = {one.lower() for one in live}
    wanted = {one.lower() for one in those.wanted}
    new = [one for one in those.wanted if one.lower() not in known]
    gone = [at for at, one in enumerate(live) if those.is_ours(one) and one.lower() not in wanted]
    if not new and not gone:
        return cf
    if not live:
        value = ", ".join(new)
        return set_value(cf, name, value, why) if twins else _added(cf, name, value)
    if len(gone) == len(live) and not new:
        return remove(cf, name, _GONE)
    # A new word takes the place of an old one, so that a list of ours alone is never empty.
    change = ListEdit(
        why if new else _GONE,
        remove=frozenset(gone[len(new) :]),
        replace=dict(zip(gone, new)),
        insert=_at_end(len(live), gone[len(new) :], new[len(gone) :]),
    )
    for entry in twins:
        cf = edit(cf, entry, change)
    return cf


def _at_end(count: int, gone: Collection[int], new: Sequence[str]) -> dict[int, Sequence[str]]:
    return {max(at for at in range(count) if at not in gone): new} if new else {}


def _added(cf: MainCf, name: str, value: str) -> MainCf:
    """Write a parameter that is not set, by the rules of its place."""
    parameter = Parameter(name, SECTION, lambda _: value, WHY[name], examples=False)
    return add(cf, Missing(parameter, value, (f"{name} = {value}",), WHY[name]))


def _with_limits(cf: MainCf, servers: Sequence[str], earlier: Sequence[str]) -> MainCf:
    """Exempt the servers from anvil's limits; without a line, Postfix exempts $mynetworks."""
    before = {second_mx.in_brackets(one) for one in earlier}
    wanted = [second_mx.in_brackets(one) for one in servers]
    live = cf.value(LIMITS)
    if live is None and wanted:
        return _added(cf, LIMITS, ", ".join((OF_LIMITS, *wanted)))
    cf = _with_words(cf, _Words(LIMITS, before.__contains__, wanted))
    is_default = not wanted and bool(before) and cf.value(LIMITS) == OF_LIMITS
    return remove(cf, LIMITS, _GONE) if is_default else cf


def _with_value(cf: MainCf, name: str, value: str, *, is_set: bool, was_set: bool) -> MainCf:
    live = cf.value(name)
    if not is_set:
        return remove(cf, name, _GONE) if was_set and live == value else cf
    if live is None:
        return _added(cf, name, value)
    # A cache of the operator's is as good; another code only delays what is to be refused.
    return cf if name == CACHE and live else set_value(cf, name, value, WHY[name])


_Item = tuple[Callable[[ParsedRestriction], tuple[str, ...]], str, str]
"""Which item is ours, why it is there, and its text, "" for none."""


def _with_items(cf: MainCf, items: Sequence[_Item]) -> tuple[MainCf, tuple[str, ...]]:
    """Return the file with these items in its list of restrictions, or why there is no place."""
    for is_ours, why, text in items:
        twins = cf.twins(LIST)
        live = split_restrictions(words(cf, twins[0])) if twins else ()
        found = [one for one in live if is_ours(one)]
        if [one.text for one in found] == [text] or not (found or text):
            continue
        after = _place(live) if text and not found else None
        if text and not found and after is None:
            return cf, (_homeless(text),)
        change = _change(found, text, why, after)
        for entry in twins:
            cf = edit(cf, entry, change)
    return cf, ()


def _change(
    found: Sequence[ParsedRestriction], text: str, why: str, after: Optional[int]
) -> ListEdit:
    """Return the edit: a new item after a word, another text for one that is there, or none of them."""
    if after is not None:
        return ListEdit(why, insert={after: [text]}, whys={text: why})
    first = found[:1] if text else ()
    replaced = {one.last: text for one in first}
    gone = [at for one in found for at in range(one.first, one.last + 1) if at not in replaced]
    return ListEdit(why if text else _GONE, remove=frozenset(gone), replace=replaced)


def _place(live: Sequence[ParsedRestriction]) -> Optional[int]:
    """Return the word below which our items are: the rule against relaying, or a table of recipients.

    None without that rule, since an `OK` above it would relay for strangers.
    """
    after, of_recipient = None, f"{second_mx.OF_RECIPIENT} "
    for one in live:
        is_next = one.key in RELAY_RULES if after is None else one.key.startswith(of_recipient)
        if is_next:
            after = one.last
        elif after is not None:
            break
    return after


def _homeless(text: str) -> str:
    return (
        f"{LIST} has no safe place for `{text}`: it must be below {RELAY_RULES[0]}. Put "
        f"{RELAY_RULES[0]} into the list first, or run the section policy, which writes the list."
    )
