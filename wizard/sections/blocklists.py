"""The section `blocklists`: the lists and senders that are refused, sender_access and its table."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict, replace
from typing import Any

from wizard.answers.model import Answers, Problem
from wizard.host.facts import Host
from wizard.paths import MAIN_CF, MASTER_CF, SENDER_ACCESS
from wizard.plan.hand_edit import HandEdit
from wizard.plan.model import Step
from wizard.plan.part import Part, Request
from wizard.plan.planned_file import PlannedFile
from wizard.postfix import other_lists
from wizard.postfix.blocklists import needs_key, read_back
from wizard.postfix.restrictions import reached, split_restrictions, wanted
from wizard.postfix.sender_access import (
    compare_rows,
    owned_rows,
    pattern_type,
    propose_sender_access,
    rows,
    rows_by_key,
    table_in_use,
)
from wizard.sections.reading import RECIPIENT_RESTRICTIONS, is_set_up, main_cf, words_of
from wizard.sections.section import (
    MISSING,
    UNHEALTHY,
    Issue,
    ManagedFile,
    Section,
    Table,
    TextByName,
    Texts,
)

SECTION = "blocklists"
ROWS = "rows of sender_access"

_ACTIONS = {"OK": "allow_senders", "REJECT": "reject_senders"}
"""The field with the senders of an action."""


def _plan(request: Request) -> Part:
    answers, host = request.answers, request.host
    file = PlannedFile(
        host.files[SENDER_ACCESS],
        propose_sender_access(
            host.files[SENDER_ACCESS].live,
            answers,
            request.scope.sections,
            request.rerun_from,
            protected=request.protected_in(SENDER_ACCESS),
        ),
    )
    return Part(
        files=(file,),
        tables=tuple(_steps(file, host, request.tolerated)),
        warnings=(*file.proposal.warnings, *_other_lists(request)),
        obstacles=(*_without_key(request), *_of_patterns(request)),
    )


def _other_lists(request: Request) -> Iterator[str]:
    """Warn of blocklists in places that answers do not own."""
    if SECTION in request.scope:
        planned = [one.text for one in wanted(request.answers, request.host.postfix)]
        yield from other_lists.warnings(other_lists.of_host(request.host), planned)


def _steps(file: PlannedFile, host: Host, tolerated: tuple[str, ...]) -> Iterator[Step]:
    """Yield the steps that write the file and build its table; none without a file and rows."""
    if not file.proposal.text and file.facts.live is None:
        return
    kind = host.postfix.default_database_type
    yield file.write("Write sender_access", "Senders that you let past the blocklists, or refuse.")
    yield file.index("Build the table of senders", kind, host.table, tolerated)


def _of_patterns(request: Request) -> Iterator[Problem]:
    """Yield the problem that Postfix reads the file as patterns, which are no rows of access(5)."""
    kind = pattern_type(*(request.host.text(path) for path in (MAIN_CF, MASTER_CF)))
    if SECTION in request.scope and kind:
        yield Problem(
            SECTION,
            "",
            f"Postfix reads {SENDER_ACCESS} as a {kind} table, and the wizard writes rows of another form"
            f" to it; give your file another name, and write {kind}: with that name in main.cf or master.cf",
        )


def _without_key(request: Request) -> Iterator[Problem]:
    """Yield the problem of the key file, if a planned list needs a key that is missing."""
    blocklists, key = request.answers.blocklists, request.host.dqs_key
    if SECTION in request.scope and needs_key(blocklists) and not key.text:
        wrong = key.problem or f"{blocklists.dqs_key_file} was not read"
        yield Problem(SECTION, "dqs_key_file", wrong)


def _keep(answers: Answers, edit: HandEdit) -> Answers:
    lists = answers.blocklists
    without: dict[str, Any] = {
        field: tuple(one for one in getattr(lists, field) if one.lower() != edit.name)
        for field in _ACTIONS.values()
    }
    field = _ACTIONS.get((edit.now or "").upper())
    if field:
        without[field] = (*without[field], edit.name)
    return replace(answers, blocklists=replace(lists, **without))


def _settings(texts: Texts) -> TextByName:
    senders = rows(texts.get(SENDER_ACCESS) or b"")
    return {ROWS: ", ".join(f"{key} {action}" for key, action in senders)} if senders else {}


def _read_back(host: Host) -> dict[str, Any]:
    if not is_set_up(host):
        return {}
    written = split_restrictions(words_of(host, RECIPIENT_RESTRICTIONS))
    listed = reached(written, main_cf(host).value)
    used, custom = read_back(one.text for one in listed)
    senders = owned_rows(host.text(SENDER_ACCESS))
    return {
        "use": list(used),
        "custom": [asdict(one) for one in custom],
        **{
            field: [key for key, value in senders if value.upper() == action]
            for action, field in _ACTIONS.items()
        },
    }


def _value(host: Host, today: Answers) -> str:
    own = today.blocklists
    lists = len(own.use) + len(own.custom)
    senders = len(own.allow_senders) + len(own.reject_senders)
    said = f"{lists} list{'' if lists == 1 else 's'}" if lists else "no lists"
    elsewhere = {one.zone for one in other_lists.of_host(host) if one.in_force}
    said += f", {len(elsewhere)} elsewhere" if elsewhere else ""
    return f"{said}, {senders} sender{'' if senders == 1 else 's'}" if senders else said


def _issues(host: Host, _today: Answers, reported: Collection[str]) -> Iterator[Issue]:
    table = table_in_use(host.parameters.get(RECIPIENT_RESTRICTIONS, ""))
    if not table or f"table.{table.partition(':')[2]}" in reported:
        return
    if host.table is None:
        why = f"{table} is looked up, and is not there or cannot be read."
        yield Issue(MISSING, f"{why} Run `postmap {table}`.")
        return
    seen, is_right = compare_rows(rows_by_key(host.table), rows_by_key(host.text(SENDER_ACCESS)))
    if not is_right:
        yield Issue(UNHEALTHY, f"{table}: {seen}. Run `postmap {table}`.")


BLOCKLISTS = Section(
    SECTION,
    files=(
        ManagedFile(
            SENDER_ACCESS,
            rows_by_key,
            table=Table(
                dump=lambda host: host.table,
                rows=rows_by_key,
                wanted=rows_by_key,
                compare=compare_rows,
            ),
        ),
    ),
    plan=_plan,
    read_back=_read_back,
    keep=_keep,
    value=_value,
    settings=_settings,
    drift=("table.*",),
    issues=_issues,
)
