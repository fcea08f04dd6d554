"""The section `hardening`: its parameters in main.cf and options in master.cf."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wizard.answers.model import Answers
from wizard.door import Door
from wizard.finding import RIGHT, WARNING, WRONG, Check, Finding
from wizard.host.facts import Postfix
from wizard.plan.part import Part, Request
from wizard.postfix.hardening import MAPS, MISMATCH, OFF, ON, SECTION, is_on, unknown, without_maps
from wizard.postfix.master_cf import read_services
from wizard.postfix.parameters import PARAMETERS
from wizard.postfix.services import RECIPIENT, SUBMISSION_SERVICES
from wizard.postfix.settings import Settings
from wizard.sections.reading import main_cf
from wizard.sections.section import Section, TextByName


def _plan(request: Request) -> Part:
    """Warn of the parts that this Postfix does not have, or cannot use yet."""
    if SECTION not in request.scope or request.answers.hardening.use != ON:
        return Part()
    maps = main_cf(request.host).value(MAPS) or ""
    return Part(warnings=(*unknown(request.host.postfix), *without_maps(maps)))


def check(door: Door, settings: Settings, answers: Answers) -> Iterator[Finding]:
    """`hardening`; nothing if it is off. The findings of main.cf check the values."""
    if answers.hardening.use != ON:
        return
    version = settings.value("mail_version")
    missing = tuple(unknown(Postfix(None, version, "", (), frozenset(settings.defaults))))
    unprotected = _open(door) if settings.value(MAPS) else ()
    seen = [*missing, *without_maps(settings.value(MAPS))]
    if unprotected:
        seen.insert(0, f"{', '.join(unprotected)} without {MISMATCH}")
    yield Check("hardening", "hardening", "all parts that this Postfix knows").finding(
        WRONG if unprotected else WARNING if missing else RIGHT,
        "; ".join(one.removeprefix("hardening: ") for one in seen) or "all parts are there",
        "`postfix-wizard apply --section hardening` writes what can be written.",
    )


def _open(door: Door) -> tuple[str, ...]:
    """Return the submission entries that accept any sender address from a logged-in user."""
    names = {name for submission in SUBMISSION_SERVICES for name in submission.names}
    mine = [one for one in read_services(door) if one.type == "inet" and one.port in names]
    return tuple(
        one.key
        for one in mine
        if RECIPIENT in one.options and MISMATCH not in one.options[RECIPIENT].value
    )


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
