"""Compare the indexed sender_access with its text (postmap(1), access(5))."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from wizard.answers.sections.blocklists import Blocklists
from wizard.check.commands import CommandResult
from wizard.finding import Check, Finding
from wizard.paths import SENDER_ACCESS
from wizard.postfix.sender_access import rows_by_key
from wizard.text import printable

_CHECK = Check("table.sender_access", "sender_access: the table", "answers as its file says")


def table_in_use(restrictions: str) -> str:
    """Return TYPE:PATH of the sender_access in smtpd_recipient_restrictions, "" if there is none."""
    match = re.search(rf"check_sender_access\s+(\w+:{re.escape(SENDER_ACCESS)})\b", restrictions)
    return match[1] if match else ""


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
        seen = result.failure
    else:
        indexed = rows_of(result.text)
        planned = rows_of(text)
        planned.update((_key(name), "OK") for name in wanted.allow_senders)
        planned.update((_key(name), "REJECT") for name in wanted.reject_senders)
        names = sorted(
            name
            for name in planned.keys() | indexed.keys()
            if planned.get(name) != indexed.get(name)
        )
        if not names:
            count = "1 row" if len(planned) == 1 else f"{len(planned)} rows"
            yield _CHECK.right(f"{count} alike")
            return
        first = names[0]
        seen = (
            f"{first}: {indexed.get(first, 'no row')} instead of {planned.get(first, 'no row')}"
            + (f", and {len(names) - 1} more" if len(names) > 1 else "")
        )
    yield _CHECK.wrong(printable(seen), advice)


def _key(name: str) -> str:
    # postmap stores keys in lower case.
    return name.strip().lower()


def rows_of(text: str) -> dict[str, str]:
    """Return the rows of a text, or of the output of `postmap -s`, by key in lower case."""
    return rows_by_key(text.encode("utf-8", "surrogateescape"))
