"""The section `senders`: who may write which sender on 587 and 465."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from wizard.answers.model import Answers
from wizard.answers.sections.senders import SENDER_LOGIN
from wizard.host.facts import Host
from wizard.postfix.hardening import MAPS, OFF, ON, uses_table
from wizard.postfix.hardening import SENDERS as NAME
from wizard.sections.reading import main_cf
from wizard.sections.section import Section, TextByName, made_table
from wizard.sections.senders.plan import DIRECTORIES, plan

if TYPE_CHECKING:
    from wizard.door import Door
    from wizard.finding import Finding
    from wizard.postfix.settings import Settings


def _read_back(host: Host) -> dict[str, Any]:
    return {"use": ON if uses_table(main_cf(host).value(MAPS) or "") else OFF}


def _check(door: Door, settings: Settings, answers: Answers) -> Iterator[Finding]:
    from wizard.sections.senders.check import judge_senders  # noqa: PLC0415 - `check` alone

    return judge_senders(door, settings, answers)


def _preview(checked: Mapping[str, Any]) -> TextByName:
    if checked.get("use") != ON:
        return {"use": f"{MAPS} stays as it is", "logins": "not needed"}
    return {
        "use": f"{MAPS}, reject_sender_login_mismatch on 587 and 465",
        "logins": f"rows of {SENDER_LOGIN}",
    }


SENDERS = Section(
    NAME,
    title="Senders",
    heading="Who may write which sender",
    files=(made_table(SENDER_LOGIN),),
    units=DIRECTORIES,
    plan=plan,
    read_back=_read_back,
    value=lambda _host, today: today.senders.use,
    unused=OFF,
    # Answers that are off do not plan the file.
    is_planned=lambda paths: SENDER_LOGIN in paths,
    check=_check,
    about=((rf"{NAME}\.ports", f"{MAPS} entry:587 entry:465"),),
    preview=_preview,
)
