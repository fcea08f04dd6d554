"""Check that Postfix gives our mail to the signer (MILTER_README), and that nothing changes it after that."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import chain

from wizard.door import Door
from wizard.finding import Check, Finding, cure
from wizard.host.main_cf import words
from wizard.postfix.master_cf import read_services
from wizard.postfix.service_entry import Service, port_of_entry
from wizard.postfix.settings import Settings
from wizard.sections.dkim.milters import MAPS, OTHERS, SMTPD, has, packed
from wizard.sections.dkim.postfix import MILTER
from wizard.text import printable, shortened

APPLY = "postfix-wizard apply --section dkim --yes"
_USE = Check("dkim.postfix", "DKIM: Postfix", "gives our mail to the signer", fatal=False)
_LEAVING = Check("dkim.leaving", "DKIM: mail that leaves", "as it was signed", fatal=False)
_SHOWN = 3
_SUBMISSION, _PORT_25 = frozenset({587, 465}), frozenset({25})
_OVERRIDES, _MACROS, _LOGIN = "receive_override_options", "milter_mail_macros", "{auth_type}"
_ACTION = "milter_default_action"
_IF_DEAD = {
    "accept": "mail leaves without a signature",
    "reject": "our mail is refused for good",
    "quarantine": "our mail is put on hold",
}
"""By the action of a milter that is down: what happens then. tempfail lets mail wait."""
_WIDEST_LINE = 998
"""Bytes of a line without its end (RFC 5322, 2.1.1)."""
_HEADER = "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/simple"
_SECONDS = 2.0


def judge_use(door: Door, settings: Settings, domains: Collection[str]) -> Iterator[Finding]:
    """Yield `dkim.postfix` and `dkim.leaving`; `domains` are those that sign."""
    faults = [printable(one) for one in unused(read_services(door), settings)]
    yield (
        _USE.warning(shortened(faults, _SHOWN), f"`{APPLY}` writes what is missing.", cure(APPLY))
        if faults
        else _USE.right("people, programs and mynetworks; while it is down, this mail waits")
    )
    changes = [printable(one) for one in _changes(door, settings, domains)]
    yield (
        _LEAVING.warning(
            f"{shortened(changes, _SHOWN)}: signatures fail at the receiver",
            "Change the mail before it is signed, or not at all.",
        )
        if changes
        else _LEAVING.right("nothing known changes it after the signature")
    )


def unused(services: Iterable[Service], settings: Settings) -> Iterator[str]:
    """Yield whose mail is not signed, and what else happens than that it waits for a dead signer."""
    ways = [
        *((f"{one.key}: {SMTPD}", settings.of(one.values), SMTPD) for one in _at(services, _SUBMISSION)),
        *(
            (f"{one.key}: {OTHERS}", settings.of(one.values), OTHERS)
            for one in services
            if one.command == "cleanup"
        ),
    ]  # fmt: skip
    for where, own, name in ways:
        listed = own.value(name)
        if "no_milters" in own.words(_OVERRIDES):
            yield f"{where}: {_OVERRIDES} has no_milters, so this mail is not signed"
        elif not has(listed, MILTER):
            yield f"{where} does not have the signer, so this mail is not signed"
        else:
            yield from _if_dead(where, listed, own)
            if name == SMTPD and _LOGIN not in own.words(_MACROS):
                yield (
                    f"{where}: {_MACROS} has no {_LOGIN}, by which the signer knows mail with a login"
                )
    for one in _at(services, _PORT_25):
        if not settings.of(one.values).value(MAPS):
            yield f"{one.key}: {MAPS} is not set, so mail of mynetworks is not signed"


def _at(services: Iterable[Service], ports: Collection[int]) -> Iterator[Service]:
    return (one for one in services if one.command == "smtpd" and port_of_entry(one.key) in ports)


def _if_dead(where: str, listed: str, own: Settings) -> Iterator[str]:
    ours = next(one for one in words(listed) if has(one, MILTER))
    pairs = (one.partition("=") for one in words(packed(ours).strip("{}")))
    said = {name: value for name, _, value in pairs}
    action = said.get("default_action") or own.value(_ACTION)
    if action in _IF_DEAD:
        yield f"{where}: default_action={action}: while the signer is down, {_IF_DEAD[action]}"


def _changes(door: Door, settings: Settings, domains: Collection[str]) -> Iterator[str]:
    """Yield what changes a message between its signature and the receiver."""
    limit = settings.number("smtp_line_length_limit") or _WIDEST_LINE
    if limit < _WIDEST_LINE:
        yield f"smtp_line_length_limit = {limit} cuts lines"
    queries = chain(
        (("milter_header_checks", _HEADER), ("smtp_header_checks", _HEADER)),
        (("smtp_generic_maps", f"postmaster@{one}") for one in domains),
        (("smtp_generic_maps", f"@{one}") for one in domains),
    )
    for name, key in queries:
        for table in settings.words(name):
            outcome = door.run(("postmap", "-q", key, table), timeout=_SECONDS)
            if outcome is not None and outcome.code == 0 and outcome.text.strip():
                yield f"{name} changes {key.partition(';')[0]} ({outcome.text.strip()})"
