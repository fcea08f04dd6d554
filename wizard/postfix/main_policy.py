"""The policy applied to main.cf: a pure function of live text, answers and sections.

What no section asked for owns keeps every byte.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import groupby

from wizard.answers.model import POLICY, SECTIONS, Answers, Hostname
from wizard.host.facts import Postfix
from wizard.postfix import addresses, hardening, restrictions
from wizard.postfix.blocklists import in_use
from wizard.postfix.items import edit, folded, words
from wizard.postfix.main_cf import MainCf, comment_out, set_value
from wizard.postfix.parameters import (
    BLOCKS,
    LOCAL_ALWAYS,
    NETWORKS,
    PARAMETERS,
    RESTRICTIONS,
    SCALAR,
    Parameter,
)
from wizard.postfix.placement import Missing, add, add_to_block
from wizard.postfix.proposal import Proposal
from wizard.postfix.relayhost import RELAY, left_out, without_heading
from wizard.secrets import MASK, has_key

ALL_SECTIONS: tuple[str, ...] = (*SECTIONS, POLICY)

_SHOWN = 5
_DEFAULTS = Answers(Hostname("host.invalid", "invalid"))
_NO_RELAY = "Not needed by the relay host of the answers, or by none."
_COMPARED = ("networks", "delivery", "limits")


def propose_main_cf(
    live: bytes,
    answers: Answers,
    postfix: Postfix,
    sections: Collection[str] = (),
    today: Answers | None = None,
    *,
    kept: Collection[str] = (),
) -> Proposal:
    """The next main.cf (postconf(5)); without `sections` all of them and the policy's own.

    With `today`, what the file says now, only what the answers change of it is edited; the
    section policy's own parameters are always set. Parameters that are `kept` stay as they are,
    or unset. `expected` has the parameters of these sections that are set afterwards. Raises ValueError
    where an answer would write a control character or a second parameter or item.
    """
    chosen = frozenset(sections) or frozenset(ALL_SECTIONS)
    before = MainCf.parse(live)
    cf = before if RELAY not in chosen else _without_relay(before, answers, today, kept)
    goal = restrictions.wanted(answers, postfix)
    warnings: list[str] = []
    mine = [one for one in hardening.fitted(PARAMETERS, postfix) if _chosen(one, chosen)]
    for block, group in groupby(filter(_stays(answers), mine), key=lambda one: one.block):
        missing: list[Missing] = []
        for parameter in group:
            if parameter.name in kept or _is_as_today(parameter, answers, today, chosen):
                continue
            value = parameter.value(answers)
            why = _why(parameter, value)
            if parameter.kind == RESTRICTIONS:
                cf, new = _restrictions(cf, parameter, goal, chosen, warnings)
            elif parameter.kind == SCALAR:
                cf, new = _scalar(cf, parameter, value, why)
            else:
                before_it = None if today is None else parameter.items(today)
                cf, new = _list(cf, parameter, parameter.items(answers), before_it, warnings)
            if new and not block:
                cf = add(cf, new, over_first_example=parameter.kind == NETWORKS)
            elif new:
                missing.append(new)
        if missing:
            cf = add_to_block(cf, _BLOCKS[block], _ORDER[block], missing)
    names = [one.name for one in mine]
    if restrictions.BLOCKLISTS in chosen:
        warnings += _told_with_the_zone(cf, answers)
    return Proposal(
        text=bytes(cf),
        reasons=cf.lines.reasons(),
        expected=tuple((n, v) for n in names for v in [cf.value(n)] if v is not None),
        changed=tuple(name for name in names if cf.value(name) != before.value(name)),
        warnings=(*warnings, *_warnings(cf, names, chosen)),
    )


_BLOCKS = {block.name: block for block in BLOCKS}
_ORDER = {
    block.name: tuple(one.name for one in PARAMETERS if one.block == block.name) for block in BLOCKS
}


def _chosen(parameter: Parameter, chosen: Collection[str]) -> bool:
    if parameter.kind == RESTRICTIONS and restrictions.BLOCKLISTS in chosen:
        return True
    return parameter.section in chosen


def _is_as_today(
    parameter: Parameter, answers: Answers, today: Answers | None, chosen: Collection[str]
) -> bool:
    """Whether the answers want of a section's parameter what they already say today."""
    if today is None:
        return parameter.optional and not parameter.value(answers)
    if parameter.kind == RESTRICTIONS:
        return POLICY not in chosen and answers.blocklists == today.blocklists
    if parameter.section == POLICY:
        return False
    return all(getter(answers) == getter(today) for getter in (parameter.value, parameter.items))


def _stays(answers: Answers) -> Callable[[Parameter], bool]:
    """Whether a parameter is no part of a relay host that the answers do not have."""
    return lambda one: one.section != RELAY or one.value(answers) != ""


def _without_relay(
    cf: MainCf, answers: Answers, today: Answers | None, kept: Collection[str]
) -> MainCf:
    """Take out what the relay host does not need, or all of it.

    Answers applied whole that name no relay say nothing of one that was set by hand.
    """
    everywhere = today is not None or bool(answers.relay.host)
    for one in PARAMETERS:
        if one.section != RELAY or one.value(answers) or one.name in kept:
            continue
        if not _is_as_today(one, answers, today, (RELAY,)):
            cf = left_out(cf, one.name, _NO_RELAY, everywhere=everywhere)
    return without_heading(cf, _ORDER[RELAY], _NO_RELAY)


def _why(parameter: Parameter, value: str) -> str:
    """The policy's reason, or that the operator chose otherwise."""
    if parameter.section not in _COMPARED or parameter.kind != SCALAR:
        return parameter.why
    if parameter.optional:
        return parameter.why if value else "Not set, as you chose."
    default = parameter.value(_DEFAULTS)
    if value == default:
        return parameter.why
    if not value:
        return f"Not set, as you chose; the policy's own value is {default}."
    return f"As you chose; the policy's own value is {default}."


def _scalar(
    cf: MainCf, parameter: Parameter, value: str, why: str
) -> tuple[MainCf, Missing | None]:
    """Set a single value. An empty one leaves the parameter unset: its line becomes a comment."""
    if parameter.section == hardening.SECTION:
        return hardening.switched(cf, parameter, value)
    live = cf.value(parameter.name)
    if not value:
        return (cf if live is None else comment_out(cf, parameter.name, why)), None
    if live is None:
        return cf, Missing(parameter, value, (f"{parameter.name} = {value}",), why)
    if live in parameter.also:
        return cf, None
    return set_value(cf, parameter.name, value, why), None


def _list(
    cf: MainCf,
    parameter: Parameter,
    items: Sequence[str],
    today: Sequence[str] | None,
    warnings: list[str],
) -> tuple[MainCf, Missing | None]:
    goal = addresses.wanted(items)
    twins = cf.twins(parameter.name)
    if not twins:
        head = f"{parameter.name} ="
        fixed = len(goal) if parameter.kind == NETWORKS else len(LOCAL_ALWAYS)
        texts = folded(head, goal[:fixed], goal[fixed:])
        return cf, Missing(parameter, ", ".join(goal), texts, parameter.why)
    live = words(cf, twins[0])
    if today is not None:
        goal = addresses.moved(live, goal, today)
    change = addresses.change(parameter.kind, live, goal, parameter.why)
    gone = [live[place] for place in sorted(change.remove)]
    if gone:
        warnings.append(
            f"{parameter.name}: taken out, since the answers do not name it: {_shown(gone)}."
        )
    for entry in twins:
        cf = edit(cf, entry, change)
    return cf, None


def _shown(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _restrictions(
    cf: MainCf,
    parameter: Parameter,
    goal: Sequence[restrictions.Restriction],
    chosen: Collection[str],
    warnings: list[str],
) -> tuple[MainCf, Missing | None]:
    twins = cf.twins(parameter.name)
    if twins:
        live = restrictions.standing(words(cf, twins[0]))
        change = restrictions.change(live, goal, chosen, parameter.why)
        if change.gone:
            warnings.append(
                f"{parameter.name}: blocklists taken out, since the answers do not name them:"
                f" {_shown(change.gone)}."
            )
        for entry in twins:
            cf = edit(cf, entry, change.edit)
        return cf, None
    if POLICY not in chosen:
        warnings.append(
            f"{parameter.name} is not set, so the blocklists have no list to stand in: it comes"
            " with the section policy."
        )
        return cf, None
    mine = [one for one in goal if one.section in chosen]
    items = tuple(one.text for one in mine)
    texts = (
        f"{parameter.name} =",
        *(f"    {text}," for text in items[:-1]),
        f"    {items[-1]}",
    )
    whys = {one.text: one.why for one in mine}
    return cf, Missing(parameter, ", ".join(items), texts, parameter.why, items, whys)


def _told_with_the_zone(cf: MainCf, answers: Answers) -> list[str]:
    """A zone with a key in it cannot be hidden from those who read main.cf, or are refused by it."""
    keyed = [one.zone for one in answers.blocklists.custom if has_key(one.zone)]
    keyed += [one.zone for one in in_use(answers.blocklists) if MASK in one.zone]
    if not keyed or cf.value("rbl_reply_maps"):
        return []
    warning = (
        f"{_shown(keyed)}: every user of this host can read the key in main.cf, and Postfix tells"
        " it to clients that it refuses; rbl_reply_maps in postconf(5) words that reply."
    )
    return [warning]


def _set_twice(name: str, lines: Sequence[int], twins: int) -> str:
    edited = (
        "that one is edited"
        if twins == 1
        else "all are edited, since they say the same"
        if twins == len(lines)
        else f"the last {twins} are edited, since they say the same"
    )
    numbers = ", ".join(map(str, lines))
    return f"main.cf sets {name} on lines {numbers}: Postfix takes the last, and {edited}."


def _warnings(cf: MainCf, names: Iterable[str], chosen: Collection[str]) -> list[str]:
    found = []
    for name in names:
        lines = cf.duplicates(name)
        if lines:
            found.append(_set_twice(name, lines, len(cf.twins(name))))
    if POLICY in chosen:
        relay = cf.value("smtpd_relay_restrictions")
        if relay and "permit_sasl_authenticated" not in relay:
            found.append(
                "smtpd_relay_restrictions in main.cf lacks permit_sasl_authenticated: people who"
                " log in on 587 and 465 cannot send to other servers."
            )
    entry = cf.entry("smtpd_recipient_restrictions")
    if entry and {POLICY, restrictions.BLOCKLISTS} & set(chosen):
        keys = [one.key for one in restrictions.standing(words(cf, entry))]
        access = next((at for at, key in enumerate(keys) if key.startswith("check_sender_")), None)
        if access is not None and not restrictions.RELAY_RULES & set(keys[:access]):
            found.append(
                "smtpd_recipient_restrictions: check_sender_access does not stand below"
                " reject_unauth_destination, so an OK row would let a stranger past that rule."
            )
    return found
