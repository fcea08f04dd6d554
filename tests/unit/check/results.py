"""Results of commands, and the verdicts of findings by their IDs."""

from __future__ import annotations

from collections.abc import Iterable

from wizard.check.commands import NOTHING, CommandResult
from wizard.door import Outcome
from wizard.finding import Finding

ABSENT = CommandResult(NOTHING, "there is no such program")


def told(text: str, code: int = 0, stderr: str = "") -> CommandResult:
    return CommandResult(Outcome(code, text.encode("utf-8", "surrogateescape"), stderr.encode()))


def verdicts(findings: Iterable[Finding]) -> dict[str, str]:
    return {one.id: one.verdict for one in findings}
