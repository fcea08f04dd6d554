"""Check the files of the queue: flags, ACLs, owners, names and times that keep mail where it is (qmgr(8))."""

from __future__ import annotations

import os
import pwd
import re
import stat
import struct
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from wizard.finding import NO_CURE, WARNING, WRONG, Check, Cure, Finding, cure_all
from wizard.host.inode_flags import frozen
from wizard.paths import QUEUE
from wizard.postfix.settings import Settings
from wizard.text import counted, printable

MOST = 3000
"""Files that are read: a queue of a busy server has a few hundred."""
OVERDUE = 86400
"""Seconds for which a message may wait for a try that is due; Postfix tries within minutes."""

_MAIL = ("incoming", "active", "deferred", "hold")
_TRIED = frozenset({"incoming", "deferred"})
"""Queues whose messages have the time of the next try as theirs."""
_MAILDROP = "maildrop"
_ALL = (*_MAIL, _MAILDROP, "bounce", "defer", "corrupt", "private", "public")
_ACL = "system.posix_acl_access"
_NAMED_USER, _NAMED_GROUP, _WRITE = 0x02, 0x08, 2
"""Tags and a permission of an ACL's entries (acl(5), linux/posix_acl_xattr.h)."""
_SHORT = re.compile(r"[0-9A-F]{5}([0-9A-F]+)")
_LONG = re.compile(r"[0-9A-Za-z]{10,}z([0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-y]+)")
_DIGITS = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz"[:51]
_NAME = re.compile(r"[0-9A-Za-z]{6,}")
_CHECK = Check(
    "queue.files", "the files of the queue", "Postfix may use them as they are", fatal=False
)


class _Fault(NamedTuple):
    verdict: str
    seen: str
    advice: str
    cure: Cure = NO_CURE


def judge_files(settings: Settings, queue: str = QUEUE) -> Iterator[Finding]:
    """`queue.files`; nothing if there is no queue that root can read."""
    try:
        owner = pwd.getpwnam(settings.value("mail_owner") or "postfix")
        next(Path(queue, "incoming").iterdir(), None)
    except (KeyError, OSError):
        return
    faults = [*_directories(queue), *_messages(queue, owner), *_maildrop(queue)]
    faults.sort(key=lambda one: one.verdict != WRONG)
    if not faults:
        yield _CHECK.right("it may")
        return
    verdict, seen, advice, _ = faults[0]
    more = f"; and {len(faults) - 1} more" if len(faults) > 1 else ""
    yield _CHECK.finding(
        verdict,
        printable(f"{seen}{more}"),
        printable(advice),
        cure_all([one.cure for one in faults]),
    )


def _directories(queue: str) -> Iterator[_Fault]:
    for path in (f"{queue}/{one}" for one in _ALL):
        why, letter = frozen(path)
        if why:
            argv = ("chattr", f"-{letter}", path)
            seen = f"{path} is {why} (chattr +{letter}): no mail gets through it"
            yield _Fault(WRONG, seen, f"`{' '.join(argv)}`", Cure((argv,)))
        names = _let_in(path)
        if names:
            argv = ("setfacl", "-b", path)
            seen = f"an ACL lets {', '.join(names)} into {path}"
            advice = f"`{' '.join(argv)}`: who writes there can change or send mail of others."
            yield _Fault(WARNING, seen, advice, Cure((argv,)))


def _let_in(path: str) -> list[str]:
    """Return users and groups besides the owner's that an ACL lets write."""
    try:
        data = os.getxattr(path, _ACL)
        entries = list(struct.iter_unpack("<HHI", data[4:]))
    except (OSError, struct.error):
        return []
    kinds = {_NAMED_USER: "the user", _NAMED_GROUP: "the group"}
    return [
        f"{kinds[tag]} {_name(number) if tag == _NAMED_USER else number}"
        for tag, rights, number in entries
        if tag in kinds and rights & _WRITE
    ]


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _messages(queue: str, owner: pwd.struct_passwd) -> Iterator[_Fault]:
    """Yield what keeps messages from delivery, one fault of a kind."""
    files = list(islice((one for name in _MAIL for one in _files(Path(queue, name))), MOST))
    strange = [path for path, status in files if status.st_uid != owner.pw_uid]
    if strange:
        argvs = tuple(("chown", "-h", owner.pw_name, str(path)) for path in strange)
        seen = f"{_name(os.lstat(strange[0]).st_uid)} owns {strange[0]}, and Postfix reads its own files alone"
        of_all = f" ({counted(len(strange), 'file')})" if len(strange) > 1 else ""
        commands = ", ".join(f"`{' '.join(argv)}`" for argv in argvs[:3])
        yield _Fault(WRONG, f"{seen}{of_all}", f"{commands}: its mail waits for ever.", Cure(argvs))
    copied = [path for path, status in files if not _is_named_by_inode(path.name, status.st_ino)]
    if copied:
        stops = ("systemctl stop postfix", "postsuper", "systemctl start postfix")
        yield _Fault(
            WARNING,
            f"{copied[0]} has the name of another file: the queue was copied",
            f"`{stops[0]}`, `{stops[1]}`, which renames it, and `{stops[2]}`: else new mail may take its place.",
            Cure(tuple(tuple(one.split()) for one in stops)),
        )
    now = time.time()
    due = [
        (status.st_mtime, path)
        for path, status in files
        if path.relative_to(queue).parts[0] in _TRIED and now - status.st_mtime > OVERDUE
    ]
    if due:
        since, path = min(due)
        days = counted(int((now - since) // OVERDUE), "day")
        yield _Fault(
            WARNING,
            f"{path} was to be tried {days} ago, and nothing has since then",
            "`postqueue -f` tries it now; `journalctl -u postfix -n 30` says why the queue manager did not.",
        )


def _files(directory: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield the files of a queue and of its subdirectories; one that is delivered meanwhile is skipped."""
    for top, _, names in os.walk(directory):
        for name in islice(names, MOST):
            path = Path(top, name)
            try:
                status = path.lstat()
            except OSError:
                continue
            if stat.S_ISREG(status.st_mode):
                yield path, status


def _is_named_by_inode(name: str, inode: int) -> bool:
    """True if the name ends with the file's inode, as postsuper(1) gives names, or is of no known form."""
    long = _LONG.fullmatch(name)
    if long is not None:
        number = 0
        for sign in long[1]:
            number = number * len(_DIGITS) + _DIGITS.index(sign)
        return number == inode
    short = _SHORT.fullmatch(name)
    return short is None or int(short[1], 16) == inode


def _maildrop(queue: str) -> Iterator[_Fault]:
    """Yield a file that postdrop(1) did not make; pickup(8) passes it over, and logs it each minute."""
    strange = [path for path, _ in _files(Path(queue, _MAILDROP)) if not _NAME.fullmatch(path.name)]
    if strange:
        seen = f"{strange[0]} is no mail: pickup passes it over again and again"
        yield _Fault(WARNING, seen, f"See what it is, and move {strange[0]} away.")
