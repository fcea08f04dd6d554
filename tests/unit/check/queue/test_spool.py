"""The space for the queue, and mail on hold."""

from __future__ import annotations

from pathlib import Path

from wizard.check.queue import spool
from wizard.door import Door
from wizard.finding import RIGHT, WARNING, WRONG
from wizard.postfix.settings import Settings


def test_the_queue(tmp_path: Path) -> None:
    (tmp_path / "hold").mkdir()
    space, hold = spool.judge_queue(Door(), Settings({}), str(tmp_path))
    assert (space.verdict, hold.verdict) == (RIGHT, RIGHT)
    (tmp_path / "hold/4ABC").touch()
    huge = Settings({"message_size_limit": str(10**18)})
    space, hold = spool.judge_queue(Door(), huge, str(tmp_path))
    assert (space.verdict, hold.verdict) == (WRONG, WARNING)
    assert hold.seen == "1 on hold"
    assert list(spool.judge_queue(Door(), huge, str(tmp_path / "none"))) == []
