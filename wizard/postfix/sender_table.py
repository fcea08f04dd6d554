"""The indexed sender_access: which one Postfix looks up, and if its rows are those of its text."""

from __future__ import annotations

import re
from collections.abc import Mapping

from wizard.paths import SENDER_ACCESS
from wizard.text import printable


def table_in_use(restrictions: str) -> str:
    """Return TYPE:PATH of the sender_access in smtpd_recipient_restrictions, "" if there is none."""
    match = re.search(rf"check_sender_access\s+(\w+:{re.escape(SENDER_ACCESS)})\b", restrictions)
    return match[1] if match else ""


def compare_rows(indexed: Mapping[str, str], planned: Mapping[str, str]) -> tuple[str, bool]:
    """Return in words if a lookup finds the planned rows and no others, and True if it does."""
    names = sorted(
        name for name in planned.keys() | indexed.keys() if planned.get(name) != indexed.get(name)
    )
    if not names:
        return f"{'1 row' if len(planned) == 1 else f'{len(planned)} rows'} alike", True
    first = names[0]
    more = f", and {len(names) - 1} more" if len(names) > 1 else ""
    seen = f"{indexed.get(first, 'no row')} instead of {planned.get(first, 'no row')}"
    return printable(f"{first}: {seen}{more}"), False
