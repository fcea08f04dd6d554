"""What an edit of one file comes to: its next text, and why each part of it is there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """Why a hunk is there: `first_line`..`last_line` are 1-based lines of the new text."""

    first_line: int
    last_line: int
    why: str


@dataclass(frozen=True)
class Proposal:
    """The next bytes of one file.

    `reasons` cover what differs from the file that was edited, in order. `expected` are the
    parameters (name, value as `postconf -n` prints it) that must read so afterwards.
    `changed` names the parameters or service entries that differ from the live file.
    `warnings` are for the operator and stop nothing; `refusals` say why the plan must not be run. `loopback` names service entries
    (`name/type`) that only this host can reach.
    """

    text: bytes
    reasons: tuple[Reason, ...] = ()
    expected: tuple[tuple[str, str], ...] = ()
    changed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    loopback: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
