"""The operator's comments in the saved answers outlive a run."""

from __future__ import annotations

from pathlib import Path
from typing import Optional, cast

import pytest

from wizard.answers.model import Answers
from wizard.answers.toml import format_answers, parse_answers, read_answers
from wizard.plan.model import Plan
from wizard.run.paths import Places, make_run
from wizard.run.records import Record, StepIntended
from wizard.run.save import save_answers
from wizard.run.seals import Seals

EXAMPLE = Path(__file__).parents[3] / "examples/zeke.toml"


@pytest.fixture
def places(tmp_path: Path) -> Places:
    (tmp_path / "etc").mkdir(mode=0o700)
    return Places(tmp_path / "state", tmp_path / "run", tmp_path / "etc/answers.toml")


def saved_to(
    places: Places,
    text: str,
    journal: Optional[list[Record]] = None,
    *,
    sections: tuple[str, ...] = (),
) -> str:
    records: list[Record] = [] if journal is None else journal
    plan = Plan(text, sections, (), ())
    return save_answers(places, make_run(places, 0.0), plan, records.append, Seals())


def test_comments_stay_and_values_change(places: Places) -> None:
    places.answers.write_bytes(EXAMPLE.read_bytes())
    text = format_answers(read_answers(EXAMPLE)).replace("cafe.zeke.ne.jp", "teahouse.zeke.ne.jp")
    assert saved_to(places, text) == ""
    saved = places.answers.read_text()
    assert "# default: myhostname less its first label" in saved
    assert parse_answers(saved) == parse_answers(text)
    before = places.answers.stat().st_mtime_ns
    assert saved_to(places, text) == ""
    assert places.answers.stat().st_mtime_ns == before


def test_a_run_of_one_section_saves_no_other(places: Places) -> None:
    """Its plan has the host's values of all others, which may be a fault that nobody chose."""
    places.answers.write_bytes(EXAMPLE.read_bytes())
    before = read_answers(EXAMPLE)
    today = format_answers(before).replace('myhostname = "mail.', 'myhostname = "broken.')
    today = today.replace("cafe.zeke.ne.jp", "teahouse.zeke.ne.jp")
    planned = parse_answers(today)
    assert isinstance(planned, Answers)
    assert saved_to(places, today, sections=("domains",)) == ""
    saved = parse_answers(places.answers.read_text())
    assert isinstance(saved, Answers)
    assert (saved.hostname, saved.domains) == (before.hostname, planned.domains)
    assert planned.hostname != before.hostname


@pytest.mark.parametrize("previous", [b"\xff", b"nonsense = [", b"[hostname]\nmyhostname = 3\n"])
def test_what_is_no_answers_file_is_replaced(places: Places, previous: bytes) -> None:
    places.answers.write_bytes(previous)
    text = format_answers(read_answers(EXAMPLE))
    assert saved_to(places, text) == ""
    assert places.answers.read_text() == text


def test_what_takes_it_back_is_journalled_first(places: Places) -> None:
    places.answers.write_bytes(b"before\n")
    journal: list[Record] = []
    saved_to(places, format_answers(read_answers(EXAMPLE)), journal)
    (intended,) = journal
    assert isinstance(intended, StepIntended)
    (entry,) = cast("list[dict[str, str]]", intended.undo["files"])
    copy = next(places.runs.iterdir()) / "replaced" / entry["copy"]
    assert copy.read_bytes() == b"before\n"
