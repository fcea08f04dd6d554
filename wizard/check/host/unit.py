"""Check Postfix's unit in systemd (systemctl(1) show)."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.check.commands import CommandResult
from wizard.finding import Check, Finding

UNIT = "postfix.service"
SHOW = ("systemctl", "show", UNIT, "--property=UnitFileState,ActiveState,SubState")

_LOOKS = (
    (
        Check("unit.active", "postfix.service now", "active"),
        "ActiveState",
        "Run `systemctl start postfix`; `journalctl -u postfix -n 30` says why it stopped.",
    ),
    (
        Check("unit.enabled", "postfix.service at boot", "enabled"),
        "UnitFileState",
        "Run `systemctl enable postfix`.",
    ),
)
"""The check, systemd's property, and the advice if it has another value."""

_MASKED = "Run `systemctl unmask postfix`, then `systemctl enable --now postfix`."


def judge_unit(result: CommandResult) -> Iterator[Finding]:
    """`unit.active` and `unit.enabled`: it runs now, and starts at the next boot."""
    state = dict(line.partition("=")[::2] for line in result.text.splitlines())
    for check, name, remedy in _LOOKS:
        seen = state.get(name) or "no such unit"
        if result.failure:
            yield check.unknown(result.failure)
        elif seen == check.expected:
            yield check.right(seen)
        else:
            yield check.wrong(seen, _MASKED if seen.startswith("masked") else remedy)
