"""How far a run came that ended early, and how it is continued: the words for its message."""

from __future__ import annotations

from wizard.text import counted

RESUMES = "`postfix-wizard resume` continues the run."
"""The last line of a run that was stopped."""
RESUMES_REPAIRED = f"Repair that; then {RESUMES}"
"""The same of one that failed. The screens name their key instead (`screens/outcome.py`)."""
ANEW = "Repair the cause; then `postfix-wizard apply` begins anew."
"""The same of one that failed and put back all that it had changed."""


def remaining(count: int) -> str:
    """Return how many steps remain after the one in which a run ended."""
    if not count:
        return "It was the last step."
    return f"{counted(count, 'step')} {'is' if count == 1 else 'are'} left."
