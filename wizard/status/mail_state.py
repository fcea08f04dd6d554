"""Observe whether port 25 answers, and with which configuration: the first line after a failed run.

"Port 25 answers" is said only if Postfix greeted there with 220 (RFC 5321, section 3.1), and "DOWN"
only if systemd says that it does not run, or if nothing answered. No mail is tried.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Callable, Optional

from wizard.check.host.units import judge_loaded
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import RIGHT
from wizard.host.log_commands import JOURNAL
from wizard.host.units import POSTFIX, RUNNING_STATES, STOPPED_STATES, properties
from wizard.paths import PARTED
from wizard.plan.model import FileChange, Plan
from wizard.run.actions.greeting import SMTP, Listener, greeting, is_ready, listeners
from wizard.secrets import masked_file
from wizard.text import printable

GREETS, DOWN, UNKNOWN = "greets", "down", "unknown"
PATIENCE = 5.0
"""Seconds to wait for a greeting. postscreen(8) may wait before it greets."""
_SHOW = ("systemctl", "show", "-p", "ActiveState,MainPID,InactiveEnterTimestampMonotonic", POSTFIX)
OLD, NEW, OTHER = "OLD", "NEW", "changed since"


@dataclass(frozen=True)
class MailState:
    """The state of port 25: `state` is GREETS, DOWN or UNKNOWN; `text` says it, `seen` what was observed."""

    state: str
    text: str
    seen: str = ""


@dataclass(frozen=True)
class Service:
    """What systemd says of Postfix: `since` is when it stopped, in seconds since 1970, None if unknown."""

    active: str
    pid: int = 0
    since: Optional[float] = None


def observe_mail(door: Door, plan: Plan) -> MailState:
    """Return the state of port 25 after a run of this plan. Takes at most PATIENCE. Never raises."""
    try:
        outcome = door.run(_SHOW)
    except Trouble as trouble:
        return not_known(str(trouble))
    text = outcome.text if outcome else ""
    service = read_service(text, time.time() - time.monotonic())
    if service is None:
        return not_known("systemd says nothing of Postfix.")
    return mail_state(
        service, _greet(service.pid), tuple(_versions(door, plan)), is_read=_is_read(door)
    )


def read_service(text: str, boot: float) -> Optional[Service]:
    """Parse what `systemctl show` printed. `boot` is the time of the monotonic clock's zero."""
    rows = next(iter(properties(text)), {})
    active = rows.get("ActiveState", "")
    if not active:
        return None
    since = rows.get("InactiveEnterTimestampMonotonic", "0")
    pid = rows.get("MainPID", "0")
    return Service(
        active,
        int(pid) if pid.isdigit() else 0,
        boot + int(since) / 1e6 if since.isdigit() and int(since) else None,
    )


def mail_state(
    service: Service,
    greeted: str,
    versions: tuple[tuple[str, str], ...],
    *,
    is_read: Optional[bool] = None,
) -> MailState:
    """Return the state. `greeted` is what port 25 said, or why it said nothing.

    `versions` has each file of Postfix that the run was to change, with OLD, NEW or OTHER. `is_read`
    is True if Postfix was started or reloaded after the last change of its files, None if not known.
    """
    if service.active in STOPPED_STATES:
        seen = f"Seen: systemd says that Postfix is {service.active}."
        if is_ready(greeted):
            text = "Port 25 is answered, but not by Postfix's own service."
            return MailState(UNKNOWN, text, f'{seen} Port 25 answered "{greeted}".')
        return MailState(DOWN, _down(service.since), seen)
    if service.active not in RUNNING_STATES:
        return not_known(f"systemd says that Postfix is {service.active}.")
    if not is_ready(greeted):
        return MailState(
            DOWN, "Port 25 is DOWN: Postfix runs, and does not answer.", f"Seen: {greeted}"
        )
    seen = f'Seen: port 25 of this host answered "{greeted}".'
    return MailState(GREETS, f"Port 25 answers{_configuration(versions, is_read=is_read)}.", seen)


_DAY = 86400.0


def _down(since: Optional[float]) -> str:
    if since is None:
        return "Port 25 is DOWN: Postfix did not run since this host was started."
    format_ = "%H:%M" if time.time() - since < _DAY else "%Y-%m-%d %H:%M"
    return f"Port 25 is DOWN since {time.strftime(format_, time.localtime(since))}."


_FORCE: dict[tuple[str, Optional[bool]], str] = {
    (OLD, True): " with the OLD configuration",
    (OLD, None): "; the OLD configuration is on the disk",
    (NEW, True): " with the NEW configuration",
    (NEW, None): "; the NEW configuration is on the disk",
    (NEW, False): (
        " with the OLD configuration: the NEW one is on the disk, and is in force from the next reload on"
    ),
}
_BEFORE = ", and Postfix runs with the files as they were before"


def _configuration(versions: tuple[tuple[str, str], ...], *, is_read: Optional[bool]) -> str:
    """Return the end of the sentence: which configuration is on disk, and which is in force."""
    which = {version for _, version in versions}
    if not which:
        return ""
    found = _FORCE.get((versions[0][1], is_read)) if len(which) == 1 else None
    if found:
        return found
    files = " and ".join(f"{path.rpartition('/')[2]} is {version}" for path, version in versions)
    return f"; on the disk {files}" + (_BEFORE if is_read is False else "")


def _is_read(door: Door) -> Optional[bool]:
    """Return True if Postfix has read main.cf and master.cf as they are, None if the log is silent."""
    try:
        outcome = door.run(JOURNAL, timeout=PATIENCE)
    except Trouble:
        return None
    found = next(judge_loaded(outcome.text if outcome else "", door), None)
    return None if found is None else found.verdict == RIGHT


def not_known(why: str) -> MailState:
    """Return that it is not known whether port 25 answers, and why."""
    return MailState(UNKNOWN, "It is not known whether port 25 answers.", why)


def _greet(pid: int, listening: Callable[[int], tuple[Listener, ...]] = listeners) -> str:
    """Return the first line of port 25, or why there is none."""
    found = [one for one in listening(pid) if one.port == SMTP] if pid else []
    if pid and not found:
        return "Postfix does not listen on port 25."
    try:
        line, _ = greeting(found[0] if found else Listener("127.0.0.1", SMTP), PATIENCE)
    except OSError as error:
        return f"port 25: {error.strerror or error}."
    return printable(line.strip())


def _versions(door: Door, plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield main.cf and master.cf, if the run was to change them, with their version on disk."""
    for change in plan.files:
        if change.path in PARTED and change.live != change.proposed:
            yield change.path, _version(door, change)


def _version(door: Door, change: FileChange) -> str:
    try:
        data = door.read_bytes(change.path)
    except Trouble:
        return OTHER
    there = None if data is None else masked_file(change.path, data)
    # A plan has the texts with their keys masked.
    return {change.live: OLD, change.proposed: NEW}.get(there, OTHER)
