"""The units beside Postfix, and whether Postfix has read the files that are there now."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from wizard.check.commands import Told
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import RIGHT, WARNING, Finding
from wizard.host import mta_facts
from wizard.host.mta import read_alternative
from wizard.paths import MAIN_CF, MASTER_CF

RIVALS = tuple(unit for unit in mta_facts.UNITS if unit != "sm-client.service")
"""Other mail servers: the first to start takes port 25. Sendmail's client follows Sendmail."""

HELPERS = (
    ("unit.dovecot", "dovecot.service", "nobody could log in or get mail"),
    ("firewall.boot", "firewalld.service", "nothing would be filtered"),
)
"""Units that run and must come back at boot, and what would be without them."""

SHOW = (
    "systemctl",
    "show",
    "--property=Id,UnitFileState,ActiveState,TriggeredBy",
    *(unit for _, unit, _ in HELPERS),
    *RIVALS,
)

FILES = (MAIN_CF, MASTER_CF)

_READ = re.compile(
    r"^(\d+\.\d+) .* (?:postfix/master\[\d+\]: (?:daemon started|reload) -- version"
    r"|postfix/postfix-script\[\d+\]: (?:starting|refreshing) the Postfix)",
    re.MULTILINE,
)
_DISABLED = frozenset({"disabled", "masked", "masked-runtime"})
_SLACK = 1.0
"""Seconds: a file may be renamed into place while it is read."""


def states(text: str) -> dict[str, Mapping[str, str]]:
    """Read what `systemctl show` printed of several units: their properties by Id."""
    blocks = (
        dict(line.partition("=")[::2] for line in block.splitlines())
        for block in text.split("\n\n")
    )
    return {block["Id"]: block for block in blocks if "Id" in block}


def judge_units(told: Told) -> Iterator[Finding]:
    """`unit.rivals`, `unit.dovecot`, `firewall.boot`; nothing of a unit that does not run."""
    if told.failure:
        return
    found = states(told.text)
    rivals = [
        unit
        for unit in RIVALS
        for state in [found.get(unit, {})]
        if state.get("UnitFileState") == "enabled" or state.get("ActiveState") == "active"
    ]
    yield Finding(
        "unit.rivals",
        "other mail servers",
        ", ".join(rivals) or "none starts at boot",
        "none starts at boot",
        WARNING if rivals else RIGHT,
        f"Run `systemctl disable --now {' '.join(rivals)}`: the first to start takes port 25."
        if rivals
        else "",
        fatal=False,
    )
    for finding_id, unit, loss in HELPERS:
        state = found.get(unit, {})
        if state.get("ActiveState") != "active":
            continue
        at_boot = state.get("UnitFileState", "")
        off = at_boot in _DISABLED and not state.get("TriggeredBy")
        yield Finding(
            finding_id,
            f"{unit} at boot",
            f"{at_boot}: {loss} after a boot" if off else at_boot or "not told",
            "enabled",
            WARNING if off else RIGHT,
            f"Run `systemctl enable {unit}`." if off else "",
            fatal=False,
        )


def judge_alternative(door: Door) -> Iterator[Finding]:
    """`sendmail.alternative`: whose sendmail(1) is; nothing where alternatives has no such group."""
    found = read_alternative(door)
    if not found.current:
        return
    yield Finding(
        "sendmail.alternative",
        "sendmail(1), as cron calls it",
        found.current,
        found.of_postfix,
        WARNING if found.is_other else RIGHT,
        f"Run `alternatives --set mta {found.of_postfix}`: mail of this host's own programs does "
        "not reach Postfix."
        if found.is_other
        else "",
        fatal=False,
    )


def judge_loaded(log: str, door: Door) -> Iterator[Finding]:
    """`unit.loaded`: whether main.cf and master.cf are older than Postfix's last start or reload.

    `log` is the journal with times in seconds; nothing is said where it does not tell.
    """
    read = [float(found) for found in _READ.findall(log)]
    if not read:
        return
    try:
        times = {path: status.st_mtime for path in FILES for status in [door.stat(path)] if status}
    except Trouble:
        return
    newer = [path for path, time in times.items() if time > max(read) + _SLACK]
    yield Finding(
        "unit.loaded",
        "files that Postfix has read",
        f"{', '.join(newer)} changed since the last start or reload"
        if newer
        else "no change since the last start or reload",
        "no change since the last start or reload",
        WARNING if newer else RIGHT,
        "Run `systemctl reload postfix`, or take the change back." if newer else "",
        fatal=False,
    )
