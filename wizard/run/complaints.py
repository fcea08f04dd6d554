"""Which complaints are new: Postfix warns of old faults for ever, and those are not ours.

postconf(1), postfix(1) and postmap(1) put their own name and a line number into a warning;
both differ between the live directory and a staged one, before and after an edit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_PROGRAM = re.compile(r"^(?:[\w./-]+(?:\[\d+\])?: )?(?=(?:warning|fatal|error|panic): )")
_LINE = re.compile(r"\bline \d+")


def complaints(
    lines: Iterable[str], tolerated: Iterable[str], moved: tuple[str, str] = ("", "")
) -> tuple[str, ...]:
    """Return the lines that say what no tolerated line says.

    `moved` is a directory's staged and its live name: the first is read as the second.
    """
    known = {_sense(line) for line in tolerated}
    read = ((line.replace(*moved) if moved[0] else line).strip() for line in lines)
    return tuple(line for line in read if line and _sense(line) not in known)


def _sense(line: str) -> str:
    return _LINE.sub("line", _PROGRAM.sub("", line.strip()))
