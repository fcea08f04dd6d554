"""Check the indexed sender_access: it is as its text, and has no likely mistakes (access(5))."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from wizard.answers.model import Answers
from wizard.answers.sections.blocklists import Blocklists
from wizard.check.commands import NOTHING, CommandResult, start_command
from wizard.check.postfix.restrictions import CLASSES, RECIPIENT, items
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import WRONG, Check, Finding
from wizard.host.main_cf import words
from wizard.paths import SENDER_ACCESS
from wizard.postfix.restriction_names import is_known
from wizard.postfix.sender_access import compare_rows, rows_by_key, table_in_use
from wizard.postfix.settings import Settings
from wizard.text import printable

_ACTION = re.compile(
    r"ok|reject|defer|defer_if_reject|defer_if_permit|bcc|discard|dunno|filter|hold|info|prepend"
    r"|redirect|warn|\d+",
    re.IGNORECASE,
)
_LETS_IN = re.compile(r"ok|permit|relay|\d+", re.IGNORECASE)
_REPLY = re.compile(r"[45]\d\d")

_CHECK = Check("table.sender_access", "sender_access: the table", "answers as its file says")


def judge_sender_access(
    door: Door, answers: Answers, main_cf: Mapping[str, str], drift: str = WRONG
) -> Iterator[Finding]:
    """`table.sender_access`, and `.own` and `.actions` of a table that can be read.

    `drift` is the verdict of a table that differs from its text, or that nothing looks up: mail
    flows, only with other senders let in or refused.
    """
    if not main_cf:
        yield _CHECK.unknown("main.cf could not be read, which names the table")
        return
    name = table_in_use(main_cf.get(RECIPIENT, ""))
    if not name:
        yield not_in_use(drift)
        return
    pending = start_command(door, ("postmap", "-s", name))
    try:
        text = door.read_text(SENDER_ACCESS) or ""
        result = pending()
    except Trouble as trouble:
        text, result = "", CommandResult(NOTHING, str(trouble))
    yield from judge_table(name, result, text, answers.blocklists, drift)
    if not result.failure:
        yield from judge_rows(rows_of(result.text), answers, Settings(main_cf))


def not_in_use(drift: str = WRONG) -> Finding:
    """Return that no restriction uses the table, so its rows have no effect."""
    return replace(_CHECK, expected=f"check_sender_access TYPE:{SENDER_ACCESS}").finding(
        drift,
        "smtpd_recipient_restrictions does not look it up",
        "Add the restriction behind reject_unauth_destination in main.cf; reload.",
    )


def judge_table(
    table: str, result: CommandResult, text: str, wanted: Blocklists, drift: str = WRONG
) -> Iterator[Finding]:
    """`table.sender_access`: a lookup finds each row of the file and of the answers."""
    if result.why:
        yield _CHECK.unknown(result.why)
        return
    advice = f"Run `postmap {table}`."
    if result.failure:
        yield _CHECK.wrong(printable(result.failure), advice)
        return
    planned = rows_of(text)
    planned.update((_key(name), "OK") for name in wanted.allow_senders)
    planned.update((_key(name), "REJECT") for name in wanted.reject_senders)
    seen, is_right = compare_rows(rows_of(result.text), planned)
    yield _CHECK.right(seen) if is_right else _CHECK.finding(drift, seen, advice)


def _key(name: str) -> str:
    # postmap stores keys in lower case.
    return name.strip().lower()


def rows_of(text: str) -> dict[str, str]:
    """Return the rows of a text, or of the output of `postmap -s`, by key in lower case."""
    return rows_by_key(text.encode("utf-8", "surrogateescape"))


def judge_rows(rows: Mapping[str, str], answers: Answers, settings: Settings) -> Iterator[Finding]:
    """`table.sender_access.own` and `.actions`; `rows` has the actions by key."""
    hostname = answers.hostname
    ours = {hostname.myhostname, hostname.mydomain, *answers.domains.local}
    own = [
        key
        for key, action in rows.items()
        if _covers(key, ours) and _LETS_IN.fullmatch(action) and not _REPLY.fullmatch(action)
    ]
    check = Check(
        "table.sender_access.own",
        "sender_access: our own names",
        "no OK for our own domain",
    )
    yield (
        check.warning(
            printable(f"{own[0]} {rows[own[0]]}"),
            f"Take {printable(own[0])} out: whoever forges our domain gets past the blocklists.",
        )
        if own
        else check.right("none is let in")
    )
    check = Check(
        "table.sender_access.actions", "sender_access: its actions", "actions of access(5)"
    )
    classes = settings.words(CLASSES)
    odd = [key for key, action in rows.items() if not _is_action(action, classes)]
    yield (
        check.wrong(
            printable(f"{odd[0]} {rows[odd[0]]}"),
            f"Correct the row of {printable(odd[0])}: its senders are told 451. Then postmap it, "
            f"{SENDER_ACCESS}.",
        )
        if odd
        else check.right("Postfix knows all of them")
    )


def _covers(key: str, ours: set[str]) -> bool:
    # A domain in an access table covers its subdomains, and an address is one sender alone.
    return any(name == key or name.endswith(f".{key}") for name in ours)


def _is_action(text: str, classes: tuple[str, ...]) -> bool:
    first = text.partition(" ")[0]
    if _ACTION.fullmatch(first):
        return True
    return bool(text) and all(is_known(name, classes) for name, _ in items(words(text)))
