"""A share by turns: each commit the same, all turns together everything, and said at the end."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import turns

ROOT = Path(__file__).parents[2]
TABLE = """
import pytest
from tests.turns import share

@pytest.mark.by_turns(3)
@pytest.mark.parametrize("name", range(10))
def test_rows(name): pass

@pytest.mark.by_turns(3)
def test_alone(): pass

def test_other(): assert share("things", "abcdef", 2) != []
"""


def session(directory: Path, turn: str, *words: str) -> str:
    (directory / "test_one.py").write_text(TABLE)
    argv = [sys.executable, "-m", "pytest", "-v", "-p", "tests.turns", "-c", "/dev/null"]
    done = subprocess.run(
        [*argv, "-p", "no:cacheprovider", "--rootdir", directory, *words, directory],
        cwd=ROOT,
        env={**os.environ, "POSTFIX_WIZARD_TURN": turn, "PYTHONPATH": f"{ROOT}:{ROOT}/scripts"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout


def rows(said: str) -> set[int]:
    return {int(row) for row in re.findall(r"test_rows\[(\d+)\] PASSED", said)}


def test_three_turns_take_everything_and_none_twice(tmp_path: Path) -> None:
    taken = [rows(session(tmp_path, str(turn))) for turn in range(5, 8)]
    assert sorted(row for one in taken for row in one) == list(range(10))


def test_a_test_of_one_case_is_always_taken(tmp_path: Path) -> None:
    assert all("test_alone PASSED" in session(tmp_path, str(turn)) for turn in range(3))


@pytest.mark.parametrize("words", [(), ("-n", "2")], ids=["alone", "side by side"])
def test_it_is_printed_how_many_of_how_many(tmp_path: Path, words: tuple[str, ...]) -> None:
    said = session(tmp_path, "1", *words)
    assert re.search(r"    [34] of    10 cases of .*test_one.py::test_rows", said), said
    assert "    3 of     6 things" in said


def test_without_a_turn_all_is_taken_and_nothing_printed(tmp_path: Path) -> None:
    said = session(tmp_path, "")
    assert rows(said) == set(range(10))
    assert "by turns" not in said


@pytest.fixture
def fresh() -> Iterator[None]:
    """No turn is remembered, before and after."""
    for one in (turns.turn, turns.shard):
        one.cache_clear()
    yield
    for one in (turns.turn, turns.shard):
        one.cache_clear()


@pytest.mark.usefixtures("fresh")
def test_one_commit_has_one_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTFIX_WIZARD_TURN", "commit")
    first = turns.turn()
    turns.turn.cache_clear()
    assert turns.turn() == first
    assert isinstance(first, int)


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("of", [1, 2, 5, 7, 100])
def test_the_shares_of_all_faults_are_a_whole(monkeypatch: pytest.MonkeyPatch, of: int) -> None:
    taken: list[int] = []
    for number in range(1, of + 1):
        turns.shard.cache_clear()
        monkeypatch.setenv("POSTFIX_WIZARD_ALL_FAULTS", f"{number}/{of}")
        taken += (point for _, point in turns.fault_share(range(50), 4))
        assert turns.fault_words().startswith(f"share {number} of {of},")
    assert sorted(taken) == list(range(50))


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("turn", ["0", "1", "7", "99999999999"])
def test_each_share_alternates(monkeypatch: pytest.MonkeyPatch, turn: str) -> None:
    monkeypatch.delenv("POSTFIX_WIZARD_ALL_FAULTS", raising=False)
    monkeypatch.setenv("POSTFIX_WIZARD_TURN", turn)
    share = turns.fault_share(range(100), 4)
    assert len(share) == 25
    numbers = [number % 4 for number, _ in share]
    assert set(numbers) == {0, 1, 2, 3}, "so each share has each error"
    assert {one % 2 for one in numbers} == {0, 1}, "and both ways on"


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("said", ["0/8", "9/8", "1", "1/0", "a/b", "1/8/2", "-1/8", "1/8 ", "01/8"])
def test_what_is_no_share_is_refused(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("POSTFIX_WIZARD_ALL_FAULTS", said)
    with pytest.raises(ValueError, match="write K/N"):
        turns.shard()


@pytest.mark.parametrize("words", [(), ("8",), ("0/8",), ("9/8",), ("x/y",), ("1/8;id",)])
def test_the_script_refuses_what_is_no_share(words: tuple[str, ...]) -> None:
    argv = [str(ROOT / "scripts/test"), "--all-faults", *words]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 64
    assert "needs a share, K/N, such as 1/8" in done.stderr
