"""Check that mail can be stored in the homes of people, and that their .forward files work (local(8))."""

from __future__ import annotations

import os
import pwd
import shlex
import stat
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Optional

from wizard.check.paths.targets import fault_of
from wizard.door import Door
from wizard.finding import NO_CURE, WARNING, WRONG, Check, Cure, Finding, cure_all
from wizard.host.dovecot import people_of
from wizard.host.inode_flags import frozen
from wizard.regular_file import read_at_most
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


@dataclass(frozen=True)
class _Found:
    """What is seen of a home, whether mail is lost by it, what to do, and the commands for it."""

    is_wrong: bool
    seen: str
    advice: str = ""
    cure: Cure = NO_CURE


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
    faults.sort(key=lambda one: not one.is_wrong)
    if not faults:
        yield _CHECK.right(f"{len(people)} of {len(people)}")
        return
    first = faults[0]
    more = f"; and {len(faults) - 1} more" if len(faults) > 1 else ""
    yield _CHECK.finding(
        WRONG if first.is_wrong else WARNING,
        printable(f"{first.seen}{more}"),
        printable(first.advice),
        cure_all([one.cure for one in faults]),
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
                yield _Found(
                    True,
                    f"{parent} is closed to {user.pw_name}",
                    f"`chmod o+x {parent}`",
                    Cure((("chmod", "o+x", str(parent)),)),
                )
    except OSError as error:
        seen = f"{home}: {error.strerror}: {user.pw_name} gets no mail"
        yield _Found(True, seen, f"Make {home}.")
        return
    if status.st_uid != user.pw_uid:
        owns = ("chown", "-h", "--", user.pw_name, str(home))
        seen = f"{home} does not belong to {user.pw_name}"
        yield _Found(True, seen, f"`{shlex.join(owns)}`", Cure((owns,)))
    if status.st_mode & stat.S_IWOTH:
        writable = _Found(False, f"anybody may write {home} (mode)", f"`chmod o-w {home}`")
        is_own = status.st_uid == user.pw_uid
        yield _with_mode(writable, user, "o-w", home) if is_own else writable
    yield from _room(home)
    if maildir:
        yield from _maildir(home / maildir, user)


def _room(path: Path) -> Iterator[_Found]:
    disk = os.statvfs(path)
    if disk.f_flag & os.ST_RDONLY:
        seen = f"{path} is on a file system that is mounted read-only"
        yield _Found(True, seen, f"`findmnt -T {path}`")
    elif disk.f_bavail == 0:
        seen = f"{path} is on a file system without free space"
        yield _Found(True, seen, f"Make room: `df -h {path}`.")
    elif disk.f_files and not disk.f_favail:
        yield _Found(True, f"{path} is on a file system without free inodes", f"`df -i {path}`")


def _maildir(path: Path, user: pwd.struct_passwd) -> Iterator[_Found]:
    if not os.path.lexists(path):
        return  # the first message makes it
    owns = ("chown", "-hR", "--", user.pw_name, str(path))
    remedy = f"`{shlex.join(owns)}`, or move away what is there."
    try:
        status = path.stat()
    except OSError as error:
        yield _Found(True, f"{path}: {error.strerror}", remedy)
        return
    # First: until the flag is lifted, nobody can change owner or mode.
    yield from _frozen(path, user)
    if not stat.S_ISDIR(status.st_mode):
        yield _Found(True, f"{path} is no directory", remedy)
    elif status.st_uid != user.pw_uid:
        # A link of the user's own in its way would lead root elsewhere.
        is_plain = path.parent == Path(user.pw_dir) and not path.is_symlink()
        cured_by = Cure((owns,)) if is_plain else NO_CURE
        yield _Found(True, f"{path} does not belong to {user.pw_name}", remedy, cured_by)
    elif not status.st_mode & stat.S_IWUSR:
        seen = f"{user.pw_name} may not write {path}"
        yield _with_mode(_Found(True, seen), user, "u+rwx", path)
    elif status.st_mode & stat.S_IROTH:
        seen = f"everybody may read {path} (mode)"
        yield _with_mode(_Found(False, seen), user, "700", path)


def _frozen(path: Path, user: pwd.struct_passwd) -> Iterator[_Found]:
    """Yield a directory of a Maildir in which not even root may write, by a flag of chattr(1)."""
    for one in (path, *(path / name for name in ("tmp", "new", "cur"))):
        why, letter = frozen(str(one))
        if why:
            argv = ("chattr", f"-{letter}", str(one))
            # Only root can have set it, and a link in the way would lead root elsewhere.
            is_plain = not any(map(Path.is_symlink, (path, one)))
            seen = f"{one} is {why} (chattr +{letter}): {user.pw_name} gets no mail"
            yield _Found(True, seen, f"`{shlex.join(argv)}`", Cure((argv,) if is_plain else ()))


def _with_mode(found: _Found, user: pwd.struct_passwd, mode: str, path: Path) -> _Found:
    """Return it with chmod(1) of the user: a link in its place leads nobody to files of others."""
    argv = ("runuser", "-u", user.pw_name, "--", "chmod", mode, str(path))
    return replace(found, advice=f"`{shlex.join(argv)}`", cure=Cure((argv,)))


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
        seen = f"{path} is larger than {LARGEST_FORWARD} bytes: it is not judged"
        yield _Found(False, seen, remedy)
        return
    text = data.decode("utf-8", "surrogateescape")
    if status.st_uid not in {0, user.pw_uid}:
        seen = f"{path} is not owned by {user.pw_name}: it is passed over"
        yield _Found(False, seen, remedy)
    if status.st_mode & _OTHERS_WRITE:
        writable = _Found(False, f"others may write {path} (mode)")
        found = _with_mode(writable, user, "600", path)
        yield found if status.st_uid == user.pw_uid else replace(found, cure=NO_CURE)
    targets = (one for line in text.splitlines() for one in _items(line))
    for target in islice(targets, MOST_TARGETS):
        if target == _NOWHERE:
            yield _Found(True, f"{path} throws all mail away ({_NOWHERE})", remedy)
            continue
        is_wrong, seen = fault_of(door, target, known)
        if seen:
            yield _Found(is_wrong, f"{path}: {seen}", remedy)


def forwarded(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the path and each target of the .forward files of people; nothing for a large one."""
    for user in filter(None, map(_entry, names[:MOST_USERS])):
        path = Path(user.pw_dir) / FORWARD
        opened = _opened(path)
        if opened is not None and len(opened[1]) <= LARGEST_FORWARD:
            text = opened[1].decode("utf-8", "surrogateescape")
            targets = (one for line in text.splitlines() for one in _items(line))
            yield from ((str(path), one) for one in islice(targets, MOST_TARGETS))


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
