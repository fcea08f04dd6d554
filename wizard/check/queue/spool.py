"""Check the space for the queue, and for mail on hold (qmgr(8), postsuper(1))."""

from __future__ import annotations

import grp
import os
from collections.abc import Iterator

from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import Check, Cure, Finding
from wizard.paths import QUEUE
from wizard.postfix.settings import Settings
from wizard.text import counted, printable

TIMES = 1.5
"""smtpd(8) replies 452 if there is less space than for this many messages of the largest size."""


def judge_queue(door: Door, settings: Settings, queue: str = QUEUE) -> Iterator[Finding]:
    """`queue.space`, `.hold`, `.corrupt` and `.group`; nothing if there is no queue."""
    try:
        disk = os.statvfs(queue)
        on_hold, broken = (
            len(door.list_dir(f"{queue}/{one}") or ()) for one in ("hold", "corrupt")
        )
    except (OSError, Trouble):
        return
    free = disk.f_bavail * disk.f_frsize
    message, own = (settings.number(one) or 0 for one in ("message_size_limit", "queue_minfree"))
    least = int(max(TIMES * message, own))
    check = Check("queue.space", f"room in {queue}", f"more than {least} bytes")
    if disk.f_files > 0 and disk.f_favail == 0:
        advice = (
            f"Remove files from it: until then all mail gets 452. `df -i {queue}` shows inodes."
        )
        yield check.wrong(f"no inode of {disk.f_files} is left", advice)
    elif free <= least:
        advice = f"Make room: until then all mail gets 452. `df -h {queue}` shows what is free."
        yield check.wrong(f"{free} bytes, {disk.f_favail} files", advice)
    else:
        yield check.right(f"{free // 2**20} MiB")
    check = Check("queue.hold", "hold queue", "no message")
    advice = (
        "A run or somebody put it on hold, and it stays there until it is released: `postqueue -p` "
        "shows it with a !; `postsuper -H ID` releases it."
    )
    count = counted(on_hold, "message")
    yield check.warning(count, advice) if on_hold else check.right("no message")
    if broken:
        check = Check("queue.corrupt", "mail that Postfix could not read", "none", fatal=False)
        advice = f"`postcat {queue}/corrupt/ID` shows what is left of it; nothing delivers it."
        yield check.warning(f"{counted(broken, 'message')} in {queue}/corrupt", advice)
    yield from _group(settings)


def _group(settings: Settings) -> Iterator[Finding]:
    """Nobody but postdrop and postqueue, by their set-gid bit, may write into maildrop."""
    name = settings.value("setgid_group")
    try:
        members = grp.getgrnam(name).gr_mem
    except KeyError:
        return
    if members:
        check = Check("queue.group", f"group {name}", "without members", fatal=False)
        yield check.warning(
            printable(f"{', '.join(members)}: may write into the queue past postdrop(1)"),
            printable(f"Run `gpasswd -d {members[0]} {name}`."),
            Cure(tuple(("gpasswd", "-d", one, name) for one in members)),
        )
