from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.run.policy import Policy, policy
from wizard.run.loop import Loop
from wizard.run.output import StepOutput, open_output
from wizard.run.paths import Places


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(
        tmp_path / "state", tmp_path / "run", tmp_path / "etc" / "answers.toml", tmp_path / "log"
    )


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    made = tmp_path / "etc"
    made.mkdir(mode=0o755)
    return made


@pytest.fixture
def loop() -> Iterator[Loop]:
    made = Loop()
    yield made
    made.close()


@pytest.fixture
def output(tmp_path: Path) -> Iterator[StepOutput]:
    with open_output(tmp_path / "output") as made:
        yield made


@pytest.fixture
def on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Policy:
    """Turn SELinux on, as far as a double can."""
    return policy(tmp_path / "policy", monkeypatch)
