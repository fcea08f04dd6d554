"""docs/answers.md is what the fields say."""

from __future__ import annotations

from pathlib import Path

import answers_page

PAGE = Path(__file__).parents[3] / "docs/answers.md"


def test_the_page_is_the_fields() -> None:
    assert PAGE.read_text(encoding="utf-8") == answers_page.text(), (
        "write it anew: .venv/bin/python scripts/answers_page.py >docs/answers.md"
    )
