"""The section `aliases`: who reads the mail of root, postmaster and abuse (aliases(5))."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Optional

from wizard.answers.model import Answers
from wizard.answers.sections.aliases import SYSTEM_ACCOUNTS
from wizard.answers.unsaid import unsaid
from wizard.host.facts import Host
from wizard.paths import ALIASES as PATH
from wizard.plan.hand_edit import HandEdit
from wizard.postfix.aliases import (
    ABUSE,
    POSTMASTER,
    ROOT,
    Aliases,
    read_reader,
    table_rows,
    text_rows,
)
from wizard.postfix.system_accounts import LIST
from wizard.sections.aliases import system
from wizard.sections.aliases.plan import plan
from wizard.sections.reading import main_cf
from wizard.sections.section import NONE, ManagedFile, Section, Table, TextByName, Texts, made_table

if TYPE_CHECKING:
    from wizard.door import Door
    from wizard.finding import Finding
    from wizard.postfix.settings import Settings


def _rows(text: Optional[bytes]) -> dict[str, str]:
    return {name: row.value for name, row in Aliases.parse(text or b"").rows.items()}


def _keep(answers: Answers, edit: HandEdit) -> Answers:
    if edit.name != ROOT:
        return answers
    reader = read_reader(f"{ROOT}: {edit.now or ''}".encode("utf-8", "surrogateescape"))
    return replace(answers, aliases=replace(answers.aliases, root=reader))


def _elsewhere(host: Host) -> str:
    """Return the parameter of main.cf that names other tables than that of the file, else ""."""
    values = ((name, main_cf(host).value(name)) for name in ("alias_maps", "alias_database"))
    found = (f"{name} = {value}" for name, value in values if value is not None)
    return "" if host.aliases.table_type else next(found, "")


def _read_back(host: Host) -> dict[str, Any]:
    elsewhere = _elsewhere(host)
    reader = unsaid("text", elsewhere) if elsewhere else read_reader(host.files[PATH].live)
    return {"root": reader, "system": system.read_back(host)}


def _value(host: Host, _today: Answers) -> str:
    if _elsewhere(host):
        return _elsewhere(host)
    reader = _rows(host.files[PATH].live).get(ROOT)
    return NONE if reader is None else f"read by {reader}"


def _settings(texts: Texts) -> TextByName:
    rows = _rows(texts.get(PATH))
    return {f"{name} in aliases": rows[name] for name in (ROOT, POSTMASTER, ABUSE) if name in rows}


def _check(door: Door, settings: Settings, answers: Answers) -> Iterator[Finding]:
    from wizard.sections.aliases.check import judge_aliases  # noqa: PLC0415 - `check` alone

    return judge_aliases(door, settings, answers)


def _preview(checked: Mapping[str, Any]) -> TextByName:
    reader = checked.get("root")
    is_on = checked.get("system") == system.ROOT
    return {
        "root": f"root: {reader} in {PATH}" if reader else f"{PATH} stays as it is",
        "system": f"aliases to root, {SYSTEM_ACCOUNTS}" if is_on else "stays as it is",
    }


ALIASES = Section(
    "aliases",
    title="Root's mail",
    heading="Mail for root, postmaster and abuse",
    files=(
        ManagedFile(
            PATH,
            entries=_rows,
            table=Table(
                dump=lambda host: host.aliases.rows,
                rows=table_rows,
                wanted=text_rows,
                unknown=lambda host: host.aliases.why_no_rows,
                command="newaliases",
            ),
        ),
        made_table(SYSTEM_ACCOUNTS),
    ),
    complete=system.complete,
    edit_main=system.edit_main,
    plan=plan,
    read_back=_read_back,
    keep=_keep,
    value=_value,
    unused=NONE,
    settings=_settings,
    # Answers without a reader of root's mail do not plan the file.
    is_planned=lambda paths: PATH in paths,
    check=_check,
    about=(
        (r"aliases(?:\.(?!system).*)?", PATH),
        (r"aliases\.system", f"{LIST} {SYSTEM_ACCOUNTS} {PATH}"),
    ),
    preview=_preview,
)
