"""Apply the policy to main.cf: a pure function of live text, answers and sections.

All text outside the planned sections is unchanged, byte for byte.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby

from wizard.answers.model import POLICY, SECTIONS, Answers
from wizard.answers.sections.hostname import Hostname
from wizard.host.facts import Postfix
from wizard.host.main_cf import words as split
from wizard.postfix import addresses, hardening, restrictions, table_types, tls
from wizard.postfix.items import edit, folded, words
from wizard.postfix.main_cf import MainCf, comment_out, set_value
from wizard.postfix.meaning import Own, own_names
from wizard.postfix.parameters import (
    AS_SWITCHED,
    BLOCKS,
    BY_PROFILE,
    DEFAULTS,
    LISTS,
    LOCAL_ALWAYS,
    NAMES,
    NETWORKS,
    ORDER,
    PARAMETERS,
    RESTRICTIONS,
    WITH_ITS_BLOCK,
    Parameter,
)
from wizard.postfix.placement import Missing, add, add_to_block
from wizard.postfix.proposal import Proposal
from wizard.postfix.removals import REMOVED_ONLY, removed
from wizard.postfix.restriction_list import (
    edit_restrictions,
    has_another_key,
    permits_too_early,
    visible_keys,
)
from wizard.text import shortened

ALL_SECTIONS: tuple[str, ...] = (*SECTIONS, POLICY)

_SHOWN = 5
_DEFAULTS = Answers(Hostname("host.invalid", "invalid"))


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
    cf, found = removed(before, answers, today, protected, chosen)
    cf, repaired = table_types.repaired(cf, postfix, chosen, protected)
    goal = restrictions.wanted(answers, postfix)
    warnings = list(found)
    refusals: list[str] = []
    known = tls.fitted(hardening.fitted(PARAMETERS, postfix, before), postfix)
    mine = [one for one in known if chosen & {one.section, one.answered_in}]
    # The relay's parameters without a value are not written.
    written = (one for one in mine if one.when_empty != WITH_ITS_BLOCK or one.value(answers) != "")
    for block, group in groupby(written, key=lambda one: one.block):
        missing: list[Missing] = []
        for parameter in group:
            if parameter.name in protected or (
                _is_as_today(parameter, answers, today, chosen)
                and not _follows_the_name(cf, parameter, answers, today)
                and not (parameter.kind == RESTRICTIONS and has_another_key(cf, parameter, goal))
            ):
                continue
            new = None
            if parameter.is_unsaid(answers):
                warnings += _unsaid_warnings(cf, parameter)
            elif parameter.kind == RESTRICTIONS:
                cf, new = edit_restrictions(
                    cf, parameter, answers, goal, chosen, warnings=warnings, refusals=refusals
                )
            elif parameter.kind in LISTS:
                cf, new = _list(cf, parameter, answers, postfix, today, warnings=warnings)
            else:
                cf, new = _scalar(cf, parameter, answers)
            if new and not block:
                cf = add(cf, new, over_first_example=parameter.kind == NETWORKS)
            elif new:
                missing.append(new)
        if missing:
            cf = add_to_block(cf, _BLOCKS[block], ORDER[block], missing)
    names = [one.name for one in mine]
    names += [name for one, only in REMOVED_ONLY.items() if one in chosen for name in only]
    names += [name for name in repaired if name not in names]
    warnings += visible_keys(cf, answers, chosen)
    return Proposal(
        text=bytes(cf),
        reasons=cf.lines.reasons(),
        expected=tuple((n, v) for n in names for v in [cf.value(n)] if v is not None),
        changed=tuple(name for name in names if cf.value(name) != before.value(name)),
        warnings=(
            *warnings,
            *_set_twice(before, cf, names),
            *_warnings(cf, chosen),
            *table_types.warnings(cf, postfix),
        ),
        refusals=tuple(refusals),
    )


_BLOCKS = {block.name: block for block in BLOCKS}
_SWITCHED = {AS_SWITCHED: hardening.switched, BY_PROFILE: tls.switched}


def _is_as_today(
    parameter: Parameter, answers: Answers, today: Answers | None, chosen: Collection[str]
) -> bool:
    """True if the answers want today's value of a section's parameter."""
    if today is None:
        return parameter.optional and not parameter.value(answers)
    if parameter.kind in LISTS:
        return False
    if parameter.kind == RESTRICTIONS:
        own = parameter.answered_in
        return POLICY not in chosen and getattr(answers, own) == getattr(today, own)
    if parameter.section == POLICY:
        return False
    return parameter.value(answers) == parameter.value(today)


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
        return f"Not set, as you chose; the wizard's own value is {default}."
    return f"As you chose; the wizard's own value is {default}."


def _scalar(cf: MainCf, parameter: Parameter, answers: Answers) -> tuple[MainCf, Missing | None]:
    """Set a single value. For an empty one, the parameter's line is commented out."""
    value = parameter.value(answers)
    if parameter.when_empty in _SWITCHED:
        return _SWITCHED[parameter.when_empty](cf, parameter, value)
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
    goal, why = addresses.wanted(items), _why(parameter, ", ".join(items))
    own = own_names(cf, postfix.in_force)
    in_force = None
    if today is not None:
        # The value in force if the list is not set, "" if it is not known.
        in_force = DEFAULTS.get(parameter.name) or postfix.in_force.get(parameter.name, "")
        if parameter.kind == NETWORKS and _listens_elsewhere(answers, today):
            in_force = ""
    twins = cf.twins(parameter.name)
    if not twins:
        return cf, _new_list(parameter, goal, why, own, in_force)
    live = words(cf, twins[0])
    if parameter.optional and not live and not goal:
        return cf, None
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
    warnings += (
        f"{parameter.name}: {word} comes before {one} and excludes it, so that {one} does not count."
        f" Take {word} out, or {one} out of the answers."
        for one, word in change.excluded.items()
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


def _unsaid_warnings(cf: MainCf, parameter: Parameter) -> Iterator[str]:
    """Warn of a live value that no answer can express and that is not changed."""
    live = cf.value(parameter.name)
    if live is not None and parameter.when_empty != WITH_ITS_BLOCK:
        yield f"{parameter.name} = {live} stays: no answer can express it."


def _set_twice(live: MainCf, planned: MainCf, names: Iterable[str]) -> Iterator[str]:
    """Warn of parameters that the live main.cf sets repeatedly: an edit may make them alike."""
    for name in names:
        lines, twins = live.duplicates(name), len(live.twins(name))
        if not lines:
            continue
        edited = (
            "all are commented out"
            if planned.entry(name) is None
            else "that one is edited"
            if twins == 1
            else "all are edited, since they say the same"
            if twins == len(lines)
            else f"the last {twins} are edited, since they say the same"
        )
        numbers = ", ".join(map(str, lines))
        yield f"main.cf sets {name} on lines {numbers}: Postfix takes the last, and {edited}."


def _warnings(cf: MainCf, chosen: Collection[str]) -> Iterator[str]:
    relay = cf.value("smtpd_relay_restrictions") or ""
    if POLICY in chosen and restrictions.refuses_logins(relay):
        yield (
            "smtpd_relay_restrictions in main.cf lacks permit_sasl_authenticated: people who"
            " log in on 587 and 465 cannot send to other servers."
        )
    yield from permits_too_early(cf, chosen)
