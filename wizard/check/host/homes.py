"""Check that mail can be stored in the homes of people, and that their .forward files work (local(8))."""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Optional

from wizard.check.paths.targets import fault_of
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import WARNING, WRONG, Check, Finding
from wizard.host.dovecot import people_of
from wizard.text import printable

MOST_USERS = 50
FORWARD = ".forward"
TOP = Path("/")
_OTHERS_WRITE = 0o022
_NOWHERE = "/dev/null"

_CHECK = Check("homes", "the homes of people", "mail can be stored there", fatal=False)
_Found = tuple[bool, str, str]


def judge_homes(door: Door, maildir: str, *, in_homes: bool) -> Iterator[Finding]:
    """`homes`; nothing without people. `maildir` is below the home, "" if mail is not stored so."""
    names = people_of(door)[:MOST_USERS]
    people = [one for name in names for one in [_entry(name)] if one is not None]
    if not people:
        return
    faults = [
        fault
        for one in people
        for fault in (*(_home(one, maildir) if in_homes else ()), *_forward(door, one, names))
    ]
    faults.sort(key=lambda one: not one[0])
    if not faults:
        yield _CHECK.right(f"{len(people)} of {len(people)}")
        return
    is_wrong, seen, advice = faults[0]
    more = f"; and {len(faults) - 1} more" if len(faults) > 1 else ""
    yield _CHECK.finding(
        WRONG if is_wrong else WARNING, printable(f"{seen}{more}"), printable(advice)
    )


def _entry(name: str) -> Optional[pwd.struct_passwd]:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _home(user: pwd.struct_passwd, maildir: str) -> Iterator[_Found]:
    home = Path(user.pw_dir)
    try:
        status = home.stat()
        for parent in home.parents:
            if parent == TOP:
                break
            if not parent.stat().st_mode & stat.S_IXOTH:
                yield True, f"{parent} is closed to {user.pw_name}", f"`chmod 755 {parent}`"
    except OSError as error:
        yield True, f"{home}: {error.strerror}: {user.pw_name} gets no mail", f"Make {home}."
        return
    if status.st_uid != user.pw_uid:
        advice = f"`chown {user.pw_name} {home}`"
        yield True, f"{home} does not belong to {user.pw_name}", advice
    yield from _room(home)
    if maildir:
        yield from _maildir(home / maildir, user)


def _room(path: Path) -> Iterator[_Found]:
    disk = os.statvfs(path)
    if disk.f_flag & os.ST_RDONLY:
        yield True, f"{path} is on a file system that is mounted read-only", f"`findmnt -T {path}`"
    elif disk.f_bavail == 0:
        yield True, f"{path} is on a file system without free space", f"Make room: `df -h {path}`."
    elif disk.f_files and not disk.f_favail:
        yield True, f"{path} is on a file system without free inodes", f"`df -i {path}`"


def _maildir(path: Path, user: pwd.struct_passwd) -> Iterator[_Found]:
    if not os.path.lexists(path):
        return  # the first message makes it
    remedy = f"`chown -R {user.pw_name} {path}`, or move away what is there."
    try:
        status = path.stat()
    except OSError as error:
        yield True, f"{path}: {error.strerror}", remedy
        return
    if not stat.S_ISDIR(status.st_mode):
        yield True, f"{path} is no directory", remedy
    elif status.st_uid != user.pw_uid:
        yield True, f"{path} does not belong to {user.pw_name}", remedy
    elif not status.st_mode & stat.S_IWUSR:
        yield True, f"{user.pw_name} may not write {path}", f"`chmod u+rwx {path}`"
    elif status.st_mode & stat.S_IROTH:
        yield False, f"everybody may read {path} (mode)", f"`chmod 700 {path}`"


def _forward(door: Door, user: pwd.struct_passwd, names: Sequence[str]) -> Iterator[_Found]:
    path = Path(user.pw_dir) / FORWARD
    remedy = f"Correct {path}, or move it away."
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode):
            return  # a link may lead to what is not the user's to show
        text = door.read_text(str(path)) or ""
    except (OSError, Trouble):
        return
    if status.st_uid not in {0, user.pw_uid}:
        yield False, f"{path} does not belong to {user.pw_name}: it is passed over", remedy
    if status.st_mode & _OTHERS_WRITE:
        yield False, f"others may write {path} (mode)", f"`chmod 600 {path}`"
    for target in (one for line in text.splitlines() for one in _items(line)):
        if target == _NOWHERE:
            yield True, f"{path} throws all mail away ({_NOWHERE})", remedy
            continue
        is_wrong, seen = fault_of(door, target, names)
        if seen:
            yield is_wrong, f"{path}: {seen}", remedy


def _items(line: str) -> Iterator[str]:
    """Yield the targets of a line of .forward: commas part them outside of quotes."""
    if line.lstrip().startswith("#"):
        return
    quoted, item = False, ""
    for char in f"{line},":
        quoted ^= char == '"'
        if char == "," and not quoted:
            if item.strip():
                yield item.strip().strip('"')
            item = ""
        else:
            item += char
