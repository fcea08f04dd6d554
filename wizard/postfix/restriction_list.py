"""Write or edit smtpd_recipient_restrictions in main.cf, and warn of what is odd in it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from wizard.answers.model import POLICY, Answers
from wizard.postfix.blocklists import in_use
from wizard.postfix.items import edit, words
from wizard.postfix.main_cf import Entry, MainCf
from wizard.postfix.parameters import Parameter
from wizard.postfix.placement import Missing
from wizard.postfix.restrictions import (
    BLOCKLISTS,
    RELAY_RULES,
    ParsedRestriction,
    Restriction,
    change,
    split_restrictions,
)
from wizard.secrets import MASK, has_key, without_number
from wizard.text import shortened

_SHOWN = 5


def edit_restrictions(
    cf: MainCf,
    parameter: Parameter,
    answers: Answers,
    goal: Sequence[Restriction],
    chosen: Collection[str],
    *,
    warnings: list[str],
    refusals: list[str],
) -> tuple[MainCf, Missing | None]:
    """Edit the list, or return it as a missing one; add to the warnings and refusals."""
    twins = cf.twins(parameter.name)
    if twins:
        needed = change(_parsed(cf, twins[0]), goal, chosen, parameter.why, cf.value)
        if needed.homeless:
            refusals.append(_homeless(parameter.name, needed.homeless))
            return cf, None
        if needed.gone:
            warnings.append(
                f"{parameter.name}: blocklists taken out, since the answers do not name them:"
                f" {shortened(needed.gone, _SHOWN)}."
            )
        if needed.unknown:
            warnings.append(_unknown(parameter.name, needed.unknown, chosen))
        for entry in twins:
            cf = edit(cf, entry, needed.edit)
        return cf, None
    if POLICY not in chosen:
        lists = answers.blocklists
        # A list, or a row of sender_access.
        wanted = any((lists.use, lists.custom, lists.allow_senders, lists.reject_senders))
        (refusals if wanted else warnings).append(
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


def has_another_key(cf: MainCf, parameter: Parameter, goal: Sequence[Restriction]) -> bool:
    """True if main.cf has a list of the answers with another key than the key file's."""
    keyed = {one.text.lower() for one in goal if MASK in one.text}
    return any(
        MASK not in one.text and without_number(one.text).lower() in keyed
        for twin in cf.twins(parameter.name)
        for one in _parsed(cf, twin)
    )


def visible_keys(cf: MainCf, answers: Answers, chosen: Collection[str]) -> Iterator[str]:
    """Warn: every local user and every refused client can read the blocklist key."""
    keyed = [one.zone for one in answers.blocklists.custom if has_key(one.zone)]
    keyed += [one.zone for one in in_use(answers.blocklists) if MASK in one.zone]
    if BLOCKLISTS in chosen and keyed and not cf.value("rbl_reply_maps"):
        yield (
            f"{shortened(keyed, _SHOWN)}: every user of this host can read the key in main.cf, and Postfix"
            " tells it to clients that it refuses; rbl_reply_maps in postconf(5) words that reply."
        )


def permits_too_early(cf: MainCf, chosen: Collection[str]) -> Iterator[str]:
    """Warn of a table of senders above the rule against relaying."""
    entry = cf.entry("smtpd_recipient_restrictions")
    if entry and {POLICY, BLOCKLISTS} & set(chosen):
        keys = [one.key for one in _parsed(cf, entry)]
        access = next((at for at, key in enumerate(keys) if key.startswith("check_sender_")), None)
        behind = keys[access:] if access is not None else []
        if RELAY_RULES & set(behind) and not RELAY_RULES & set(keys[:access]):
            yield (
                "smtpd_recipient_restrictions: check_sender_access does not stand below"
                " reject_unauth_destination, so an OK row would let a stranger past that rule."
            )


def _parsed(cf: MainCf, entry: Entry) -> tuple[ParsedRestriction, ...]:
    return split_restrictions(words(cf, entry))


def _unknown(name: str, items: Sequence[str], chosen: Collection[str]) -> str:
    why = "Postfix knows no such restriction and replies 451 to whoever comes that far"
    if POLICY in chosen:
        return f"{name}: taken out, since {why}: {shortened(items, _SHOWN)}."
    return (
        f"{name}: {why}: {shortened(items, _SHOWN)}. `postfix-wizard apply --section policy` takes it"
        " out."
    )


def _homeless(name: str, items: Sequence[str]) -> str:
    return (
        f"{name}: there is no safe place for {shortened(items, _SHOWN)}. Each must stand behind the permit of"
        " people who have logged in and behind the rule against relaying, and nothing is asked"
        " behind `reject`, `defer`, `permit` or `permit_auth_destination`. Put"
        " reject_unauth_destination behind permit_sasl_authenticated, and before such a word, first."
    )
