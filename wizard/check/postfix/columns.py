"""Check the columns of Postfix's own services in master.cf (master(5)).

Programs of Postfix call each other by name, each as its author made it: in `private/` or `public/`,
with or without root's rights, one process or as many as there are. master(8) starts any other entry
as well, and nobody complains before mail has to wait.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from wizard.door import Door
from wizard.finding import WARNING, WRONG, Check, Cure, Finding
from wizard.paths import QUEUE
from wizard.postfix.service_entry import COLUMNS, Service
from wizard.postfix.settings import Settings
from wizard.text import printable

STOCK: Mapping[str, str] = {
    "pickup": "n - n 60 1 pickup",
    "cleanup": "n - n - 0 cleanup",
    "qmgr": "n - n 300 1 qmgr",
    "tlsmgr": "- - n 1000? 1 tlsmgr",
    "rewrite": "- - n - - trivial-rewrite",
    "bounce": "- - n - 0 bounce",
    "defer": "- - n - 0 bounce",
    "trace": "- - n - 0 bounce",
    "proxymap": "- - n - - proxymap",
    "showq": "n - n - - showq",
    "error": "- - n - - error",
    "retry": "- - n - - error",
    "anvil": "- - n - 1 anvil",
    "local": "- n n - - local",
    "virtual": "- n n - - virtual",
    "lmtp": "- - n - - lmtp",
    "smtp": "- - n - - smtp",
    "relay": "- - n - - smtp",
    "discard": "- - n - - discard",
    "verify": "- - n - 1 verify",
    "flush": "n - n 1000? 0 flush",
    "scache": "- - n - 1 scache",
    "tlsproxy": "- - n - 0 tlsproxy",
    "dnsblog": "- - n - 0 dnsblog",
}
"""Postfix's own entries of the services that it calls by name, all of the type unix (master(5))."""

_PRIVATE, _UNPRIVILEGED, _CHROOT, _WAKEUP, _LIMIT = range(2, 7)
_FIELDS = {
    _PRIVATE: "private",
    _UNPRIVILEGED: "unprivileged",
    _CHROOT: "chroot",
    _WAKEUP: "wakeup",
    _LIMIT: "process_limit",
}
"""The names of the columns for `postconf -F`."""
_NEEDS_USERS = frozenset({"local", "proxymap"})
"""Services that look up users of the host, which are outside a chroot."""
_USERS = f"{QUEUE}/etc/passwd"
_TYPES = frozenset({"unix", "fifo"})
_RESTART = ("systemctl", "restart", "postfix")


@dataclass(frozen=True)
class _Fault:
    """A column with another value than Postfix's own, and what that does."""

    column: int
    does: str
    verdict: str = WRONG


def judge_columns(services: Sequence[Service], settings: Settings, door: Door) -> Iterator[Finding]:
    """`master.cf.NAME` for each of Postfix's own services with a column by which it does not work."""
    for one in services:
        stock = STOCK.get(one.name, "").split() if one.type in _TYPES else []
        if not stock or one.command != stock[-1]:
            continue
        own = [one.name, one.type, *stock]
        faults = tuple(_faults(one, own, settings, door))
        if faults:
            yield _finding(one, own, faults)
    yield from _talkative(services)


def _faults(one: Service, own: Sequence[str], settings: Settings, door: Door) -> Iterator[_Fault]:
    now = [word.text for word in one.words]
    # For both columns `-` means y.
    if now[_PRIVATE].replace("-", "y") != own[_PRIVATE].replace("-", "y"):
        where = "public/" if own[_PRIVATE] == "n" else "private/"
        yield _Fault(_PRIVATE, f"the other programs look for it in {where}")
    if own[_UNPRIVILEGED] == "n" != now[_UNPRIVILEGED]:
        yield _Fault(_UNPRIVILEGED, "it cannot act as the users whose mail it stores")
    # What `-` means depends on the version whose defaults are in force (master(5)).
    is_inside = now[_CHROOT] == "y" or (now[_CHROOT] == "-" and not settings.is_at_level("1"))
    if is_inside and one.name in _NEEDS_USERS and not door.is_there(_USERS):
        yield _Fault(_CHROOT, "it finds no user there")
    # Such a program ends at once if another limit is set, or waits for itself.
    if own[_LIMIT].isdecimal() and now[_LIMIT] != own[_LIMIT]:
        yield _Fault(_LIMIT, f"it needs the limit {own[_LIMIT]}")
    if own[_WAKEUP] != "-" and now[_WAKEUP].rstrip("?") in {"-", "0"}:
        yield _Fault(_WAKEUP, "nobody wakes it, so that mail may wait", WARNING)


def _finding(one: Service, own: Sequence[str], faults: Sequence[_Fault]) -> Finding:
    check = Check(f"master.cf.{one.name}", f"master.cf: {one.name}", "as master(5) needs it")
    worst = next((fault for fault in faults if fault.verdict == WRONG), faults[0])
    said = [
        f"{_FIELDS[fault.column]}={one.words[fault.column].text}: {fault.does}" for fault in faults
    ]
    commands: list[tuple[str, ...]] = [
        ("postconf", "-F", f"{one.key}/{_FIELDS[fault.column]}={own[fault.column]}")
        for fault in faults
    ]
    return check.finding(
        worst.verdict,
        printable("; ".join(said)),
        printable(f"`{' '.join(commands[0])}`, and `systemctl restart postfix`."),
        Cure((*commands, _RESTART)),
    )


def _talkative(services: Sequence[Service]) -> Iterator[Finding]:
    """`master.cf.verbose`: a service that logs each step (`-v`), as for a search that has ended."""
    loud = [one for one in services if any(_is_verbose(word) for word in one.arguments)]
    if not loud:
        return
    check = Check("master.cf.verbose", "master.cf: -v", "no service", fatal=False)
    commands = [
        (
            "postconf",
            "-F",
            f"{one.key}/command="
            + " ".join(w.text for w in one.words[COLUMNS - 1 :] if not _is_verbose(w.argument)),
        )
        for one in loud
    ]
    yield check.warning(
        printable(f"{', '.join(one.name for one in loud)}: all of its talk is in the log"),
        "Take -v out of these entries, so that the log stays readable; reload.",
        Cure((*commands, _RESTART)),
    )


def _is_verbose(word: str) -> bool:
    return word.startswith("-v") and not word.strip("-v")
