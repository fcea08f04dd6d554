"""Which complaints are new: Postfix warns of old faults for ever, and those are not ours.

postconf(1), postfix(1) and postmap(1) put their own name and a line number into a warning;
both differ between the live directory and a staged one, before and after an edit. What is said
of a parameter that is set twice, or that nothing uses, ends in its value: there the parameter
is what counts.
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
    """Return the lines that say what no tolerated line says.

    `moved` is a directory's staged and its live name: the first is read as the second.
    """
    known = {_sense(line) for line in tolerated}
    read = ((line.replace(*moved) if moved[0] else line).strip() for line in lines)
    return tuple(line for line in read if line and _sense(line) not in known)


def _sense(line: str) -> str:
    return _VALUE.sub(r"\1", _LINE.sub("line", _PROGRAM.sub("", line.strip())))


def foreseen(live: bytes, known_parameters: frozenset[str]) -> tuple[str, ...]:
    """Return what postconf may begin to say of a live main.cf once its values change.

    A name of the operator's own (`lan = 10.0.0.0/8`, for `$lan` elsewhere) is complained of
    when an edit leaves nothing that uses it. Its line stays, and so it is no fault of ours.
    """
    if not known_parameters:
        return ()
    names = dict.fromkeys(entry.name for entry in MainCf.parse(live).entries)
    return tuple(_UNUSED.format(name) for name in names if name not in known_parameters)
