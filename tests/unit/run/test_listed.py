"""What is shown of a command that failed."""

from __future__ import annotations

import pytest

from wizard.run.commands import Completed
from wizard.run.context import listed

ARGV = ("postfix", "check")
WARNINGS = [f"postfix: warning: {number}" for number in range(8)]


@pytest.mark.parametrize("grave", ["fatal", "panic", "error", "Error"])
@pytest.mark.parametrize("at", [0, 4, 8])
def test_the_grave_line_comes_first_wherever_it_is(grave: str, at: int) -> None:
    cause = f"postfix: {grave}: bad numerical configuration"
    lines = [*WARNINGS[:at], cause, *WARNINGS[at:]]
    done = Completed(ARGV, 1, b"", "\n".join(lines).encode())
    shown = listed(ARGV, done)
    assert shown.partition(cause)[0].count("warning") == 0
    assert shown.count("warning: ") == 4
    assert shown.endswith(WARNINGS[-1])


def test_without_one_the_last_lines_are_shown() -> None:
    done = Completed(ARGV, 1, b"", "\n".join(WARNINGS).encode())
    assert listed(ARGV, done).endswith("; ".join(WARNINGS[-5:]))
