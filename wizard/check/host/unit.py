"""The unit as systemd sees it (systemctl(1) show)."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.check.commands import Told, unknown
from wizard.finding import RIGHT, WRONG, Finding

UNIT = "postfix.service"
SHOW = ("systemctl", "show", UNIT, "--property=UnitFileState,ActiveState,SubState")

_LOOKS = (
    (
        "unit.active",
        "postfix.service now",
        "ActiveState",
        "active",
        "Run `systemctl start postfix`; `journalctl -u postfix -n 30` says why it stopped.",
    ),
    (
        "unit.enabled",
        "postfix.service at boot",
        "UnitFileState",
        "enabled",
        "Run `systemctl enable postfix`.",
    ),
)
"""Finding, what is looked at, systemd's property, its right value, what to do."""

_MASKED = "Run `systemctl unmask postfix`, then `systemctl enable --now postfix`."


def judge_unit(told: Told) -> Iterator[Finding]:
    """Active now and enabled for the next boot."""
    state = dict(line.partition("=")[::2] for line in told.text.splitlines())
    for finding_id, looked_at, name, right, remedy in _LOOKS:
        if told.failure:
            yield unknown(finding_id, looked_at, told.failure, right)
            continue
        seen = state.get(name) or "no such unit"
        good = seen == right
        advice = _MASKED if seen.startswith("masked") else remedy
        yield Finding(
            id=finding_id,
            looked_at=looked_at,
            seen=seen,
            expected=right,
            verdict=RIGHT if good else WRONG,
            advice="" if good else advice,
        )
