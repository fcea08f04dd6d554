"""Check that master.pid names the process of master(8), by the lock that it has on the file (proc_locks(5))."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import Check, Finding, cure
from wizard.paths import QUEUE
from wizard.text import printable

FILE = f"{QUEUE}/pid/master.pid"
LOCKS = "/proc/locks"
_LOCK = re.compile(
    r"^\d+: (?:FLOCK|POSIX) +ADVISORY +WRITE +(\d+) ([0-9a-f]+):([0-9a-f]+):(\d+) ", re.MULTILINE
)
_CHECK = Check("unit.pid", FILE, "the process of Postfix's master", fatal=False)


def judge_pid(door: Door) -> Iterator[Finding]:
    """`unit.pid`; nothing if no process has the lock, since Postfix does not run then."""
    try:
        status = door.stat(FILE)
        said = door.readable_text(FILE).strip()
    except Trouble:
        return
    if status is None:
        return
    device = os.major(status.st_dev), os.minor(status.st_dev)
    holders = {
        pid
        for pid, major, minor, inode in _LOCK.findall(door.readable_text(LOCKS))
        if int(inode) == status.st_ino and (int(major, 16), int(minor, 16)) == device and pid != "0"
    }
    if not holders:
        return
    if said in holders:
        yield _CHECK.right(said)
        return
    master = min(holders)
    yield _CHECK.warning(
        printable(f"{FILE} names {said or 'no process'}, and master is {master}"),
        "`systemctl restart postfix`: until then a reload or a stop does not reach it.",
        cure("systemctl restart postfix"),
    )
