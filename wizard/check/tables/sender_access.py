"""Compare the indexed sender_access with its text (postmap(1), access(5))."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from wizard.answers.sections.blocklists import Blocklists
from wizard.check.commands import CommandResult
from wizard.finding import Check, Finding
from wizard.paths import SENDER_ACCESS
from wizard.postfix.sender_access import rows_by_key
from wizard.postfix.sender_table import compare_rows
from wizard.text import printable

_CHECK = Check("table.sender_access", "sender_access: the table", "answers as its file says")


def postmap_s(table: str) -> tuple[str, ...]:
    """Return the command that prints the rows of a table."""
    return ("postmap", "-s", table)


def not_in_use() -> Finding:
    """Return that no restriction uses the table, so its rows have no effect."""
    return replace(_CHECK, expected=f"check_sender_access TYPE:{SENDER_ACCESS}").wrong(
        "smtpd_recipient_restrictions does not look it up",
        "Add the restriction behind reject_unauth_destination in main.cf; reload.",
    )


def not_known(why: str) -> Finding:
    """Return that the table could not be checked."""
    return _CHECK.unknown(why)


def judge_table(
    table: str, result: CommandResult, text: str, wanted: Blocklists
) -> Iterator[Finding]:
    """`table.sender_access`: a lookup finds each row of the file and of the answers."""
    if result.why:
        yield not_known(result.why)
        return
    advice = f"Run `postmap {table}`."
    if result.failure:
        yield _CHECK.wrong(printable(result.failure), advice)
        return
    planned = rows_of(text)
    planned.update((_key(name), "OK") for name in wanted.allow_senders)
    planned.update((_key(name), "REJECT") for name in wanted.reject_senders)
    seen, is_right = compare_rows(rows_of(result.text), planned)
    yield _CHECK.right(seen) if is_right else _CHECK.wrong(seen, advice)


def _key(name: str) -> str:
    # postmap stores keys in lower case.
    return name.strip().lower()


def rows_of(text: str) -> dict[str, str]:
    """Return the rows of a text, or of the output of `postmap -s`, by key in lower case."""
    return rows_by_key(text.encode("utf-8", "surrogateescape"))
