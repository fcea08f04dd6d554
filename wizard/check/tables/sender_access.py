"""The indexed sender_access against the text it was made from (postmap(1), access(5))."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from wizard.answers.sections.blocklists import Blocklists
from wizard.check.commands import CommandResult
from wizard.finding import Check, Finding
from wizard.paths import SENDER_ACCESS
from wizard.postfix.sender_access import rows
from wizard.text import printable

_CHECK = Check("table.sender_access", "sender_access: the table", "answers as its file says")


def table_in_use(restrictions: str) -> str:
    """TYPE:PATH of the table that smtpd_recipient_restrictions looks senders up in, else ""."""
    match = re.search(rf"check_sender_access\s+(\w+:{re.escape(SENDER_ACCESS)})\b", restrictions)
    return match[1] if match else ""


def postmap_s(table: str) -> tuple[str, ...]:
    """The command that prints a table's rows."""
    return ("postmap", "-s", table)


def not_in_use() -> Finding:
    """No restriction asks the table, so its rows have no effect."""
    return replace(_CHECK, expected=f"check_sender_access TYPE:{SENDER_ACCESS}").wrong(
        "smtpd_recipient_restrictions does not look it up",
        "Add the restriction behind reject_unauth_destination in main.cf; reload.",
    )


def not_known(why: str) -> Finding:
    """Whether the table answers could not be looked at."""
    return _CHECK.unknown(why)


def judge_table(
    table: str, result: CommandResult, text: str, wanted: Blocklists
) -> Iterator[Finding]:
    """`table.sender_access`: every row of the file and of the answers is what a lookup finds."""
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
    # postmap folds keys to lower case as it stores them.
    return name.strip().lower()


def rows_of(text: str) -> dict[str, str]:
    """Return the rows of a text, or of what `postmap -s` printed, by their keys in lower case."""
    return dict(rows(text.encode("utf-8", "surrogateescape")))
