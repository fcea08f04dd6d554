"""How a run that ended early is continued: the words for its message."""

from __future__ import annotations

RESUMES = "`postfix-wizard resume` continues the run."
"""The last line of a run that was stopped."""
RESUMES_REPAIRED = f"Repair that; then {RESUMES}"
"""The same of one that failed. The screens name their key instead (`screens/outcome.py`)."""
ANEW = "Repair the cause; then `postfix-wizard apply` begins anew."
"""The same of one that failed and put back all that it had changed."""
