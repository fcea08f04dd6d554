"""Check the space for the queue, and for mail on hold (qmgr(8), postsuper(1))."""

from __future__ import annotations

import os
from collections.abc import Iterator

from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import Check, Finding
from wizard.paths import QUEUE
from wizard.postfix.settings import Settings

TIMES = 1.5
"""smtpd(8) replies 452 if there is less space than for this many messages of the largest size."""


def judge_queue(door: Door, settings: Settings, queue: str = QUEUE) -> Iterator[Finding]:
    """`queue.space` and `queue.hold`; nothing if there is no queue."""
    try:
        disk = os.statvfs(queue)
        on_hold = len(door.list_dir(f"{queue}/hold") or ())
    except (OSError, Trouble):
        return
    free = disk.f_bavail * disk.f_frsize
    message, own = (settings.number(one) or 0 for one in ("message_size_limit", "queue_minfree"))
    least = int(max(TIMES * message, own))
    check = Check("queue.space", f"room in {queue}", f"more than {least} bytes")
    if free <= least or (disk.f_files > 0 and disk.f_favail == 0):
        advice = f"Make room: until then all mail gets 452. `df -h {queue}` shows what is free."
        yield check.wrong(f"{free} bytes, {disk.f_favail} files", advice)
    else:
        yield check.right(f"{free // 2**20} MiB")
    check = Check("queue.hold", "mail on hold", "none")
    advice = "`postqueue -p` shows it with a !; `postsuper -H ID` lets it go."
    yield check.warning(f"{on_hold} on hold", advice) if on_hold else check.right("none")
