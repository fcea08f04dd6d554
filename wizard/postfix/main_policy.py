"""Apply the policy to main.cf: a pure function of live text, answers and sections.

All text outside the planned sections is unchanged, byte for byte.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby

from wizard.answers.model import POLICY, SECTIONS, Answers
from wizard.answers.sections.blocklists import Blocklists
from wizard.answers.sections.hostname import Hostname
from wizard.answers.unsaid import Unsaid
from wizard.host.facts import Postfix
from wizard.host.main_cf import words as split
from wizard.postfix import addresses, hardening, restrictions, served
from wizard.postfix.blocklists import in_use
from wizard.postfix.items import edit, folded, words
from wizard.postfix.main_cf import MainCf, comment_out, set_value
from wizard.postfix.meaning import Own, own_names
from wizard.postfix.parameters import (
    AS_SWITCHED,
    BLOCKS,
    DEFAULTS,
    LISTS,
    LOCAL_ALWAYS,
    NAMES,
    NETWORKS,
    PARAMETERS,
    RESTRICTIONS,
    WITH_ITS_BLOCK,
    Parameter,
)
from wizard.postfix.placement import Missing, add, add_to_block
from wizard.postfix.proposal import Proposal
from wizard.postfix.relayhost import RELAY, without_heading, without_parameter
from wizard.secrets import MASK, has_key, without_number
from wizard.text import shortened

ALL_SECTIONS: tuple[str, ...] = (*SECTIONS, POLICY)

_SHOWN = 5
_DEFAULTS = Answers(Hostname("host.invalid", "invalid"))
_NO_RELAY = "Not needed by the relay host of the answers, or by none."


def propose_main_cf(
    live: bytes,
    answers: Answers,
    postfix: Postfix,
    sections: Collection[str] = (),
    today: Answers | None = None,
    *,
    protected: Collection[str] = (),
) -> Proposal:
    """Return the next main.cf (postconf(5)); without `sections`, for all of them and the policy.

    With `today`, the answers that the file expresses now, only changed answers are edited; the
    section policy's own parameters are always set. List items are compared by their meaning. An
    item that answers can express is removed if they do not have it, in any spelling. Parameters in
    `protected` are not changed. `expected` has the parameters of these sections that are set
    afterwards. Raises ValueError if an answer would write a control character, or a second
    parameter or item.
    """
    chosen = frozenset(sections) or frozenset(ALL_SECTIONS)
    before = MainCf.parse(live)
    cf, taken_out = _taken_out(before, answers, today, protected, chosen)
    goal = restrictions.wanted(answers, postfix)
    warnings = list(taken_out)
    refusals: list[str] = []
    mine = [one for one in hardening.fitted(PARAMETERS, postfix) if _chosen(one, chosen)]
    # The relay's parameters without a value are not written.
    written = (one for one in mine if one.when_empty != WITH_ITS_BLOCK or one.value(answers) != "")
    for block, group in groupby(written, key=lambda one: one.block):
        missing: list[Missing] = []
        for parameter in group:
            if parameter.name in protected or (
                _is_as_today(parameter, answers, today, chosen)
                and not _follows_the_name(cf, parameter, answers, today)
                and not _has_another_key(cf, parameter, goal)
            ):
                continue
            if parameter.kind == RESTRICTIONS:
                cf, new = _restrictions(
                    cf,
                    parameter,
                    goal,
                    chosen,
                    asks_for_something=_asks(answers.blocklists),
                    warnings=warnings,
                    refusals=refusals,
                )
            elif parameter.kind in LISTS:
                cf, new = _list(cf, parameter, answers, postfix, today, warnings=warnings)
            else:
                cf, new = _scalar(cf, parameter, answers, warnings)
            if new and not block:
                cf = add(cf, new, over_first_example=parameter.kind == NETWORKS)
            elif new:
                missing.append(new)
        if missing:
            cf = add_to_block(cf, _BLOCKS[block], _ORDER[block], missing)
    names = [one.name for one in mine]
    names += served.TAKEN_OUT if served.SECTION in chosen else ()
    if restrictions.BLOCKLISTS in chosen:
        warnings += _visible_keys(cf, answers)
    return Proposal(
        text=bytes(cf),
        reasons=cf.lines.reasons(),
        expected=tuple((n, v) for n in names for v in [cf.value(n)] if v is not None),
        changed=tuple(name for name in names if cf.value(name) != before.value(name)),
        warnings=(*warnings, *_warnings(cf, names, chosen)),
        refusals=tuple(refusals),
    )


_BLOCKS = {block.name: block for block in BLOCKS}
_ORDER = {
    block.name: tuple(one.name for one in PARAMETERS if one.block == block.name) for block in BLOCKS
}


def _chosen(parameter: Parameter, chosen: Collection[str]) -> bool:
    return parameter.section in chosen or parameter.answered_in in chosen


def _is_as_today(
    parameter: Parameter, answers: Answers, today: Answers | None, chosen: Collection[str]
) -> bool:
    """True if the answers want today's value of a section's parameter."""
    if today is None:
        return parameter.optional and not parameter.value(answers)
    if parameter.kind in LISTS:
        return False
    if parameter.kind == RESTRICTIONS:
        return POLICY not in chosen and answers.blocklists == today.blocklists
    if parameter.section == POLICY:
        return False
    return parameter.value(answers) == parameter.value(today)


def _has_another_key(
    cf: MainCf, parameter: Parameter, goal: Sequence[restrictions.Restriction]
) -> bool:
    """True if main.cf has a list of the answers with another key than the key file's."""
    if parameter.kind != RESTRICTIONS:
        return False
    keyed = {one.text.lower() for one in goal if MASK in one.text}
    texts = [
        one.text
        for twin in cf.twins(parameter.name)
        for one in restrictions.split_restrictions(words(cf, twin))
    ]
    return any(MASK not in one and without_number(one).lower() in keyed for one in texts)


def _taken_out(
    cf: MainCf,
    answers: Answers,
    today: Answers | None,
    protected: Collection[str],
    chosen: Collection[str],
) -> tuple[MainCf, tuple[str, ...]]:
    """Remove parameters that would override the answers' own; return the file and the warnings."""
    if RELAY in chosen:
        cf = _without_relay(cf, answers, today, protected)
    return served.without_others(cf, protected) if served.SECTION in chosen else (cf, ())


def _without_relay(
    cf: MainCf, answers: Answers, today: Answers | None, protected: Collection[str]
) -> MainCf:
    """Remove the parameters that the relay host does not need, or all of them without a relay.

    Without `today`, answers without a relay do not remove one that was set by hand.
    """
    everywhere = today is not None or bool(answers.relay.host)
    for one in PARAMETERS:
        if one.when_empty != WITH_ITS_BLOCK or one.value(answers) or one.name in protected:
            continue
        if not one.is_unsaid(answers) and not _is_as_today(one, answers, today, (RELAY,)):
            cf = without_parameter(cf, one.name, _NO_RELAY, everywhere=everywhere)
    return without_heading(cf, _ORDER[RELAY], _NO_RELAY)


def _why(parameter: Parameter, value: str) -> str:
    """Return the policy's reason, or that the operator chose another value."""
    if not parameter.names_default:
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
    cf: MainCf, parameter: Parameter, answers: Answers, warnings: list[str]
) -> tuple[MainCf, Missing | None]:
    """Set a single value. For an empty one, the parameter's line is commented out."""
    value = parameter.value(answers)
    if isinstance(value, Unsaid):
        warnings += _unsaid_warnings(cf, parameter)
        return cf, None
    if parameter.when_empty == AS_SWITCHED:
        return hardening.switched(cf, parameter, value)
    live, why = cf.value(parameter.name), _why(parameter, value)
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
    answers: Answers,
    postfix: Postfix,
    today: Answers | None,
    *,
    warnings: list[str],
) -> tuple[MainCf, Missing | None]:
    """Edit a list, or write a new one; without `today` the whole policy is installed."""
    items = parameter.items(answers)
    if parameter.is_unsaid(answers):
        warnings += _unsaid_warnings(cf, parameter)
        return cf, None
    goal, why = addresses.wanted(items), _why(parameter, ", ".join(items))
    own = own_names(cf, postfix.in_force)
    in_force = None if today is None else _in_force(parameter, postfix)
    if today is not None and parameter.kind == NETWORKS and _listens_elsewhere(answers, today):
        in_force = ""
    twins = cf.twins(parameter.name)
    if not twins:
        return cf, _new_list(parameter, goal, why, own, in_force)
    live = words(cf, twins[0])
    change = addresses.change(
        parameter.kind,
        live,
        goal,
        why,
        own,
        whole=in_force is None,
        is_folded=len(twins[0].lines) > 1,
    )
    if parameter.optional and not goal and not change.foreign:
        return comment_out(cf, parameter.name, why), None
    if change.gone and parameter.kind in (NAMES, NETWORKS):
        warnings.append(
            f"{parameter.name}: taken out, since the answers do not name it: {shortened(change.gone, _SHOWN)}."
        )
    if change.foreign:
        warnings.append(
            f"{parameter.name}: no answer can express {shortened(change.foreign, _SHOWN)}; it stays, and what it"
            " names counts as before."
        )
    for entry in twins:
        cf = edit(cf, entry, change.edit)
    return cf, None


def _new_list(
    parameter: Parameter, goal: Sequence[str], why: str, own: Own, in_force: str | None
) -> Missing | None:
    """Return the list to write, None if the value in force without it means the same."""
    fixed = len(goal) if parameter.kind != NAMES else len(LOCAL_ALWAYS)
    if in_force is not None:
        names = goal if parameter.kind != NAMES else goal[fixed:]
        kind, live = parameter.kind, split(in_force)
        there = {own.key(kind, word) for word in live}
        new = [one for one in names if own.key(kind, one) not in there]
        if not new and (kind == NAMES or len(names) == len(there)):
            return None
        if kind == NAMES:
            goal, fixed = (*live, *new), len(live)
    texts = folded(f"{parameter.name} =", goal[:fixed], goal[fixed:])
    return Missing(parameter, ", ".join(goal), texts, why)


def _listens_elsewhere(answers: Answers, today: Answers) -> bool:
    """True if the default of mynetworks changes, which Postfix derives from these two."""
    now, was = answers.networks, today.networks
    return (now.inet_interfaces, now.inet_protocols) != (was.inet_interfaces, was.inet_protocols)


def _follows_the_name(
    cf: MainCf, parameter: Parameter, answers: Answers, today: Answers | None
) -> bool:
    """True if mydomain is not set, and its default from the new myhostname is not the answer's."""
    if parameter.name != "mydomain" or today is None or cf.value("mydomain") is not None:
        return False
    name = answers.hostname.myhostname
    if parameter.is_unsaid(answers):
        return False
    is_new = name != today.hostname.myhostname
    return is_new and name.partition(".")[2] != answers.hostname.mydomain


def _in_force(parameter: Parameter, postfix: Postfix) -> str:
    """Return the value in force of a list that is not set, "" if it is not known."""
    return DEFAULTS.get(parameter.name) or postfix.in_force.get(parameter.name, "")


def _unsaid_warnings(cf: MainCf, parameter: Parameter) -> Iterator[str]:
    """Warn of a live value that no answer can express and that is not changed."""
    live = cf.value(parameter.name)
    if live is not None and parameter.when_empty != WITH_ITS_BLOCK:
        yield f"{parameter.name} = {live} stays: no answer can express it."


def _restrictions(
    cf: MainCf,
    parameter: Parameter,
    goal: Sequence[restrictions.Restriction],
    chosen: Collection[str],
    *,
    asks_for_something: bool,
    warnings: list[str],
    refusals: list[str],
) -> tuple[MainCf, Missing | None]:
    twins = cf.twins(parameter.name)
    if twins:
        live = restrictions.split_restrictions(words(cf, twins[0]))
        change = restrictions.change(live, goal, chosen, parameter.why, cf.value)
        if change.homeless:
            refusals.append(_homeless(parameter.name, change.homeless))
            return cf, None
        if change.gone:
            warnings.append(
                f"{parameter.name}: blocklists taken out, since the answers do not name them:"
                f" {shortened(change.gone, _SHOWN)}."
            )
        for entry in twins:
            cf = edit(cf, entry, change.edit)
        return cf, None
    if POLICY not in chosen:
        reports = refusals if asks_for_something else warnings
        reports.append(
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


def _asks(blocklists: Blocklists) -> bool:
    """True if the answers have a list or a row of sender_access."""
    wants = (blocklists.use, blocklists.custom, blocklists.allow_senders, blocklists.reject_senders)
    return any(wants)


def _homeless(name: str, items: Sequence[str]) -> str:
    return (
        f"{name}: there is no safe place for {shortened(items, _SHOWN)}. Each must stand behind the permit of"
        " people who have logged in and behind the rule against relaying, and nothing is asked"
        " behind `reject`, `defer`, `permit` or `permit_auth_destination`. Put"
        " reject_unauth_destination behind permit_sasl_authenticated, and before such a word, first."
    )


def _visible_keys(cf: MainCf, answers: Answers) -> Iterator[str]:
    """Warn: every local user and every refused client can read the blocklist key."""
    keyed = [one.zone for one in answers.blocklists.custom if has_key(one.zone)]
    keyed += [one.zone for one in in_use(answers.blocklists) if MASK in one.zone]
    if keyed and not cf.value("rbl_reply_maps"):
        yield (
            f"{shortened(keyed, _SHOWN)}: every user of this host can read the key in main.cf, and Postfix"
            " tells it to clients that it refuses; rbl_reply_maps in postconf(5) words that reply."
        )


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


def _warnings(cf: MainCf, names: Iterable[str], chosen: Collection[str]) -> Iterator[str]:
    for name in names:
        lines = cf.duplicates(name)
        if lines:
            yield _set_twice(name, lines, len(cf.twins(name)))
    if POLICY in chosen:
        relay = cf.value("smtpd_relay_restrictions")
        if relay and "permit_sasl_authenticated" not in relay:
            yield (
                "smtpd_relay_restrictions in main.cf lacks permit_sasl_authenticated: people who"
                " log in on 587 and 465 cannot send to other servers."
            )
    entry = cf.entry("smtpd_recipient_restrictions")
    if entry and {POLICY, restrictions.BLOCKLISTS} & set(chosen):
        keys = [one.key for one in restrictions.split_restrictions(words(cf, entry))]
        access = next((at for at, key in enumerate(keys) if key.startswith("check_sender_")), None)
        behind = keys[access:] if access is not None else []
        if restrictions.RELAY_RULES & set(behind) and not restrictions.RELAY_RULES & set(
            keys[:access]
        ):
            yield (
                "smtpd_recipient_restrictions: check_sender_access does not stand below"
                " reject_unauth_destination, so an OK row would let a stranger past that rule."
            )
