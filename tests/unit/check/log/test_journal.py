"""journald's settings: a journal that stores nothing, or drops lines; and ordinary ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from wizard.check.log.journal import judge_journal
from wizard.door import Door
from wizard.finding import WARNING

MAIN, OWN = "etc/systemd/journald.conf", "etc/systemd/journald.conf.d/own.conf"


@pytest.mark.parametrize(
    ("files", "word"),
    [
        ({OWN: "[Journal]\nStorage=none\nForwardToSyslog=yes\n"}, "Storage=none"),
        ({MAIN: "[Journal]\n  Storage = none\n"}, MAIN),
        ({MAIN: "Storage=persistent\n", OWN: "Storage=none\n"}, OWN),
        ({OWN: "RateLimitIntervalSec=1h\nRateLimitBurst=5\n"}, "RateLimitBurst=5"),
        ({MAIN: "RateLimitBurst=100\n"}, "RateLimitBurst=100"),
        ({MAIN: "[Journal]\n#Storage=none\n#RateLimitBurst=5\n"}, ""),
        ({MAIN: "Storage=none\n", OWN: "Storage=auto\n"}, ""),
        ({OWN: "Storage=volatile\nRateLimitBurst=10000\n"}, ""),
        ({OWN: "RateLimitBurst=0\n"}, ""),
        ({OWN: "RateLimitBurst=5\nRateLimitIntervalSec=0\n"}, ""),
        ({"etc/systemd/journald.conf.d/own.conf~": "Storage=none\n"}, ""),
        ({}, ""),
    ],
)
def test_the_journal(tmp_path: Path, files: dict[str, str], word: str) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = list(judge_journal(Door(tmp_path)))
    assert [one.verdict for one in found] == ([WARNING] if word else [])
    assert all(word in one.seen for one in found)
