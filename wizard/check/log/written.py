"""Check that /var/log/maillog has what Postfix says: rsyslog may be stopped, or write elsewhere.

Both the journal and the file get each line of Postfix. The sessions of the check itself are such lines.
"""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Iterator, Sequence

from wizard.certificates.dates import moment
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import NO_CURE, Check, Finding, cure

MAILLOG = "/var/log/maillog"
SECONDS = 1.0
"""How long rsyslogd may take for a line that the journal has."""

_STEP = 0.1
_SLACK = 0.5
"""The times of files are a little behind the clock (inode(7))."""
_NEWEST = re.compile(r"^(\d{9,}\.\d+) \S+ postfix/[^\n]*\Z", re.MULTILINE)
_WRITER = ("systemctl", "is-active", "rsyslog")
_ENABLED = ("systemctl", "is-enabled", "rsyslog")
_VOLATILE = "/run/log/journal"


def _said(door: Door, argv: Sequence[str]) -> str:
    """Return what systemctl(1) says in a word, "" if it does not answer."""
    try:
        done = door.run(argv, timeout=SECONDS)
    except Trouble:
        return ""
    return "" if done is None else done.text.strip()


def _is_journal_enough(door: Door) -> bool:
    """True if rsyslog is not enabled, and the journal is stored on disk (journald.conf(5), Storage=)."""
    running = door.readable_names(_VOLATILE)
    return (
        _said(door, _ENABLED) != "enabled"
        and bool(door.readable_names("/var/log/journal"))
        and not any(door.is_there(f"{_VOLATILE}/{one}/system.journal") for one in running)
    )


def _is_full(door: Door) -> bool:
    """True if root itself, as rsyslogd, cannot write any more."""
    try:
        return os.statvfs(door.locate(MAILLOG)).f_bfree == 0
    except OSError:
        return False


def judge_written(journal: str, door: Door, *, is_own_file: bool) -> Iterator[Finding]:
    """`log.file`: the file has lines as new as those of the journal, whose times are in seconds.

    Nothing without the file, without a line of Postfix in the journal, where Postfix writes a file of
    its own (`is_own_file`, maillog_file in postconf(5)), and where a journal on disk takes its place.
    """
    newest = _NEWEST.search(journal.rstrip("\n"))
    if newest is None or is_own_file:
        return
    until = time.monotonic() + SECONDS
    while True:
        try:
            status = door.stat(MAILLOG)
        except Trouble:
            return
        if status is None:
            return
        is_file = stat.S_ISREG(status.st_mode)
        is_full = is_file and _is_full(door)
        is_written = is_file and not is_full and status.st_mtime >= float(newest[1]) - _SLACK
        if is_written or is_full or not is_file or time.monotonic() > until:
            break
        time.sleep(_STEP)
    check = Check("log.file", MAILLOG, "has the lines that the journal has", fatal=False)
    if is_written:
        yield check.right(f"written at {moment(status.st_mtime)}")
        return
    if is_full:
        advice = f"Make room: `df -h {MAILLOG}`; then `systemctl restart rsyslog`."
        yield check.warning("its file system has no free space: lines are lost", advice)
        return
    is_stopped = _said(door, _WRITER) not in {"", "active"}
    if is_stopped and _is_journal_enough(door):
        return
    seen = f"nothing since {moment(status.st_mtime)}" if is_file else "it is no file"
    state = "rsyslog is stopped" if is_stopped else "rsyslog writes no line of Postfix there"
    advice = (
        "`systemctl enable --now rsyslog`; until then only the journal has the log."
        if is_stopped
        else "See that /etc/rsyslog.conf has `mail.*` with this file, that nothing stands before it, "
        "and that its disk has space; `systemctl restart rsyslog`."
    )
    starts = cure("systemctl enable --now rsyslog") if is_stopped and is_file else NO_CURE
    yield check.warning(f"{seen}: {state}", advice, starts)
