"""The section `backup`: a second MX for others' domains, or the backups of this server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from wizard.answers.model import Answers
from wizard.answers.rules.backup import VERIFY
from wizard.answers.sections.backup import BACKUP_RECIPIENTS
from wizard.host.facts import Host
from wizard.host.main_cf import own_parameters
from wizard.paths import MAIN_CF
from wizard.postfix.second_mx import CODE, LIMITS, LIST, MAPS, SECTION, TRANSPORTS, VERIFIED, Live
from wizard.sections.backup.plan import complete, edit_main, excluded, plan, today_of
from wizard.sections.section import NONE, Section, TextByName, Texts, made_table
from wizard.text import counted

if TYPE_CHECKING:
    from wizard.door import Door
    from wizard.finding import Finding
    from wizard.postfix.settings import Settings


def _read_back(host: Host) -> dict[str, Any]:
    found = asdict(today_of(host))
    return {name: list(one) if isinstance(one, tuple) else one for name, one in found.items()}


def _settings(texts: Texts) -> TextByName:
    """Return what main.cf has of the section, so that a run of it alone is known as such."""
    live = Live.of(own_parameters(texts.get(MAIN_CF) or b""))
    domains, primary = live.routed
    found = {
        "second MX for": ", ".join(domains),
        "their server": primary,
        "verified": ", ".join(live.verified),
        "backups": ", ".join(live.servers),
    }
    return {name: value for name, value in found.items() if value}


def _value(_host: Host, today: Answers) -> str:
    own = today.backup
    parts = (
        f"second MX for {counted(len(own.domains), 'domain')}" if own.domains else "",
        counted(len(own.servers), "backup") if own.servers else "",
    )
    return ", ".join(filter(None, parts)) or NONE


def _check(door: Door, settings: Settings, answers: Answers) -> Iterator[Finding]:
    from wizard.sections.backup.check import judge_backup  # noqa: PLC0415 - `check` alone

    return judge_backup(door, settings, answers)


def _preview(checked: Mapping[str, Any]) -> TextByName:
    primary, is_used = checked.get("primary"), bool(checked.get("domains"))
    is_verified = checked.get("recipients") == VERIFY
    return {
        "primary": f"relay:[{primary}] in {TRANSPORTS}" if primary else "no second MX",
        "recipients": "not needed without domains"
        if not is_used
        else f"{VERIFIED}, {CODE} = 550"
        if is_verified
        else f"{MAPS}: rows of {BACKUP_RECIPIENTS}",
        "servers": f"{LIMITS}, and OK in {LIST}"
        if checked.get("servers")
        else "none: no other server has the domains of this one",
    }


BACKUP = Section(
    SECTION,
    title="Second MX",
    heading="A second MX",
    files=(made_table(BACKUP_RECIPIENTS),),
    complete=complete,
    edit_main=edit_main,
    plan=plan,
    read_back=_read_back,
    value=_value,
    unused=NONE,
    settings=_settings,
    # Answers without domains do not plan the file.
    is_planned=lambda paths: BACKUP_RECIPIENTS in paths,
    check=_check,
    preview=_preview,
    excluded=excluded,
)
