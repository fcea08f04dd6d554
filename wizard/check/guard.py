"""Keep a defect of one check from ending all others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Callable

from wizard.finding import Check, Finding
from wizard.text import printable


def guarded(name: str, part: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """Yield the findings of a check; an exception that none may raise becomes `defect.NAME`."""
    try:
        yield from part()
    except Exception as fault:  # noqa: BLE001 (whatever a foreign text has set off)
        check = Check(f"defect.{name}", f"the check of {name}", "ends well", fatal=False)
        said = printable(f"a defect of this program: {type(fault).__name__}: {fault}")
        yield check.unknown(said)
