"""Check that mail can be stored in the homes of people, and that their .forward files work (local(8))."""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path
from typing import Optional

from wizard.check.paths.targets import fault_of
from wizard.door import Door, read_at_most
from wizard.finding import WARNING, WRONG, Check, Finding
from wizard.host.dovecot import people_of
from wizard.text import printable

MOST_USERS = 50
FORWARD = ".forward"
LARGEST_FORWARD = 65536
"""Bytes of a .forward that is judged; its user may make it as large as the disk."""
MOST_TARGETS = 100
"""Targets of a .forward that are judged; a person has one or two."""
TOP = Path("/")
_OTHERS_WRITE = 0o022
_NOWHERE = "/dev/null"

_CHECK = Check("homes", "the homes of people", "mail can be stored there", fatal=False)
_Found = tuple[bool, str, str]


def judge_homes(
    door: Door, maildir: str, aliases: Collection[str], *, in_homes: bool
) -> Iterator[Finding]:
    """`homes`; nothing without people. `maildir` is below the home, "" if mail is not stored so.

    `aliases` are names that a .forward may lead to, though no user has them (aliases(5)).
    """
    names = people_of(door)[:MOST_USERS]
    people = [one for name in names for one in [_entry(name)] if one is not None]
    if not people:
        return
    known = {*names, *aliases}
    faults = [
        fault
        for one in people
        for fault in (*(_home(one, maildir) if in_homes else ()), *_forward(door, one, known))
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


def _opened(path: Path) -> Optional[tuple[os.stat_result, bytes]]:
    """Return a file's status and bytes, one more than LARGEST_FORWARD at most; None for no file.

    A link is not followed: it may lead to what is not the user's to show.
    """
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK | os.O_NOFOLLOW
    try:
        descriptor = os.open(path, flags)
    except OSError:
        return None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return None
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return status, read_at_most(file, LARGEST_FORWARD + 1)
    except OSError:
        return None
    finally:
        os.close(descriptor)


def _forward(door: Door, user: pwd.struct_passwd, known: Collection[str]) -> Iterator[_Found]:
    path = Path(user.pw_dir) / FORWARD
    remedy = f"Correct {path}, or move it away."
    opened = _opened(path)
    if opened is None:
        return
    status, data = opened
    if len(data) > LARGEST_FORWARD:
        yield False, f"{path} is larger than {LARGEST_FORWARD} bytes: it is not judged", remedy
        return
    text = data.decode("utf-8", "surrogateescape")
    if status.st_uid not in {0, user.pw_uid}:
        yield False, f"{path} does not belong to {user.pw_name}: it is passed over", remedy
    if status.st_mode & _OTHERS_WRITE:
        yield False, f"others may write {path} (mode)", f"`chmod 600 {path}`"
    targets = (one for line in text.splitlines() for one in _items(line))
    for target in islice(targets, MOST_TARGETS):
        if target == _NOWHERE:
            yield True, f"{path} throws all mail away ({_NOWHERE})", remedy
            continue
        is_wrong, seen = fault_of(door, target, known)
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
