"""Find what runs an ACME client by itself: systemd's timers of any name, cron and anacron.

A job counts by the command that it runs, or by the script that it runs (systemd.timer(5),
crontab(5), run-parts(8)). Scripts are read only where root alone decides what they say: a crontab of
another user is mentioned, and no file that it names is opened.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass

from wizard.door import Door
from wizard.errors import Trouble
from wizard.text import clean, printable

_SHOW = ("systemctl", "show", "-p")
SHOW = (
    *_SHOW,
    "Id,LoadState,ActiveState,SubState,UnitFileState,Triggers,TimersCalendar",
    "certbot-renew.timer",
    "certbot.timer",
    "snap.certbot.renew.timer",
    "*.timer",
)
"""The pattern matches what systemd has loaded: all timers that run."""

CERTBOT = "certbot"
CLIENTS = re.compile(
    r"(?<![\w.-])(certbot|acme\.sh|lego|dehydrated|getssl|uacme|acme-tiny|acme_tiny|acmetool"
    r"|simp_le|letsencrypt|certbot-auto|traefik|step)(?![\w-])"
)
_CRONTABS = ("/etc/crontab",)
_CRON_DIRECTORIES = ("/etc/cron.d", "/var/spool/cron", "/var/spool/cron/crontabs")
_RUN_PARTS = ("/etc/cron.hourly", "/etc/cron.daily", "/etc/cron.weekly", "/etc/cron.monthly")
_DAEMONS = ("crond.service", "cron.service", "cronie.service", "fcron.service", "anacron.service")
_NO_JOB = re.compile(r"(~|,v|\.rpmsave|\.rpmnew|\.rpmorig|\.dpkg-\w+|\.swp|\.bak)$")
"""cronie and run-parts pass over files with these ends (crond(8))."""
_NOT_WITH_SYSTEMD = re.compile(r"! *-d */run/systemd/system")
"""Debian's own cron job, which leaves it to the timer."""
_TIMES = re.compile(r"(@\w+|(?:\S+\s+){4}\S+)\s+(.*)")
_RARE = re.compile(r"OnCalendar=((?:\*|\d{4})-(?:\d\d|\*-\d\d?\b(?![/,.])|\d\d-\d\d)\S* [^;]*?) *;")
"""A day of the month or of the year, in the form in which systemd shows it (systemd.time(7))."""
_MAX_SCRIPT_BYTES = 65536
_ROOT = "root"
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_SCRIPT = re.compile(r"(?<![\w.=-])(/[\w.+/-]+)")


@dataclass(frozen=True)
class Job:
    """Something that runs an ACME client by itself: where it is named, and its command line.

    `is_running` is False if no daemon was seen that would run it. `fault` is why it does not run for
    long, or well, and `advice` what to do. `script` is the text of the script that it runs, "" for none.
    `user` is who it runs as if that is not root, so that it is only mentioned.
    """

    where: str
    client: str
    command: str
    script: str = ""
    is_running: bool = True
    fault: str = ""
    advice: str = ""
    user: str = ""

    @property
    def text(self) -> str:
        """Everything that it runs, as far as it can be read."""
        return f"{self.command}\n{self.script}"


def show_services(shown: str) -> tuple[str, ...]:
    """Return the argv that shows what the timers of SHOW's output start, and cron's daemons.

    systemd does not keep a service loaded that only a timer names, so that no pattern finds it.
    """
    named = [one for timer in _units(shown).values() for one in timer.get("Triggers", "").split()]
    services = [one for one in dict.fromkeys(named) if not one.startswith("-")]
    return (*_SHOW, "Id,ActiveState,ExecStart,ExecStartPost", *_DAEMONS, *services)


def jobs(door: Door, shown: str) -> tuple[Job, ...]:
    """Return the jobs that run an ACME client. Never raises.

    `shown` is the output of SHOW and of `show_services`, with an empty line between.
    """
    units = _units(shown)
    has_cron = any(units.get(name, {}).get("ActiveState") == "active" for name in _DAEMONS)
    return (*_timers(door, units), *_cron(door, has_cron=has_cron))


def timer_advice(shown: str) -> str:
    """Return what to do with certbot's usual timer, "" if there is none."""
    units = _units(shown)
    wanted = [name for name in SHOW if name.endswith(".timer") and "*" not in name]
    for name in wanted:
        state = units.get(name, {})
        if state.get("LoadState") == "masked":
            return f"{name} is masked: `systemctl unmask {name}`, `systemctl enable --now {name}`."
        if state.get("LoadState") == "loaded":
            service = name.replace(".timer", ".service")
            if not _starts(state):
                return f"`systemctl enable --now {name}`"
            ended = "failed, and " if units.get(service, {}).get("ActiveState") == "failed" else ""
            return f"{name} runs: {service} {ended}starts what `systemctl cat {service}` shows."
    return ""


def _units(shown: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for block in shown.split("\n\n"):
        rows: dict[str, str] = {}
        for line in block.splitlines():
            name, equals, value = line.partition("=")
            if equals:
                # ExecStart occurs once for each command of a unit.
                rows[name] = f"{rows[name]}\n{value}" if name in rows else value
        if rows.get("Id"):
            found[rows["Id"]] = rows
    return found


def _timers(door: Door, units: dict[str, dict[str, str]]) -> Iterator[Job]:
    for name, timer in units.items():
        if not name.endswith(".timer") or not _starts(timer):
            continue
        for service in timer.get("Triggers", "").split():
            rows = units.get(service, {})
            run = "\n".join(rows.get(key, "") for key in ("ExecStart", "ExecStartPost"))
            command = "\n".join(re.findall(r"argv\[\]=(.*?) ;", run))
            fault = _timer_fault(door, name, timer, command, rows)
            yield from _job(door, name, command, is_running=True, fault=fault)


def _starts(timer: dict[str, str]) -> bool:
    """True if a timer runs, or will at the next boot."""
    if timer.get("ActiveState") == "active":
        return timer.get("SubState") != "elapsed"
    return timer.get("UnitFileState") == "enabled"


def _timer_fault(
    door: Door, name: str, timer: dict[str, str], command: str, service: dict[str, str]
) -> tuple[str, str]:
    """Return why a timer does not renew for long, or well, and what to do; two empty texts if it does."""
    enable = f"`systemctl enable --now {name}`"
    if timer.get("ActiveState") != "active":
        return f"{name} is enabled, and does not run", enable
    if timer.get("UnitFileState") == "disabled":
        return f"{name} runs, and is not enabled for the next boot", enable
    rare = _RARE.search(timer.get("TimersCalendar", ""))
    if rare:
        return f"{name} has OnCalendar={rare[1]}", f"Let {name} run at least once a week."
    program = command.split(" ", 1)[0]
    if program.startswith("/") and not is_executable(door, program):
        return f"{program} is not there, or cannot be executed", f"Correct {service.get('Id')}."
    if service.get("ActiveState") == "failed":
        why = f"`journalctl -u {service.get('Id')} -n 50` and /var/log/letsencrypt say why."
        return f"the last run of {service.get('Id')} failed", why
    return "", ""


def _cron(door: Door, *, has_cron: bool) -> Iterator[Job]:
    paths = list(_CRONTABS)
    for directory in _CRON_DIRECTORIES:
        paths += [f"{directory}/{name}" for name in _names(door, directory)]
    for path in paths:
        mentioned: set[tuple[str, str]] = set()
        for user, command in _lines(door, path):
            for job in _job(door, path, command, is_running=has_cron, user=user):
                # Others may write as many lines as they like.
                if not user or (user, job.client) not in mentioned:
                    mentioned.add((user, job.client))
                    yield job
    for directory in _RUN_PARTS:
        for name in _names(door, directory):
            path = f"{directory}/{name}"
            if is_executable(door, path):
                yield from _job(door, path, path, is_running=has_cron)


def _lines(door: Door, path: str) -> Iterator[tuple[str, str]]:
    """Yield who runs a line of a crontab, "" for root, and its command.

    cron ignores a file of /etc that is not root's. A crontab below /var/spool has its user's name.
    """
    is_systems = path.startswith("/etc/")
    owner = path.rpartition("/")[2]
    if (is_systems or owner == _ROOT) and not _is_roots(door, path):
        return
    for line in _text(door, path).splitlines():
        command = _command(line)
        if is_systems:
            owner, command = (*command.split(None, 1), "", "")[:2]
        if command and not _NOT_WITH_SYSTEMD.search(command):
            yield ("" if owner == _ROOT else printable(owner)), command


def _command(line: str) -> str:
    """Return what comes after the times of a line, "" for a comment, a setting and @reboot."""
    text = line.strip()
    found = _TIMES.match(text)
    if text.startswith("#") or found is None or found[1] == "@reboot" or re.match(r"\w+ *=", text):
        return ""
    return found[2]


def _job(
    door: Door,
    where: str,
    command: str,
    *,
    is_running: bool,
    fault: tuple[str, str] = ("", ""),
    user: str = "",
) -> Iterator[Job]:
    is_named = user or CLIENTS.search(_programs(command))
    named = () if is_named else dict.fromkeys(_SCRIPT.findall(command))
    scripts = [path for path in named if _is_roots(door, path)]
    script = "\n".join(_text(door, path) for path in scripts)
    lines = [line for line in script.splitlines() if not line.lstrip().startswith("#")]
    script = "\n".join(lines)
    client = CLIENTS.search(_programs(command)) or CLIENTS.search(_programs(script))
    if client:
        yield Job(where, client[1], clean(command.encode(), 120), script, is_running, *fault, user)


def _programs(text: str) -> str:
    """Return a command line without the paths of data, in which a client's name proves nothing."""
    return re.sub(r"/(?:etc|var|srv)/\S*", " ", text)


def _names(door: Door, directory: str) -> tuple[str, ...]:
    listed = door.readable_names(directory)
    return tuple(name for name in listed if not name.startswith(".") and not _NO_JOB.search(name))


def _text(door: Door, path: str) -> str:
    """Return a small file's text, "" for a program, a large file or none."""
    try:
        status = door.stat(path)
        if status is None or status.st_size > _MAX_SCRIPT_BYTES:
            return ""
        data = door.read_bytes(path) or b""
    except (Trouble, OSError):
        return ""
    return "" if data.startswith(b"\x7fELF") else data.decode("utf-8", "replace")


def _is_roots(door: Door, path: str) -> bool:
    """True if root alone decides what a path leads to: the file and its directories are root's.

    Who owns the root directory counts as root.
    """
    parts = path.split("/")
    names = ["/".join(parts[:number]) for number in range(2, len(parts) + 1)]
    try:
        root = door.stat("/")
        found = [status for name in names for status in (door.lstat(name), door.stat(name))]
    except (Trouble, OSError):
        return False
    return root is not None and all(
        status is not None and status.st_uid == root.st_uid and not _is_open(status.st_mode)
        for status in found
    )


def _is_open(mode: int) -> bool:
    """True if others may replace it; in a sticky directory each one only what is theirs."""
    is_sticky = stat.S_ISDIR(mode) and mode & stat.S_ISVTX
    return bool(mode & _OTHERS_WRITE) and not is_sticky and not stat.S_ISLNK(mode)


def is_executable(door: Door, path: str) -> bool:
    """True for a file that root may run: one x bit is enough (access(2))."""
    try:
        status = door.stat(path)
    except (Trouble, OSError):
        return False
    return status is not None and bool(status.st_mode & 0o111) and not os.path.isdir(path)  # noqa: PTH112
