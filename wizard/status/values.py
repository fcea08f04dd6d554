"""Each section's value of today in a few words, as main.cf itself has it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from wizard.answers.model import POLICY, Answers
from wizard.certificates.dates import day
from wizard.host.facts import Host
from wizard.host.main_cf import words
from wizard.postfix.main_cf import MainCf
from wizard.postfix.meaning import own_names
from wizard.postfix.parameters import NAMES, PARAMETERS, RESTRICTIONS
from wizard.postfix.unset import DEFAULTS
from wizard.sections.registry import SECTIONS
from wizard.sections.section import NONE

MIB = 1024 * 1024


def values(host: Host, today: Answers) -> dict[str, str]:
    """Return the words by section; they may hold what main.cf holds, control characters too.

    `today` is what was read back: main.cf is asked before it, since a value that no answer can
    express is a default there.
    """
    main = MainCf.parse(host.main_cf.live or b"")
    return {
        **{section: told(main, host, today) for section, told in _WORDS.items()},
        **{one.name: one.value(host, today) for one in SECTIONS if one.value is not None},
    }


def several(items: Sequence[str]) -> str:
    """Name the first of several things."""
    if len(items) < 2:  # noqa: PLR2004 (one is no "and more")
        return items[0] if items else NONE
    return f"{items[0]} and {len(items) - 1} more"


def _words(main: MainCf, name: str) -> tuple[str, ...]:
    return words(main.value(name) or "")


def _domains(main: MainCf, host: Host, _today: Answers) -> str:
    own = own_names(main, host.postfix.in_force)
    names, implied = _words(main, "mydestination"), own.implied(NAMES)
    return several([one for one in names if own.key(NAMES, one) not in implied])


def _networks(main: MainCf, _host: Host, _today: Answers) -> str:
    return several(_words(main, "mynetworks")) if main.entry("mynetworks") else "Postfix's default"


def _certificate(_main: MainCf, host: Host, today: Answers) -> str:
    own = today.certificate
    if own.source == "self-signed":
        ends = host.self_signed.not_after if host.self_signed else 0
        return _until("self-signed", ends)
    if own.source == "files":
        return _until(own.cert_file, host.own_pair.not_after if host.own_pair else 0)
    lineage = host.lineage(own.name)
    return _until(own.name or NONE, lineage.not_after if lineage else 0)


def _until(name: str, ends: int) -> str:
    return f"{name}, until {day(ends)}" if ends else name


def _blocklists(_main: MainCf, _host: Host, today: Answers) -> str:
    own = today.blocklists
    lists = len(own.use) + len(own.custom)
    senders = len(own.allow_senders) + len(own.reject_senders)
    said = f"{lists} list{'' if lists == 1 else 's'}" if lists else "no lists"
    return f"{said}, {senders} sender{'' if senders == 1 else 's'}" if senders else said


def _delivery(main: MainCf, _host: Host, _today: Answers) -> str:
    return main.value("mailbox_transport") or main.value("home_mailbox") or "Postfix's own mailbox"


def _limits(main: MainCf, _host: Host, _today: Answers) -> str:
    name = "message_size_limit"
    size = main.value(name) or DEFAULTS[name]
    if not re.fullmatch("[0-9]{1,18}", size):
        return f"messages up to {size}"
    if int(size) == 0:
        return "messages of any size"
    return f"messages up to {round(int(size) / MIB, 1):g} MiB"


def _policy(main: MainCf, _host: Host, today: Answers) -> str:
    own = [one for one in PARAMETERS if one.section == POLICY and one.kind != RESTRICTIONS]
    so = sum(main.value(one.name) in (one.value(today), *one.also) for one in own)
    return f"{so} of {len(own)} lines as the policy's"


_WORDS: dict[str, Callable[[MainCf, Host, Answers], str]] = {
    "hostname": lambda _main, _host, today: today.hostname.myhostname,
    "domains": _domains,
    "networks": _networks,
    "certificate": _certificate,
    "blocklists": _blocklists,
    "delivery": _delivery,
    "limits": _limits,
    POLICY: _policy,
}
