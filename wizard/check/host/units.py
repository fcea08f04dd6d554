"""Check Postfix's unit and those around it in systemd (systemctl(1) show), and that Postfix has read its current files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from wizard.check.commands import CommandResult
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import RIGHT, WARNING, WRONG, Check, Cure, Finding, cure
from wizard.host import mta_facts
from wizard.host.mta import read_alternative
from wizard.host.units import POSTFIX, properties
from wizard.paths import PARTED

SHOW_POSTFIX = ("systemctl", "show", POSTFIX, "--property=UnitFileState,ActiveState,SubState")

_LOOKS = (
    (
        Check("unit.active", "postfix.service now", "active"),
        "ActiveState",
        "Run `systemctl start postfix`; `journalctl -u postfix -n 30` says why it stopped.",
        cure("systemctl start postfix"),
    ),
    (
        Check("unit.enabled", "postfix.service at boot", "enabled"),
        "UnitFileState",
        "Run `systemctl enable postfix`.",
        cure("systemctl enable postfix"),
    ),
)
"""The check, systemd's property, the advice and the cure if it has another value."""

_MASKED = "Run `systemctl unmask postfix`, then `systemctl enable --now postfix`."
_UNMASKING = cure("systemctl unmask postfix", "systemctl enable --now postfix")

RIVALS = tuple(unit for unit in mta_facts.UNITS if unit != "sm-client.service")
"""Other mail servers: the first to start takes port 25. Sendmail's client follows Sendmail."""

HELPERS = (
    ("unit.dovecot", "dovecot.service", "nobody could log in or get mail"),
    ("firewall.boot", "firewalld.service", "nothing would be filtered"),
    ("log.boot", "rsyslog.service", "nobody would write /var/log/maillog"),
    *(
        (f"unit.{name}", f"{name}.service", "nobody would answer for its names and zones")
        for name in ("named", "named-chroot", "unbound", "dnsmasq", "systemd-resolved")
    ),
)
"""Units that run and must start at boot, and what would fail without them."""

SHOW = (
    "systemctl",
    "show",
    "--property=Id,UnitFileState,ActiveState,TriggeredBy,WantedBy,RequiredBy",
    *(unit for _, unit, _ in HELPERS),
    *RIVALS,
)

_READ = re.compile(
    r"^(\d+\.\d+) .* (?:postfix/master\[\d+\]: (?:daemon started|reload) -- version"
    r"|postfix/postfix-script\[\d+\]: (?:starting|refreshing) the Postfix)",
    re.MULTILINE,
)
_STOPPED = frozenset({"inactive", "failed"})
_DISABLED = frozenset({"disabled", "masked", "masked-runtime"})
_MAILERS = re.compile(r"mail|smtp|exim|courier|\bdma\b")
"""How programs are named that take mail in place of Postfix's sendmail(1)."""
_STARTERS = ("TriggeredBy", "WantedBy", "RequiredBy")
"""Properties with the units that start another one, which then need not be enabled."""


def judge_unit(result: CommandResult) -> Iterator[Finding]:
    """`unit.active` and `unit.enabled`: it runs now, and starts at the next boot."""
    state = properties(result.text)[0]
    for check, name, remedy, cured_by in _LOOKS:
        seen = state.get(name) or "no such unit"
        if result.failure:
            yield check.unknown(result.failure)
        elif seen == check.expected:
            yield check.right(seen)
        else:
            is_masked = seen.startswith("masked")
            yield check.wrong(
                seen, _MASKED if is_masked else remedy, _UNMASKING if is_masked else cured_by
            )


_RELOADS = re.compile(
    r"`(?:systemctl (?:reload|restart) postfix|postfix reload)`|(?<=[;,] )reload(?=[.,;])"
    r"|(?<=(?:then|else) )reload Postfix"
)
_START = "`systemctl start postfix`"


def with_start(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the findings; after `unit.active` has seen a stopped Postfix, the advice starts it.

    What is stopped cannot be reloaded (systemctl(1)).
    """
    is_stopped = False
    for one in findings:
        is_stopped = is_stopped or (one.id == "unit.active" and one.seen in _STOPPED)
        advice = _RELOADS.sub(_START, one.advice) if is_stopped else one.advice
        yield one if advice == one.advice else replace(one, advice=advice)


def judge_units(result: CommandResult) -> Iterator[Finding]:
    """`unit.rivals`, `unit.dovecot`, `firewall.boot`; nothing for a unit that does not run."""
    if result.failure:
        return
    found = {one["Id"]: one for one in properties(result.text) if "Id" in one}
    rivals = [
        unit
        for unit in RIVALS
        for state in [found.get(unit, {})]
        if state.get("UnitFileState") == "enabled" or state.get("ActiveState") == "active"
    ]
    check = Check("unit.rivals", "other mail servers", "none starts at boot", fatal=False)
    advice = f"Run `systemctl disable --now {' '.join(rivals)}`: the first to start takes port 25."
    yield (
        check.warning(
            ", ".join(rivals), advice, cure(f"systemctl disable --now {' '.join(rivals)}")
        )
        if rivals
        else check.right("none starts at boot")
    )
    for finding_id, unit, loss in HELPERS:
        state = found.get(unit, {})
        if state.get("ActiveState") != "active":
            continue
        check = Check(finding_id, f"{unit} at boot", "enabled", fatal=False)
        at_boot = state.get("UnitFileState", "")
        # What is masked is started by nothing.
        triggers = "" if at_boot.startswith("masked") else _starters(state)
        if at_boot in _DISABLED and not triggers:
            seen = f"{at_boot}: {loss} after a boot"
            argv = f"systemctl enable {unit}"
            unmask = (f"systemctl unmask {unit}",) if at_boot.startswith("masked") else ()
            said = ", then ".join(f"`{one}`" for one in (*unmask, argv))
            yield check.warning(seen, f"Run {said}.", cure(*unmask, argv))
        else:
            yield check.right(_starts(at_boot, triggers))


def _starters(state: Mapping[str, str]) -> str:
    """Return the units that start another one.

    A target is none: of a unit that was disabled by hand, systemd still has it until the next reload.
    """
    named = (one for name in _STARTERS for one in state.get(name, "").split())
    return " ".join(one for one in named if not one.endswith(".target"))


def _starts(at_boot: str, triggers: str) -> str:
    """Return the state at boot, with what starts a unit that is not enabled itself."""
    if not at_boot or at_boot.startswith("enabled"):
        return at_boot or "not known"
    return f"{at_boot}, and started by {triggers or 'other units'}"


def judge_alternative(door: Door) -> Iterator[Finding]:
    """`sendmail.alternative`: which sendmail(1) is in use; nothing if alternatives has no such group."""
    found = read_alternative(door)
    if not found.current:
        return
    known = {path for path, _ in found.choices}
    is_mailer = found.current in known or _MAILERS.search(found.current.rpartition("/")[2])
    other = WARNING if is_mailer else WRONG
    yield Check(
        "sendmail.alternative", "sendmail(1), as cron calls it", found.of_postfix, fatal=False
    ).finding(
        other if found.is_other else RIGHT,
        found.current,
        f"Run `alternatives --set mta {found.of_postfix}`: mail of this host's own programs does "
        "not reach Postfix.",
        Cure((("alternatives", "--set", "mta", found.of_postfix),)),
    )


def judge_loaded(log: str, door: Door) -> Iterator[Finding]:
    """`unit.loaded`: main.cf and master.cf must be older than Postfix's last start or reload.

    `log` is the journal with times in seconds. There is no finding if it has no start or reload.
    """
    read = [float(found) for found in _READ.findall(log)]
    if not read:
        return
    try:
        times = {path: status.st_mtime for path in PARTED for status in [door.stat(path)] if status}
    except Trouble:
        return
    newer = [path for path, time in times.items() if time > max(read)]
    unchanged = "no change since the last start or reload"
    check = Check("unit.loaded", "files that Postfix has read", unchanged, fatal=False)
    seen = f"{', '.join(newer)} changed since the last start or reload"
    advice = "Run `systemctl reload postfix`, or take the change back."
    yield check.warning(seen, advice) if newer else check.right(unchanged)
