"""The result of editing one file: its next text, with a reason for each change."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """The reason of a hunk: `first_line`..`last_line` are 1-based lines of the new text."""

    first_line: int
    last_line: int
    why: str


@dataclass(frozen=True)
class Proposal:
    """The next bytes of one file.

    `reasons` cover all differences from the edited file, in order. `expected` are the parameters
    (name, value as `postconf -n` prints it) to verify afterwards. `changed` names the parameters or
    service entries that differ from the live file. `warnings` are for the operator and stop
    nothing; `refusals` say why the plan must not run. `loopback` names service entries
    (`name/type`) that only this host can reach.
    """

    text: bytes
    reasons: tuple[Reason, ...] = ()
    expected: tuple[tuple[str, str], ...] = ()
    changed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    loopback: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
