from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.accord import disagreements
from tests.unit.check.scripted import NAME, Pair, make_pair
from wizard.answers.model import Answers
from wizard.answers.sections.certificate import Certificate
from wizard.answers.sections.hostname import Hostname
from wizard.answers.sections.networks import Networks
from wizard.check.cures.advise import advised
from wizard.check.cures.known import Known
from wizard.finding import Check, Finding
from wizard.postfix.settings import Settings


@pytest.fixture(autouse=True)
def advice_and_cure_agree(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever finding a test of a check makes, its advice and its cure say the same.

    The cure is that of a server where each parameter that the finding names was set by hand.
    """
    made: list[Finding] = []
    finding = Check.finding

    def noted(self: Check, *given: Any, **named: Any) -> Finding:
        made.append(finding(self, *given, **named))
        return made[-1]

    monkeypatch.setattr(Check, "finding", noted)
    yield
    for one in dict.fromkeys(made):
        own = dict.fromkeys(_NAMES.findall(f"{one.looked_at} {one.seen} {one.advice}"), "by hand")
        settings = Settings(own)
        (whole,) = advised((one,), Known(settings))
        assert disagreements(whole, settings) == [], whole


_NAMES = re.compile(r"\b[a-z]+(?:_[a-zA-Z0-9]+)+\b")


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
