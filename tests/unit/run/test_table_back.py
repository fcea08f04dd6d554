"""A table goes back to what it was where it cannot be built again from its text."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from wizard.errors import Trouble
from wizard.plan.files import Past
from wizard.run.actions import back
from wizard.run.changed import TABLE
from wizard.run.path_state import MISSING, Observed, observe
from wizard.run.seals import Seals


@dataclass
class Said:
    """As much of a run's context as a table needs."""

    lines: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        self.lines.append(text)

    def observe(self, path: str) -> Observed:
        return observe(path, Seals())


@pytest.mark.parametrize("replaced", [False, True], ids=["before", "after"])
def test_it_goes_back_wherever_its_building_fails(
    replaced: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the new table has its name, or after, as where the sync of its directory fails."""
    table, said = tmp_path / "sender_access.db", Said()
    table.write_bytes(b"of the run")

    def rebuild(past: Past, *_: object) -> bool:
        if replaced:
            (tmp_path / "new").write_bytes(b"of the undo")
            os.replace(tmp_path / "new", past.path)  # noqa: PTH105 (the path is a string)
        raise Trouble("building it again", "Disk quota exceeded", "Make room.")

    # Tables are known by their paths in /etc.
    monkeypatch.setattr(back, "kind_of", lambda _: TABLE)
    monkeypatch.setattr(back, "rebuild", rebuild)
    context: Any = said
    past, seen = Past(str(table), MISSING, "file:x"), said.observe(str(table))
    assert list(back._put(past, seen, context)) == []
    assert not table.exists()
    assert "Disk quota exceeded" in said.lines[0]
    assert said.lines[1].endswith("removed; there was none")
