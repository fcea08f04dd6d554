from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from wizard.run.loop import Loop
from wizard.run.output import StepOutput, open_output
from wizard.run.paths import Places


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path / "state", tmp_path / "run", tmp_path / "etc" / "answers.toml")


@pytest.fixture
def loop() -> Iterator[Loop]:
    made = Loop()
    yield made
    made.close()


@pytest.fixture
def output(tmp_path: Path) -> Iterator[StepOutput]:
    with open_output(tmp_path / "output") as made:
        yield made
