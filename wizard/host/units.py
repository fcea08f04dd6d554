"""Read systemd's state of the units that the wizard needs, in one call of systemctl(1) show."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from wizard.door import Door, Later
from wizard.host import mta_facts
from wizard.host.facts import Unit

POSTFIX = "postfix.service"
FIREWALLD = "firewalld.service"
DOVECOT = "dovecot.service"
UNITS = (POSTFIX, FIREWALLD)

WANTS = "/etc/systemd/system/multi-user.target.wants"
"""Directory of the links of `systemctl enable` for units with WantedBy=multi-user.target."""

_DIRECTORIES = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/lib/systemd/system",
    "/run/systemd/generator.late",
)
"""Directories of unit files in the order of precedence (systemd.unit(5)), SysV scripts' last."""

UNKNOWN = "unknown"

RUNNING_STATES = frozenset({"active", "reloading", "activating"})
"""Outputs of `systemctl is-active` for a unit that runs or is starting."""
STOPPED_STATES = frozenset({"inactive", "failed"})
"""Its outputs for a unit that does not run, also after a failed start or stop."""
SYSTEMD = "/run/systemd/system"
"""This directory exists exactly where systemd is the init system (sd_booted(3))."""


@dataclass(frozen=True)
class Units:
    """Each unit's state; `loaded` are those that systemd has a unit file for.

    `answered` is False if systemd could not be reached.
    """

    states: Mapping[str, Unit]
    loaded: frozenset[str]
    answered: bool = True


def has_systemd(door: Door) -> bool:
    """Return True if systemd is the init system, and in another root, where it is not known."""
    return not door.is_live or door.lstat(SYSTEMD) is not None


def is_masked(door: Door, unit: str) -> bool:
    """Return True if a service is masked, so that nothing can start or reload it.

    Its unit file is then empty or /dev/null. The first of several unit files is used
    (systemd.unit(5)).
    """
    for directory in _DIRECTORIES:
        path = f"{directory}/{unit}.service"
        status = door.lstat(path)
        if status is not None:
            target = door.read_link(path)
            null = target is not None and os.path.normpath(f"{directory}/{target}") == os.devnull
            return null or target == os.devnull or (target is None and status.st_size == 0)
    return False


def begin_units(door: Door, more: Sequence[str] = ()) -> Later[Units]:
    """Query systemd of UNITS, other mail servers and `more`; in another root read the links only."""
    # systemd searches all its directories for a missing unit, so units without a file are skipped.
    units = (*UNITS, *more, *(name for name in mta_facts.UNITS if _has_file(door, name)))
    running = door.start(
        ("systemctl", "show", "-p", "Id,LoadState,ActiveState,UnitFileState", *units)
    )

    def finish() -> Units:
        if running is None:
            return _from_links(door, more)
        outcome = running.outcome()
        # systemctl prints a block for each unit, also for a missing one.
        if outcome.code and not outcome.text.strip():
            return replace(_from_links(door, more), answered=False)
        return parse_units(outcome.text, units)

    return finish


def _has_file(door: Door, unit: str) -> bool:
    return any(door.lstat(f"{directory}/{unit}") is not None for directory in _DIRECTORIES)


def properties(text: str) -> list[dict[str, str]]:
    """Parse the output of `systemctl show`: NAME=VALUE lines, an empty line between units."""
    blocks = text.split("\n\n")
    return [dict(line.partition("=")[::2] for line in block.splitlines()) for block in blocks]


def parse_units(text: str, units: Sequence[str] = UNITS) -> Units:
    """Return the states that `systemctl show` printed of these units, in this order."""
    states: dict[str, Unit] = {}
    loaded: set[str] = set()
    for name, rows in zip(units, properties(text)):
        # A missing unit will be disabled when it is installed: EL's presets do not enable Postfix.
        states[name] = Unit(
            rows.get("UnitFileState") or "disabled", rows.get("ActiveState") or "inactive"
        )
        if rows.get("LoadState") in {"loaded", "masked"}:
            loaded.add(name)
    return Units({name: states.get(name, Unit()) for name in units}, frozenset(loaded))


def _from_links(door: Door, more: Sequence[str]) -> Units:
    def enabled(name: str) -> str:
        return "disabled" if door.lstat(f"{WANTS}/{name}") is None else "enabled"

    units = (*UNITS, *more, *mta_facts.UNITS)
    return Units({name: Unit(enabled(name), UNKNOWN) for name in units}, frozenset())
