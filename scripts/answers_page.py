"""Print docs/answers.md: every field of the answers file, from the fields themselves.

    .venv/bin/python scripts/answers_page.py >docs/answers.md

A test compares the page with the fields.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from wizard.manual.answers import page
from wizard.manual.page import markdown

_MADE = "\nMade by `scripts/answers_page.py` from the fields; do not edit it by hand.\n"
_MORE = """
[examples/zeke.toml](../examples/zeke.toml) is a whole file. [Blocklists](blocklists.md) says more about the catalogue.
"""


def text() -> str:
    """Return the whole page."""
    head, _, rest = markdown(page(), "The answers file").partition("\n")
    return f"{head}\n{_MADE}{rest}{_MORE}"


if __name__ == "__main__":
    print(text(), end="")
