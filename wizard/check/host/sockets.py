"""Check UNIX sockets: that Postfix's own are there, and that its user may connect to Dovecot's.

A connection by root proves nothing.
"""

from __future__ import annotations

import grp
import os
import pwd
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from wizard.finding import NO_CURE, Check, Cure, Finding
from wizard.paths import QUEUE
from wizard.postfix.service_entry import Service
from wizard.text import printable

USER = "postfix"
"""postconf(5) mail_owner."""

CLOSED = " is closed to "
"""The words between what is closed and the user."""

READ, WRITE, _SEARCH = 4, 2, 1
"""Permission bits (path_resolution(7))."""


@dataclass(frozen=True)
class Identity:
    """A user as the kernel knows it: the UID and all groups."""

    uid: int
    gids: frozenset[int]


def identity(name: str = USER) -> Optional[Identity]:
    """Return a user of this host, None if there is no such user."""
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        return None
    # master's children call initgroups(3), so supplementary groups count.
    return Identity(found.pw_uid, frozenset(os.getgrouplist(name, found.pw_gid)))


def allows(status: os.stat_result, who: Identity, wanted: int) -> bool:
    """True if the permission bits allow a user what `wanted` says (path_resolution(7))."""
    if status.st_uid == who.uid:
        return bool(status.st_mode >> 6 & wanted)
    if status.st_gid in who.gids:
        return bool(status.st_mode >> 3 & wanted)
    return bool(status.st_mode & wanted)


def closed_to_postfix(path: str, wanted: int = WRITE) -> str:
    """Return why Postfix's user cannot connect to an existing socket, "" if it can.

    A socket needs write permission, each directory above it search permission (unix(7)). `wanted`
    is the permission: READ for a file.
    """
    who = identity()
    if who is None:
        return ""
    there = Path(path)
    try:
        for directory in reversed(there.parents):
            if not allows(directory.stat(), who, _SEARCH):
                return f"{directory}{CLOSED}{USER}: {_shown(directory.stat())}"
        status = there.stat()
    except OSError:
        return ""
    if allows(status, who, wanted):
        return ""
    return f"{path}{CLOSED}{USER}: {_shown(status)}"


def _shown(status: os.stat_result) -> str:
    try:
        owner, group = pwd.getpwuid(status.st_uid).pw_name, grp.getgrgid(status.st_gid).gr_name
    except KeyError:
        owner, group = str(status.st_uid), str(status.st_gid)
    return f"{owner}:{group} {stat.S_IMODE(status.st_mode):04o}"


def judge_socket(name: str, path: str) -> Iterator[Finding]:
    """`socket.auth` or `socket.lmtp`; nothing for a socket that does not exist.

    Also nothing if we may not read its directory. The sessions on 587 and 465 report that.
    """
    try:
        if not Path(path).is_socket():
            return
    except PermissionError:
        return
    check = Check(f"socket.{name}", f"socket: Dovecot's {name}", f"{USER} may connect")
    fault = closed_to_postfix(path)
    yield (
        check.wrong(fault, closed_advice(path, fault)) if fault else check.right(f"open to {USER}")
    )


_KINDS = {
    "unix": stat.S_ISSOCK,
    "unix-dgram": stat.S_ISSOCK,
    "pass": stat.S_ISSOCK,
    "fifo": stat.S_ISFIFO,
}
"""What master(8) makes for a type of service (master(5))."""


def judge_own_sockets(services: Iterable[Service], queue: str = QUEUE) -> Iterator[Finding]:
    """`socket.services`: the sockets that master(8) made for Postfix's programs among themselves.

    Nothing where none is there, since that Postfix was never started, or if we may not look.
    """
    faults: list[str] = []
    seen = 0
    for one in services:
        if one.type not in _KINDS:
            continue
        path = Path(queue, "public" if one.words[2].text == "n" else "private", one.name)
        try:
            is_ours = _KINDS[one.type](path.lstat().st_mode)
        except FileNotFoundError:
            faults.append(f"{path} is not there")
            continue
        except OSError:
            return
        seen += is_ours
        if not is_ours:
            faults.append(f"{path} is no {'FIFO' if one.type == 'fifo' else 'socket'}")
    if not seen:
        return
    check = Check("socket.services", "sockets: Postfix's own", "one for each service of master.cf")
    if not faults:
        yield check.right(f"{seen} are there")
        return
    more = f"; and {len(faults) - 1} more" if len(faults) > 1 else ""
    seen_now = printable(f"{faults[0]}: mail waits for that service{more}")
    yield check.wrong(seen_now, _AGAIN, Cure((("systemctl", "restart", "postfix"),)))


_AGAIN = "`systemctl restart postfix` makes its sockets again. See what removed them."


LISTENER = (
    "In Dovecot's unix_listener for {path} set user and group to postfix, mode 0660; "
    "`systemctl restart dovecot`."
)


def closed_advice(path: str, closed: str, owner: str = LISTENER) -> str:
    """Return what opens a socket to Postfix's user: a directory before it, or the socket itself.

    `owner` is the advice for the program that made the socket, with {path}.
    """
    where = _closed(closed)
    if where == path:
        return owner.format(path=path)
    if where.startswith(QUEUE):
        return "Run `postfix set-permissions`: owner and mode are those of Postfix's own package."
    return (
        f"Let postfix into {where}: `chmod o+x {where}`, or put the socket below {QUEUE}/private."
    )


def closed_cure(path: str, closed: str) -> Cure:
    """Return the same as commands; none for the socket, whose program makes it anew."""
    where = _closed(closed)
    if where == path:
        return NO_CURE
    if where.startswith(QUEUE):
        return Cure((("postfix", "set-permissions"),))
    return Cure((("chmod", "o+x", where),))


def _closed(said: str) -> str:
    return said.partition(CLOSED)[0]
