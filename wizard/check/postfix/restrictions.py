"""Check smtpd's lists of restrictions: known names, and an order that refuses relaying (postconf(5)).

smtpd replies 451 when it reaches a misspelt name, and `postfix check` reads no list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from wizard.finding import Check, Finding
from wizard.postfix.restriction_names import WITH_ARGUMENT, is_known
from wizard.postfix.restrictions import RELAY_RULES
from wizard.postfix.settings import Settings
from wizard.text import printable

LISTS = tuple(
    f"smtpd_{stage}_restrictions"
    for stage in (
        *("client", "helo", "sender", "relay", "recipient"),
        *("data", "end_of_data", "etrn"),
    )
)
RELAY, RECIPIENT = "smtpd_relay_restrictions", "smtpd_recipient_restrictions"
CLASSES = "smtpd_restriction_classes"

_STRANGERS = re.compile(
    r"permit|permit_naked_ip_address|permit_tls_all_clientcerts|permit_mx_backup"
    r"|permit_dnswl_client|permit_rhswl_client"
    r"|check_(client|reverse_client_hostname|helo|sender|recipient)(_a|_mx|_ns)?_access"
)
"""Restrictions that may permit a stranger before the later ones are evaluated."""

_CLIENT_NAMES = (
    "reject_unknown_client_hostname",
    "reject_unknown_client",
    "reject_unknown_reverse_client_hostname",
)
_VERIFIES = "reject_unverified_sender"
AFTER_RCPT = ("smtpd_data_restrictions", "smtpd_end_of_data_restrictions")
"""The lists whose refusals no test of recipients sees."""
_LAST = frozenset({"permit", "reject", "defer"})


def judge_restrictions(
    settings: Settings, services: Iterable[tuple[str, Mapping[str, str]]]
) -> Iterator[Finding]:
    """`restrictions.names`, `.order`, `.names-of-clients`, and `.senders` where each is verified.

    `services` are the smtpd services of master.cf by name, each with its `-o` options.
    """
    lists = [(name, settings.words(name)) for name in LISTS if settings.value(name)]
    lists += [(name, settings.words(name)) for name in settings.words(CLASSES)]
    for service, options in services:
        own = settings.of(options)
        lists += [(f"{service}: {name}", own.words(name)) for name in LISTS if name in options]
    yield _names(lists, settings.words(CLASSES))
    yield _order(settings, lists)
    yield _names_of_clients(settings, lists)
    yield from _verified(lists)


def _verified(lists: Sequence[tuple[str, Sequence[str]]]) -> Iterator[Finding]:
    """Find a list by which the server of each sender is queried (ADDRESS_VERIFICATION_README)."""
    for where, listed in lists:
        if _VERIFIES in _in_force([name for name, _ in items(listed)]):
            yield Check(
                "restrictions.senders", "restrictions: senders", "not each is verified", fatal=False
            ).warning(
                printable(f"{where} has {_VERIFIES}: the server of each new sender is queried"),
                f"Take {_VERIFIES} out of the list, or have a table name the domains that it is for; "
                "reload: others take such queries for guesses, and list this host.",
            )
            return


def items(listed: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield each restriction of a list, in lower case, with its argument or ""."""
    rest = iter(listed)
    for word in rest:
        name = word.lower()
        yield name, (next(rest, "") if WITH_ARGUMENT.fullmatch(name) else "")


def relays_for_all(settings: Settings) -> bool:
    """True if no list refuses relaying before something may permit strangers."""
    return not any(_refuses(settings.words(name)) for name in (RELAY, RECIPIENT))


def _first_permit(settings: Settings, name: str) -> str:
    """Return what may let a stranger relay before a list refuses it, "" for nothing."""
    for restriction, argument in items(settings.words(name)):
        if restriction in RELAY_RULES:
            return ""
        if _STRANGERS.fullmatch(restriction):
            return f"{name}: {restriction} {argument}".rstrip() + " permits strangers"
    return ""


def _in_force(names: Sequence[str]) -> list[str]:
    """Return the restrictions that do not only warn."""
    return [one for before, one in zip(("", *names), names) if before != "warn_if_reject"]


def _refuses(listed: Sequence[str]) -> bool:
    for name in _in_force([name for name, _ in items(listed)]):
        if name in RELAY_RULES or _STRANGERS.fullmatch(name):
            return name in RELAY_RULES
    return False


def _names(lists: Sequence[tuple[str, Sequence[str]]], classes: Sequence[str]) -> Finding:
    check = Check("restrictions.names", "restrictions: their names", "names that Postfix knows")
    unknown = [
        (where, name)
        for where, listed in lists
        for name, _ in items(listed)
        if not is_known(name, classes)
    ]
    if not unknown:
        return check.right("Postfix knows all of them")
    where, name = unknown[0]
    more = f", and {len(unknown) - 1} more" if len(unknown) > 1 else ""
    return check.wrong(
        printable(f"{where} has {name}{more}"),
        "Correct how it is spelt: whoever comes that far is told 451 until then.",
    )


def _order(settings: Settings, lists: Sequence[tuple[str, Sequence[str]]]) -> Finding:
    check = Check(
        "restrictions.order", "restrictions: their order", "relaying refused before any permit"
    )
    if relays_for_all(settings):
        guilty = "; ".join(
            filter(None, (_first_permit(settings, one) for one in (RELAY, RECIPIENT)))
        )
        return check.wrong(
            printable(
                guilty or f"neither {RELAY} nor {RECIPIENT} refuses to relay before a permit"
            ),
            "Put reject_unauth_destination before every permit but permit_mynetworks and "
            "permit_sasl_authenticated; reload.",
        )
    for name in AFTER_RCPT:
        ends = _in_force([one for one, _ in items(settings.words(name))])[-1:]
        if ends and ends[0] in {"reject", "defer"}:
            return check.wrong(
                f"{name} ends with {ends[0]}: every message of strangers is refused after RCPT",
                f"Take {ends[0]} out of {name}; reload.",
            )
    for where, listed in lists:
        last = _ends_the_list(listed)
        if last:
            return check.warning(
                printable(f"{where}: nothing behind `{last}` is ever looked at"),
                f"Take `{last}` out, or move it to the end of the list; reload.",
            )
    return check.right("in order")


def _ends_the_list(listed: Sequence[str]) -> str:
    """Return the `permit`, `reject` or `defer` after which others are never evaluated, else ""."""
    names = [name for name, _ in items(listed)]
    return next((name for name in _in_force(names[:-1]) if name in _LAST), "")


def _names_of_clients(settings: Settings, lists: Sequence[tuple[str, Sequence[str]]]) -> Finding:
    check = Check(
        "restrictions.names-of-clients",
        "restrictions on client names",
        "none while names are not looked up",
    )
    if settings.is_off("smtpd_peername_lookup"):
        for where, listed in lists:
            for name, _ in items(listed):
                if name in _CLIENT_NAMES:
                    return check.wrong(
                        printable(f"{where} has {name}"),
                        f"With smtpd_peername_lookup = no every client is unknown: take {name} out.",
                    )
    return check.right("none in vain")
