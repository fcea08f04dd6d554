"""Check what the next start and the next boot do with postfix.service, and what it runs with now.

An active unit says nothing of it: a drop-in, a target or a timer of another may keep it from the next
start (systemd.unit(5), systemd.service(5)).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Callable

from wizard.check.commands import CommandResult, start_command
from wizard.check.host.unit_settings import DROP_IN
from wizard.check.network.ports import PORTS
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import NO_CURE, Check, Cure, Edit, Finding, cure
from wizard.text import printable

SHOW = (
    "systemctl",
    "show",
    "postfix.service",
    "--property=UnitFileState,MainPID,ExecStartPre,ExecStart,ExecStartPost",
)
CAT = ("systemctl", "cat", "postfix.service")
WANTED = ("systemctl", "list-dependencies", "--plain", "default.target")
SOCKETS = ("systemctl", "list-sockets", "--all", "--no-legend", "--full")

SECONDS = 1.0
"""For one condition."""
MOST_CONDITIONS = 8

POSTFIX = "/etc/postfix"
_UNIT = "postfix.service"
_RUNS = re.compile(
    r"^(Exec\w+)=\{ path=(/\S+) ; argv\[\]=(.*?) ; ignore_errors=(yes|no) ;", re.MULTILINE
)
_CONDITION = re.compile(r"^((?:Condition|Assert)\w+=[^\n]*?)\s*$", re.MULTILINE)
_EXECUTABLE = 0o111
_STOPS = re.compile(
    r"argv\[\]=[^;]*?((?:systemctl [^;]*?(?:stop|kill|disable|mask)[^;]*? postfix(?:\.service)?"
    r"|postfix stop))(?= |;)"
)

_START = Check("unit.start", "postfix.service: its next start", "nothing against it", fatal=False)
_BOOT = Check("unit.boot", "postfix.service: the next boot", "starts it", fatal=False)
_TIMERS = Check("unit.timers", "timers", "none stops Postfix", fatal=False)
_CONFIGURATION = Check("unit.configuration", "the configuration that runs", POSTFIX, fatal=False)


def begin_next_start(door: Door) -> Callable[[], Iterator[Finding]]:
    """Start the commands; call the result to wait for `unit.configuration`, `.start` and `.boot`."""
    shown, text, wanted, listed = (start_command(door, one) for one in (SHOW, CAT, WANTED, SOCKETS))

    def finish() -> Iterator[Finding]:
        state = shown()
        if state.failure:
            yield _START.unknown(printable(state.failure))
            return
        yield from _running(door, state.text)
        yield _start(door, state.text, text().text)
        if "UnitFileState=enabled" in state.text.splitlines():
            yield judge_boot(wanted(), listed())

    return finish


def _running(door: Door, shown: str) -> Iterator[Finding]:
    """Compare the configuration directory of master(8) with that of postconf(1)."""
    found = re.search(r"^MainPID=([1-9]\d*)$", shown, re.MULTILINE)
    try:
        data = door.read_bytes(f"/proc/{found[1]}/environ") if found else None
    except Trouble:
        return
    own = [one for one in (data or b"").split(b"\0") if one.startswith(b"MAIL_CONFIG=")]
    if not own:
        return
    path = own[0].partition(b"=")[2].decode("utf-8", "surrogateescape")
    if path.rstrip("/") == POSTFIX:
        yield _CONFIGURATION.right(POSTFIX)
        return
    yield _CONFIGURATION.wrong(
        printable(f"{path} (MAIL_CONFIG)"),
        "`systemctl cat postfix` shows who says so: its ExecStart, Environment or a file of "
        "EnvironmentFile. Take MAIL_CONFIG out there; `systemctl restart postfix`.",
        _drop_in("MAIL_CONFIG", "[Service]\nUnsetEnvironment=MAIL_CONFIG\n", restarts=True),
    )


def _start(door: Door, shown: str, text: str) -> Finding:
    """Judge the programs and the conditions of the unit; a drop-in takes back what cannot be met."""
    runs = _RUNS.findall(shown)
    for kind, program, _, may_fail in runs:
        if may_fail == "no" and not _can_run(door, program):
            others = [one for one in runs if one[0] == kind and one[1] != program]
            lines = [
                f"{kind}={'-' if fails == 'yes' else ''}{argv}" for _, _, argv, fails in others
            ]
            drop_in = "\n".join(["[Service]", f"{kind}=", *lines, ""])
            return _START.warning(
                printable(f"{program} cannot be run: the next start fails"),
                printable(
                    f"Take {program} out of {kind} (`systemctl cat postfix`), or install it."
                ),
                _drop_in(kind, drop_in) if _is_plain(kind, lines) else NO_CURE,
            )
    unmet = next((one for one in _conditions(text)[:MOST_CONDITIONS] if _fails(door, one)), "")
    if unmet:
        name = unmet.partition("=")[0]
        return _START.warning(
            printable(f"{unmet} is not met: the next start does nothing"),
            "`systemctl cat postfix` shows where it is set: take it out, or see that it is met.",
            _drop_in(name, f"[Unit]\n{name}=\n"),
        )
    return _START.right("its programs are there, its conditions are met")


def _is_plain(kind: str, lines: Sequence[str]) -> bool:
    """True if these lines can be written again: systemctl(1) shows them without their quotes."""
    return kind != "ExecStart" and all(re.fullmatch(r"[\w/.:@=,+ -]+", one) for one in lines)


def _drop_in(name: str, text: str, *, restarts: bool = False) -> Cure:
    """Return a drop-in that is read after those of others (systemd.unit(5))."""
    edits = (Edit(DROP_IN.format(name), "", text),)
    again = ("systemctl restart postfix",) if restarts else ()
    return cure("systemctl daemon-reload", *again, edits=edits)


def _conditions(text: str) -> list[str]:
    """Return the conditions that are in force: an empty one takes back all before it (systemd.unit(5))."""
    found: list[str] = []
    for one in _CONDITION.findall(text):
        kind = one[:9] if one.startswith("Condition") else "Assert"
        if one.endswith("="):
            found = [other for other in found if not other.startswith(kind)]
        else:
            found.append(one)
    return found


def _can_run(door: Door, path: str) -> bool:
    try:
        status = door.stat(path)
    except Trouble:
        return True
    return status is not None and bool(status.st_mode & _EXECUTABLE)


def _fails(door: Door, condition: str) -> bool:
    """Ask systemd whether a condition is met now. One of several that are joined by | is passed over."""
    if "=|" in condition:
        return False
    try:
        done = door.run(("systemd-analyze", "condition", condition), timeout=SECONDS)
    except Trouble:
        return False
    return done is not None and done.code == 1 and b"failed" in done.stdout + done.stderr


def judge_boot(wanted: CommandResult, listed: CommandResult) -> Finding:
    """`unit.boot`: default.target leads to it, and no socket of another unit has its ports."""
    if wanted.failure:
        return _BOOT.unknown(printable(wanted.failure))
    if _UNIT not in wanted.text.split():
        return _BOOT.warning(
            "it is enabled, and default.target does not lead to it",
            "`systemctl get-default` must be multi-user.target or graphical.target; then "
            "`systemctl reenable postfix`.",
            cure("systemctl set-default multi-user.target", "systemctl reenable postfix"),
        )
    taken = next(_taken(listed.text.splitlines()), None)
    if taken is not None:
        where, unit = taken
        return _BOOT.warning(
            printable(f"{unit} takes {where} before Postfix starts"),
            printable(
                f"`systemctl disable --now {unit}`, unless it is what shall serve that port."
            ),
            cure(f"systemctl disable --now {unit}") if re.fullmatch(r"[\w@.-]+", unit) else cure(),
        )
    return _BOOT.right("default.target leads to it")


def _taken(rows: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the addresses with our ports and the units of the sockets on them."""
    for row in rows:
        where, unit = (*row.split(), "", "")[:2]
        port = where.rpartition(":")[2] if not where.startswith("/") else ""
        if port.isdecimal() and int(port) in PORTS and unit.endswith(".socket"):
            yield where, unit


def judge_timers(services: CommandResult) -> Finding:
    """`unit.timers`: no service of a timer stops Postfix. `services` is what systemctl(1) show prints."""
    if services.failure or "Id=" not in services.text:
        return _TIMERS.unknown(printable(services.failure or "systemctl shows no unit"))
    for block in services.text.split("\n\n"):
        found = _STOPS.search(block)
        name = re.search(r"^Id=(\S+)$", block, re.MULTILINE)
        if found and name:
            return _TIMERS.warning(
                printable(f"the timer of {name[1]} runs `{found[1]}`"),
                printable(
                    f"`systemctl list-timers` shows when: take it out of {name[1]}, unless it "
                    "starts Postfix again."
                ),
                cure(f"systemctl disable --now {name[1].removesuffix('.service')}.timer"),
            )
    return _TIMERS.right("none stops it")
