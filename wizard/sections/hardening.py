"""The section `hardening`: its parameters in main.cf and options in master.cf."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from wizard.answers.model import Answers
from wizard.door import Door
from wizard.finding import RIGHT, WARNING, WRONG, Check, Finding
from wizard.host.facts import Postfix
from wizard.paths import MASTER_CF
from wizard.plan.part import Part, Request
from wizard.postfix import missing_headers
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
from wizard.postfix.master_cf import MasterCf, read_services
from wizard.postfix.parameters import PARAMETERS
from wizard.postfix.proposal import Proposal
from wizard.postfix.settings import Settings
from wizard.sections.reading import main_cf
from wizard.sections.section import Section, TextByName

COMPLETE = "complete"


def _plan(request: Request) -> Part:
    """Warn of the parts that this Postfix does not have, or cannot use yet."""
    answers, host = request.answers, request.host
    if SECTION not in request.scope:
        return Part()
    others: tuple[str, ...] = ()
    if answers.hardening.headers == COMPLETE:
        master = MasterCf.parse(host.text(MASTER_CF))
        others = tuple(f"hardening: {one}" for one in missing_headers.others(master))
    if answers.hardening.use != ON:
        return Part(warnings=others)
    has_table = SENDERS in request.scope and answers.senders.use == ON
    warnings = () if has_table else without_maps(main_cf(host).value(MAPS) or "")
    return Part(warnings=(*unknown(host.postfix), *warnings, *others))


def _edit_master(request: Request, proposal: Proposal, _main: bytes) -> Proposal:
    """Complete the headers of mail with a login, or end that if the section was named."""
    completed = request.answers.hardening.headers == COMPLETE
    if SECTION not in request.scope or not (completed or request.scope.named):
        return proposal
    protected = request.protected_in(MASTER_CF)
    return missing_headers.propose_headers(proposal, completed=completed, protected=protected)


def check(door: Door, settings: Settings, answers: Answers) -> Iterator[Finding]:
    """`hardening` and `.headers`; none if off. The findings of main.cf check the values."""
    if answers.hardening.headers == COMPLETE:
        services = read_services(door)
        own = [one.key for one in services if missing_headers.stays(one)]
        yield _headers(missing_headers.incomplete(services, settings), own)
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
_ADD = (
    f"Add {missing_headers.LOGINS} to the value in master.cf, and reload: a run leaves another value, or an entry"
    " that it cannot change, as it is."
)
_UPDATE = "Nothing can be written before Postfix is updated: `dnf update postfix`."


def _headers(entries: Sequence[str], own: Collection[str]) -> Finding:
    """Return the finding; a run leaves the entries in `own` as they are, so they fail none."""
    check = Check("hardening.headers", "headers of mail with a login", "completed on 587 and 465")
    if not entries:
        return check.right("each entry has it")
    seen = f"{', '.join(entries)} without {missing_headers.LOGINS} in {missing_headers.CLIENTS}"
    if {*entries} <= {*own}:
        return replace(check, fatal=False).warning(f"{seen}: mail without a Date leaves so", _ADD)
    return check.wrong(f"{seen}: mail without a Date leaves so", _WRITE)


def _preview(checked: Mapping[str, Any]) -> TextByName:
    is_on, completed = checked.get("use") == ON, checked.get("headers") == COMPLETE
    return {
        "use": "smtpd_forbid_bare_newline, smtpd_client_auth_rate_limit, logins hold senders"
        if is_on
        else "no further protections",
        "headers": f"-o {missing_headers.CLIENTS} on 587 and 465"
        if completed
        else "headers stay as programs write them",
    }


HARDENING = Section(
    SECTION,
    heading="Hardening",
    plan=_plan,
    read_back=lambda host: {
        "use": ON if is_on(main_cf(host), PARAMETERS, host.postfix) else OFF,
        "headers": COMPLETE
        if missing_headers.completes(MasterCf.parse(host.text(MASTER_CF)))
        else "leave",
    },
    edit_master=_edit_master,
    value=lambda _host, today: today.hardening.use,
    unused=OFF,
    check=check,
    about=(
        (SECTION, f"{MAPS} entry:587 entry:465"),
        (rf"{SECTION}\.headers", f"{missing_headers.CLIENTS} entry:587 entry:465"),
    ),
    preview=_preview,
)
