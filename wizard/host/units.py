"""systemd's view of the units that matter here: systemctl(1) show, one call for all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wizard.door import Door
from wizard.host.facts import Unit
from wizard.host.later import Later

POSTFIX = "postfix.service"
FIREWALLD = "firewalld.service"
NAMED = ("named.service", "named-chroot.service")
"""BIND under either of EL's units."""
DOVECOT = "dovecot.service"
UNITS = (POSTFIX, FIREWALLD, *NAMED, DOVECOT)

WANTS = "/etc/systemd/system/multi-user.target.wants"
"""Where `systemctl enable` puts its link for a unit that is WantedBy=multi-user.target."""

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Units:
    """Each unit's state; `loaded` are those that systemd has a unit file for."""

    states: Mapping[str, Unit]
    loaded: frozenset[str]


def begin_units(door: Door) -> Later[Units]:
    """Ask systemd; in another root only the links of `systemctl enable` are looked at."""
    running = door.start(
        ("systemctl", "show", "-p", "Id,LoadState,ActiveState,UnitFileState", *UNITS)
    )

    def finish() -> Units:
        return _from_links(door) if running is None else told_units(running.outcome().text)

    return finish


def told_units(text: str) -> Units:
    """Read what `systemctl show` printed: NAME=VALUE lines, an empty line between units."""
    states: dict[str, Unit] = {}
    loaded: set[str] = set()
    for name, block in zip(UNITS, text.split("\n\n")):
        rows = dict(line.partition("=")[::2] for line in block.splitlines())
        # A unit that is not there yet will be laid disabled: EL's presets leave Postfix off.
        states[name] = Unit(
            rows.get("UnitFileState") or "disabled", rows.get("ActiveState") or "inactive"
        )
        if rows.get("LoadState") in {"loaded", "masked"}:
            loaded.add(name)
    return Units({name: states.get(name, Unit()) for name in UNITS}, frozenset(loaded))


def _from_links(door: Door) -> Units:
    def enabled(name: str) -> str:
        return "disabled" if door.lstat(f"{WANTS}/{name}") is None else "enabled"

    return Units({name: Unit(enabled(name), UNKNOWN) for name in UNITS}, frozenset())
