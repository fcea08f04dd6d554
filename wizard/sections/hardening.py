"""The section `hardening`: its parameters in main.cf and options in master.cf."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wizard.answers.model import Answers
from wizard.door import Door
from wizard.finding import RIGHT, WARNING, WRONG, Check, Finding
from wizard.host.facts import Postfix
from wizard.plan.part import Part, Request
from wizard.postfix.hardening import (
    MAPS,
    MISMATCH,
    OFF,
    ON,
    SECTION,
    SENDERS,
    is_on,
    unknown,
    unprotected,
    without_maps,
)
from wizard.postfix.master_cf import read_services
from wizard.postfix.parameters import PARAMETERS
from wizard.postfix.settings import Settings
from wizard.sections.reading import main_cf
from wizard.sections.section import Section, TextByName


def _plan(request: Request) -> Part:
    """Warn of the parts that this Postfix does not have, or cannot use yet."""
    answers, host = request.answers, request.host
    if SECTION not in request.scope or answers.hardening.use != ON:
        return Part()
    has_table = SENDERS in request.scope and answers.senders.use == ON
    warnings = () if has_table else without_maps(main_cf(host).value(MAPS) or "")
    return Part(warnings=(*unknown(host.postfix), *warnings))


def check(door: Door, settings: Settings, answers: Answers) -> Iterator[Finding]:
    """`hardening`; nothing if it is off. The findings of main.cf check the values."""
    if answers.hardening.use != ON:
        return
    version = settings.value("mail_version")
    missing = tuple(unknown(Postfix(None, version, "", (), frozenset(settings.defaults))))
    # Where senders is on, the finding `senders.ports` is about the entries.
    by_hardening = settings.value(MAPS) and answers.senders.use != ON
    entries = unprotected(read_services(door), settings) if by_hardening else ()
    seen = [*missing, *without_maps(settings.value(MAPS))]
    if entries:
        seen.insert(0, f"{', '.join(entries)} without {MISMATCH}")
    yield Check("hardening", "hardening", "all parts that this Postfix knows").finding(
        WRONG if entries else WARNING if missing else RIGHT,
        "; ".join(one.removeprefix("hardening: ") for one in seen) or "all parts are there",
        _WRITE if entries else _UPDATE,
    )


_WRITE = "`postfix-wizard apply --section hardening` writes what is missing."
_UPDATE = "Nothing can be written before Postfix is updated: `dnf update postfix`."


def _preview(checked: Mapping[str, Any]) -> TextByName:
    if checked.get("use") == ON:
        return {
            "use": "smtpd_forbid_bare_newline, smtpd_client_auth_rate_limit, logins hold senders"
        }
    return {"use": "no further protections"}


HARDENING = Section(
    SECTION,
    heading="Hardening",
    plan=_plan,
    read_back=lambda host: {
        "use": ON if is_on(main_cf(host), PARAMETERS, host.postfix) else OFF,
    },
    value=lambda _host, today: today.hardening.use,
    unused=OFF,
    check=check,
    about=((SECTION, f"{MAPS} entry:587 entry:465"),),
    preview=_preview,
)
