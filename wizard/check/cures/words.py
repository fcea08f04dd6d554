"""The commands of cures: parameters of main.cf, options of master.cf, a run of the wizard."""

from __future__ import annotations

import re
from collections.abc import Iterable

from wizard.check.cures.known import Known
from wizard.check.postfix.main_cf import value
from wizard.finding import NO_CURE, Cure
from wizard.postfix.service_entry import Service

Argv = tuple[str, ...]

RELOAD: Argv = ("systemctl", "reload-or-restart", "postfix")
RESTART: Argv = ("systemctl", "restart", "postfix")
ONLY_A_RESTART = frozenset({"inet_interfaces", "inet_protocols", "queue_directory", "mail_owner"})
"""Parameters that a reload does not put into force (postconf(5))."""

_OPERATORS = re.compile(
    r"(?!local_recipient_maps)\w+_maps|\w+_domains|mydestination|mynetworks\w*|relayhost|my(?:host|"
    r"domain|hostname|origin)|(?:smtpd_)?(?:recipient|relay)_restrictions|content_filter|\w+_milters"
    r"|smtpd_proxy_filter|\w+_database|inet_\w+|\w+_directory|\w+_(?:cert|key|chain)_files?|\w+_sasl_path"
)
"""Parameters with decisions of the operator: Postfix's default in their place may lose mail or open the server."""


def is_free(name: str) -> bool:
    """True if Postfix's default can take the place of a parameter that no answer decides."""
    return _OPERATORS.fullmatch(name) is None


def is_as_planned(known: Known, name: str) -> bool:
    """True if main.cf has the planned value of a parameter, or nobody set and planned a free one."""
    own = known.settings.own.get(name)
    if name in known.planned:
        return own is not None and value(own) == value(known.planned[name])
    return own is None and is_free(name)


def effective(name: str) -> Argv:
    """Return the command that puts a parameter into force."""
    return RESTART if name in ONLY_A_RESTART else RELOAD


_SAID = re.compile(r"\b(?:[Ss]et|and) `(\w+) = ([^`]*)`")


def said(advice: str) -> dict[str, str]:
    """Return the parameters that advice sets: "Set `NAME = VALUE`". What follows an "or" is no order."""
    return {
        found[1]: found[2]
        for found in _SAID.finditer(advice)
        if not advice[: found.start()].endswith("or ")
    }


def in_main_cf(
    known: Known, names: Iterable[str], advice: str = "", *, any_name: bool = False
) -> Cure:
    """Return the cure that sets parameters as planned, else as the advice says; else it takes them out.

    Only those that differ are changed. With `any_name` the default may take the place of all.
    """
    values = {**said(advice), **known.planned}
    commands: list[Argv] = []
    ends: list[Argv] = []
    for name in dict.fromkeys(names):
        own = known.settings.own.get(name)
        if name in values:
            if own is None or value(own) != value(values[name]):
                commands.append(("postconf", "-e", f"{name}={values[name]}"))
        elif own is not None and (any_name or is_free(name)):
            commands.append(("postconf", "-X", name))
        else:
            continue
        ends.append(effective(name))
    if not commands:
        return NO_CURE
    return Cure((*commands, RESTART if RESTART in ends else RELOAD))


def option_out(service: Service, names: Iterable[str]) -> tuple[Argv, ...]:
    """Return the commands that take `-o` options out of an entry of master.cf."""
    return tuple(
        ("postconf", "-PX", f"{service.key}/{name}") for name in names if name in service.values
    )


def apply(known: Known, section: str) -> Cure:
    """Return a run of one section with the saved answers; none if they are not saved, or it would do nothing."""
    return run(section) if known.can_apply and known.changes(section) else NO_CURE


def run(section: str) -> Cure:
    """Return a run of one section."""
    argv = ("postfix-wizard", "apply", "--section", section, "--yes", "--take-planned")
    return Cure((argv,))


def joined(*cures: Cure) -> Cure:
    """Return one cure of several; a command that comes twice runs where it comes last."""
    commands = [one for cure in cures for one in cure.commands]
    whole = [one for at, one in enumerate(commands) if one not in commands[at + 1 :]]
    return Cure(tuple(whole), tuple(one for cure in cures for one in cure.edits))
