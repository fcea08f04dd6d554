"""What a way of breaking a server is, and the shell words that many of them share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional


def restart(unit: str) -> str:
    """Restart a unit however often it was restarted in the last seconds."""
    return f"systemctl reset-failed {unit} 2>/dev/null || :; systemctl restart {unit}"


RESTART = restart("postfix")
RELOAD = "systemctl reload postfix; sleep 0.5"
NOTHING = ":"

NAMED = "named by check"
"""The property of a test's report that says whether the way was named."""

CURED_PROPERTY = "cured by check"
"""The same of whether the cures of what was wrong made it right."""

MAIN = "/etc/postfix/main.cf"
MASTER = "/etc/postfix/master.cf"


@dataclass(frozen=True)
class Way:
    """One thing done to a right server (`script`, bash), and what `check` must then say.

    `wrong` and `warning` have, by the finding's id, a word that its advice must hold. `settle`
    makes it take effect, `mend` takes back what putting the files of /etc back does not.

    A row that was written before its check knows no id. It has `cause`, words (regular expressions)
    that one and the same finding, wrong or a warning, must have in what it looked at, saw or
    advises; and `stops`: whether mail stops, is lost or the server is open, so that `check` exits 1.
    `finding` is the ID of the one that must have the words, "" for any.
    """

    script: str
    wrong: dict[str, str] = field(default_factory=dict)
    warning: dict[str, str] = field(default_factory=dict)
    settle: str = RESTART
    mend: str = NOTHING
    cause: tuple[str, ...] = ()
    stops: Optional[bool] = None
    finding: str = ""


def line(text: str) -> str:
    """Append a line to main.cf, as a hurried administrator does."""
    return f"printf '%s\\n' '{text}' >>{MAIN}"


def swap(old: str, new: str, path: str = MAIN) -> str:
    """Replace a text that must be there (sed's own pattern)."""
    return f"grep -qe '{old}' {path}; sed -i 's|{old}|{new}|' {path}"
