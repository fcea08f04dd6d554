"""Compare the files of Postfix's packages with what rpm(8) installed: owners, modes, programs replaced."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

from wizard.check.commands import start_command
from wizard.door import Door
from wizard.finding import WARNING, WRONG, Check, Finding, cure
from wizard.text import printable, shortened

VERIFY = ("rpm", "--verify", "--nodeps", "--noscripts", "postfix")

_LINE = re.compile(
    r"^(?P<flags>[.?SM5DLUGTPC]{8,9}|missing) +(?:(?P<kind>[cdglnmr]) )?(?P<path>/.*)$"
)
_SAID = {
    "M": "its mode",
    "U": "its owner",
    "G": "its group",
    "L": "where it leads",
    "P": "its rights",
}
_CONTENT = "5"
_OTHERS_WRITE = 0o022
_ACL = "system.posix_acl_access"
_IN_IT = "what is in it"
_OPERATORS = frozenset("cdgl")
"""Configuration, documents, ghosts and licences: their content is the operator's, or nobody needs it."""
_FEW = 4

_CHECK = Check("files.package", "the files of Postfix", "as its package has them", fatal=False)


def begin_package(door: Door) -> Callable[[], Iterator[Finding]]:
    """Start rpm; call the result to wait for `files.package`, nothing without an rpm of Postfix."""
    pending = start_command(door, VERIFY)

    def finish() -> Iterator[Finding]:
        result = pending()
        if result.why:
            if "there is no" not in result.why:
                yield _CHECK.unknown(printable(result.why))
            return
        if "not installed" in result.text:
            return
        if not result.text.strip() and result.failure:
            # It ends with 1 for a file that is not as it was too, and then prints that.
            yield _CHECK.unknown(printable(result.failure))
            return
        yield judge_package(result.text)

    return finish


def judge_package(text: str) -> Finding:
    """Judge what `rpm --verify` prints: nothing for a file that is as it was."""
    faults = [fault for line in text.splitlines() if (fault := _fault(line))]
    if not faults:
        return _CHECK.right("owners, modes and programs are the package's")
    first = ("dnf -y reinstall postfix",) if any(map(_needs_files, faults)) else ()
    programs = "`dnf -y reinstall postfix` gives the programs back, " if first else ""
    return _CHECK.finding(
        WARNING if all(map(_is_harmless, faults)) else WRONG,
        printable(shortened(faults, _FEW)),
        f"{programs}`rpm --restore postfix` owners and modes of files, `postfix set-permissions` those "
        "of the queue; then reload.",
        cure(
            *first,
            "rpm --restore postfix",
            "postfix set-permissions",
            "systemctl reload-or-restart postfix",
        ),
    )


def _is_harmless(fault: str) -> bool:
    """True if mail flows with it: users see no queue, or an ACL (acl(5)) makes up the mode."""
    path, _, what = fault.partition(": ")
    if what != _SAID["M"]:
        return False
    try:
        if path.endswith("/postqueue"):
            return not Path(path).stat().st_mode & _OTHERS_WRITE
        return _ACL in os.listxattr(path)
    except OSError:
        return False


def _needs_files(fault: str) -> bool:
    return fault.endswith((" is missing", _IN_IT))


def _fault(line: str) -> str:
    found = _LINE.match(line)
    if found is None:
        return ""
    flags, kind, path = found["flags"], found["kind"] or "", found["path"]
    if flags == "missing":
        return "" if kind in {"d", "g", "l"} else f"{path} is missing"
    what = [said for letter, said in _SAID.items() if letter in flags]
    if _CONTENT in flags and kind not in _OPERATORS:
        what.append(_IN_IT)
    return f"{path}: {' and '.join(what)}" if what and kind != "d" else ""
