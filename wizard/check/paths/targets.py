"""Judge what aliases(5) and .forward files lead to: programs, files, lists and names (local(8))."""

from __future__ import annotations

import pwd
import shlex
import stat
from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from wizard.door import Door
from wizard.errors import Trouble

INCLUDE = ":include:"
MOST_DEEP = 20
NOBODY = "is no alias and no user"
_EXECUTABLE = 0o111
_OTHERS_WRITE = 0o022


class Fault(NamedTuple):
    """What is wrong with a target; `is_wrong` if its mail is returned or lost now."""

    is_wrong: bool
    seen: str


def fault_of(door: Door, target: str, known: Collection[str]) -> Fault:
    """Return the fault of one target, with an empty `seen` for none.

    `known` are the names that have a row of their own.
    """
    if "\0" in target:
        return Fault(True, "a NUL byte is in it")
    bare = target.strip().strip('"').strip()
    if bare.startswith("|"):
        return _program(door, bare[1:])
    if bare.startswith("/"):
        return _file(door, bare)
    if bare.lower().startswith(INCLUDE):
        return _list(door, bare[len(INCLUDE) :])
    name = bare.lstrip("\\").partition("+")[0].lower()
    if not name or "@" in name or name in known or is_user(name):
        return Fault(False, "")
    return Fault(False, f"{name} {NOBODY}")


def is_user(name: str) -> bool:
    """True if this host has a user of that name."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _mode(door: Door, path: str) -> int:
    """Return the mode of what a path leads to, 0 if there is nothing."""
    try:
        status = door.stat(path)
    except Trouble:
        return 0
    return 0 if status is None else status.st_mode


def _program(door: Door, command: str) -> Fault:
    try:
        words = shlex.split(command)
    except ValueError:
        words = command.split()
    program = words[0] if words else ""
    if not program.startswith("/"):
        return Fault(False, "")
    mode = _mode(door, program)
    if not mode:
        return Fault(True, f"{program} is not there")
    return Fault(False, "") if mode & _EXECUTABLE else Fault(True, f"{program} may not be run")


def _file(door: Door, path: str) -> Fault:
    if stat.S_ISDIR(_mode(door, path)) and not path.endswith("/"):
        return Fault(True, f"{path} is a directory")
    parent = str(PurePosixPath(path).parent)
    there = _mode(door, path) or stat.S_ISDIR(_mode(door, parent))
    return Fault(False, "") if there else Fault(True, f"{path}: {parent} is not there")


def _list(door: Door, path: str) -> Fault:
    mode = _mode(door, path)
    if not mode:
        return Fault(True, f"the list {INCLUDE}{path} is not there")
    return Fault(False, f"anybody may write {path}" if mode & _OTHERS_WRITE else "")


def circle(name: str, rows: Mapping[str, Sequence[str]]) -> str:
    """Return the way of a name that leads back to it, "" if it does not (local(8) returns such mail).

    A name in its own row is that user's mailbox, and so is one with a backslash.
    """
    way = [name]
    while len(way) <= MOST_DEEP:
        targets = rows.get(way[-1], ())
        if len(targets) != 1:
            return ""
        following = targets[0].strip().strip('"').lower()
        if following == way[-1]:
            return ""
        if following in way:
            return " leads to ".join([*way, following])
        way.append(following)
    return ""
