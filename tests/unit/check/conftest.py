from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.check.scripted import NAME, Pair, make_pair
from wizard.answers.model import Answers
from wizard.answers.sections.certificate import Certificate
from wizard.answers.sections.hostname import Hostname
from wizard.answers.sections.networks import Networks


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return make_pair(tmp_path_factory.mktemp("right"), NAME)


@pytest.fixture(scope="session")
def other_pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return make_pair(tmp_path_factory.mktemp("other"), "www.example.org")


@pytest.fixture
def answers() -> Answers:
    return Answers(
        Hostname(NAME, "zeke.ne.jp"),
        networks=Networks(("192.168.1.0/24", "127.0.0.0/8")),
        certificate=Certificate(name="zeke.ne.jp"),
    )


@pytest.fixture
def open_path() -> Iterator[Path]:
    """A directory that everybody may pass through, which pytest's own are not."""
    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        path = Path(place)
        path.chmod(0o755)
        yield path
