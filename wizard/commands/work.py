"""What a command did: the plans that it showed, the runs that it began, and its last words."""

from __future__ import annotations

from dataclasses import dataclass, field

from wizard.plan.model import Plan


@dataclass
class Work:
    """What a command did so far, in order; `wizard.commands.result` makes the result of it.

    - `plans`: the plans that the command showed. Only the last one counts if another was made anew.
    - `runs`: the IDs of the runs that it began or resumed.
    - `words`: why it began none, or ended without one.
    """

    plans: list[Plan] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
