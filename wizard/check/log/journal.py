"""Check journald's settings: whether it stores lines, and drops what is much (journald.conf(5))."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wizard.door import Door
from wizard.finding import Check, Finding
from wizard.text import printable

PLACES = ("/usr/lib/systemd/journald.conf", "/etc/systemd/journald.conf")
"""The files that count one after the other; those of their `.d` directories count after all of them."""

LEAST = 200
"""Lines in one interval: a message takes Postfix about five of them."""

_STORAGE, _BURST = "Storage", "RateLimitBurst"
_SETTING = re.compile(
    r"^[ \t]*(Storage|RateLimitBurst|RateLimitIntervalSec)[ \t]*=[ \t]*(\S*)", re.MULTILINE
)
_CHECK = Check("log.journal", "the journal", "stores what Postfix says", fatal=False)


def judge_journal(door: Door) -> Iterator[Finding]:
    """`log.journal`; nothing if journald's settings store its lines."""
    settings: dict[str, tuple[str, str]] = {}
    drop_ins = [
        f"{directory}.d/{name}"
        for directory in PLACES
        for name in door.readable_names(f"{directory}.d")
        if name.endswith(".conf")
    ]
    for path in (*PLACES, *sorted(drop_ins, key=lambda one: one.rpartition("/")[2])):
        settings.update(
            {name: (value, path) for name, value in _SETTING.findall(door.readable_text(path))}
        )
    storage, where = settings.get(_STORAGE, ("", ""))
    if storage == "none":
        yield _CHECK.warning(
            printable(
                f"{_STORAGE}=none in {where}: no line is stored there, and rsyslog reads none from it"
            ),
            printable(
                f"Take it out of {where}, then `systemctl restart systemd-journald rsyslog`."
            ),
        )
        return
    burst, where = settings.get(_BURST, ("", ""))
    interval = settings.get("RateLimitIntervalSec", ("", ""))[0]
    if burst.isdecimal() and 0 < int(burst) < LEAST and interval not in {"0", "0s"}:
        yield _CHECK.warning(
            printable(f"{_BURST}={burst} in {where}: lines of Postfix are dropped on a busy day"),
            printable(f"Take it out of {where}, then `systemctl restart systemd-journald`."),
        )
