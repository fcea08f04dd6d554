"""The section `dkim`: a signer next to Postfix."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from wizard.answers.model import Answers
from wizard.host.facts import Host
from wizard.host.units import RUNNING_STATES
from wizard.sections.dkim.conf import settings
from wizard.sections.dkim.milters import NETWORKS_TABLE
from wizard.sections.dkim.opendkim import CONF, KEY_TABLE, SETTINGS, SIGNING_TABLE, TRUSTED_HOSTS
from wizard.sections.dkim.others import UNITS
from wizard.sections.dkim.plan import plan
from wizard.sections.dkim.postfix import edit_main, edit_master
from wizard.sections.dkim.rows import own_rows, rows
from wizard.sections.dkim.setup import OFF, ON, SECTION, SIGNER, day_of, texts_of, today_of
from wizard.sections.section import (
    UNHEALTHY,
    WAITS,
    Issue,
    ManagedFile,
    Section,
    TextByName,
    Texts,
)
from wizard.text import shortened

if TYPE_CHECKING:
    from wizard.door import Door
    from wizard.finding import Finding
    from wizard.postfix.settings import Settings

_UNIT = f"{SIGNER.unit}.service"
_SHOWN = 3
_OURS = frozenset(one.name.lower() for one in SETTINGS)


def _complete(door: Door, answers: Answers, host: Host) -> Host:
    if answers.dkim.use != ON:
        return host
    from wizard.sections.dkim.facts import with_signing  # noqa: PLC0415 - few plans sign

    return with_signing(door, answers, host)


def _read_back(host: Host) -> dict[str, Any]:
    return {"use": OFF if SIGNER.set_up(texts_of(host)) is None else ON}


def _conf_entries(text: bytes) -> dict[str, str]:
    """Return the settings that the section writes; the others are the operator's alone."""
    return {name: value for name, value in settings(text).items() if name in _OURS}


def _value(host: Host, today: Answers) -> str:
    if today.dkim.use != ON:
        return OFF
    setup = today_of(host)
    signs = "" if setup.signing else ", signs nothing yet"
    return f"{SIGNER.package}, {host.unit_of(_UNIT).active}{signs}"


def _settings(texts: Texts) -> TextByName:
    """Return the wizard's rows of the tables as one setting each."""
    found = {
        path: ", ".join(
            f"{one.key} {one.value}".strip() for one in own_rows(texts.get(path) or b"")
        )
        for path in (KEY_TABLE, SIGNING_TABLE, TRUSTED_HOSTS)
    }
    return {path: value for path, value in found.items() if value}


def _issues(host: Host, today: Answers, _reported: Collection[str]) -> Iterator[Issue]:
    state = host.unit_of(_UNIT).active
    if host.root == "/" and today.dkim.use == ON and state not in RUNNING_STATES:
        yield Issue(UNHEALTHY, f"{SIGNER.unit} does not run ({state}), so no mail can be signed.")
    setup = today_of(host)
    waiting = [one.name for one in setup.keys if one not in setup.signing]
    if waiting:
        yield Issue(
            WAITS,
            f"Nothing is signed with {shortened(waiting, _SHOWN)} yet: `postfix-wizard check` asks the zone's "
            "servers for the record, and says when to run `postfix-wizard apply --section dkim`.",
        )
    due = setup.due(day_of(host.read_at))
    if due:
        yield Issue(
            WAITS,
            f"A week ago or earlier {shortened([one.name for one in due], _SHOWN)} signed last, so the record is "
            "to be withdrawn: `postfix-wizard check` prints it, and `postfix-wizard apply --section dkim` ends this.",
        )


def _check(door: Door, settings: Settings, answers: Answers) -> Iterator[Finding]:
    from wizard.sections.dkim.check import judge_dkim  # noqa: PLC0415 - `check` alone

    return judge_dkim(door, settings, answers)


def _signing_keys(door: Door, answers: Answers) -> Mapping[str, str]:
    from wizard.sections.dkim.records import signing_keys  # noqa: PLC0415 - few hosts sign

    return signing_keys(door, answers)


def _preview(checked: Mapping[str, Any]) -> TextByName:
    if checked.get("use") != ON:
        return dict.fromkeys(("domains", "selector"), "not needed") | {"use": "nothing signs mail"}
    return {"use": f"{SIGNER.package}, {', '.join(SIGNER.files)}"}


DKIM = Section(
    SECTION,
    title="DKIM",
    heading="Signatures of your mail (DKIM), and DMARC",
    files=(
        *(
            ManagedFile(path, entries=rows, has_answers=False, owner=SIGNER.user)
            for path in (KEY_TABLE, SIGNING_TABLE, TRUSTED_HOSTS)
        ),
        ManagedFile(CONF, entries=_conf_entries, has_answers=False),
        ManagedFile(NETWORKS_TABLE, has_answers=False),
    ),
    units=(_UNIT, *UNITS),
    programs=(SIGNER.program,),
    complete=_complete,
    edit_main=edit_main,
    edit_master=edit_master,
    plan=plan,
    read_back=_read_back,
    value=_value,
    unused=OFF,
    settings=_settings,
    # Answers that are off do not plan the file.
    is_planned=lambda paths: KEY_TABLE in paths,
    issues=_issues,
    check=_check,
    signing_keys=_signing_keys,
    withdrawals=lambda host: {one.key.name: one.date for one in today_of(host).retired},
    about=(
        (r"unit\.dkim", f"TurnSigner:{SIGNER.unit} EnableUnit:{SIGNER.unit} {CONF} {KEY_TABLE}"),
    ),
    preview=_preview,
)
