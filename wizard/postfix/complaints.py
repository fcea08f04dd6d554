"""Find new warnings of Postfix's commands; old faults cause the same warnings again and again.

postconf(1), postfix(1) and postmap(1) write their own name and a line number into a warning. Both
may differ between the live and the staged directory, before and after an edit. Warnings about
duplicate and unused parameters end in the value, so only the parameter is compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from wizard.postfix.main_cf import MainCf

_PROGRAM = re.compile(r"^(?:[\w./-]+(?:\[\d+\])?: )?(?=(?:warning|fatal|error|panic): )")
_LINE = re.compile(r"\bline \d+")
_VALUE = re.compile(r"(\b(?:overriding earlier entry|unused parameter): [^=\s]+)=.*", re.DOTALL)
_UNUSED = "warning: /etc/postfix/main.cf: unused parameter: {}="


def complaints(
    lines: Iterable[str], tolerated: Iterable[str], moved: tuple[str, str] = ("", "")
) -> tuple[str, ...]:
    """Return the lines that mean something else than all tolerated lines.

    `moved` is the staged and the live name of a directory; the first is replaced by the second.
    """
    known = {_sense(line) for line in tolerated}
    read = ((line.replace(*moved) if moved[0] else line).strip() for line in lines)
    return tuple(line for line in read if line and _sense(line) not in known)


def _sense(line: str) -> str:
    return _VALUE.sub(r"\1", _LINE.sub("line", _PROGRAM.sub("", line.strip())))


def foreseen(live: bytes, known_parameters: frozenset[str]) -> tuple[str, ...]:
    """Return warnings that postconf may print after an edit of main.cf, and that are harmless.

    postconf warns of the operator's own name (`lan = 10.0.0.0/8`, for `$lan`) if nothing uses it
    after an edit. Its line is not removed.
    """
    if not known_parameters:
        return ()
    names = dict.fromkeys(entry.name for entry in MainCf.parse(live).entries)
    return tuple(_UNUSED.format(name) for name in names if name not in known_parameters)
