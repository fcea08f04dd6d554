"""The operator's comments in the saved answers outlive a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from wizard.answers.toml import format_answers, parse_answers, read_answers
from wizard.run.paths import Places
from wizard.run.save import save_answers

EXAMPLE = Path(__file__).parents[3] / "examples/zeke.toml"


@pytest.fixture
def places(tmp_path: Path) -> Places:
    (tmp_path / "etc").mkdir(mode=0o700)
    return Places(tmp_path / "state", tmp_path / "run", tmp_path / "etc/answers.toml")


def test_comments_stay_and_values_change(places: Places) -> None:
    places.answers.write_bytes(EXAMPLE.read_bytes())
    text = format_answers(read_answers(EXAMPLE)).replace("cafe.zeke.ne.jp", "teahouse.zeke.ne.jp")
    assert save_answers(places, text) == ""
    saved = places.answers.read_text()
    assert "# default: myhostname less its first label" in saved
    assert parse_answers(saved) == parse_answers(text)
    before = places.answers.stat().st_mtime_ns
    assert save_answers(places, text) == ""
    assert places.answers.stat().st_mtime_ns == before


@pytest.mark.parametrize("previous", [b"\xff", b"nonsense = [", b"[hostname]\nmyhostname = 3\n"])
def test_what_is_no_answers_file_is_replaced(places: Places, previous: bytes) -> None:
    places.answers.write_bytes(previous)
    text = format_answers(read_answers(EXAMPLE))
    assert save_answers(places, text) == ""
    assert places.answers.read_text() == text
