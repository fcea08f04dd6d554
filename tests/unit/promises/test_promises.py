"""From tests with a marker to the page, and what a run that left some out makes of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from promises.evidence import Evidence, Held, read, write
from promises.page import NO_TEST, Promise, merged, promises, rows, told, written

ROOT = Path(__file__).parents[3]
TABLE = (Promise("First", 1, "It holds."), Promise("First", 2, "Both."), Promise("Next", 3, "No."))
PAGE_OF_BOTH = """\
## First

### Promise 1

It holds.

- `tests/lab/a.py::test_a`: 2 cases; 1,240 kill points
- `tests/unit/b.py::test_b`: 1 case

### Promise 2

Both.

- `tests/unit/b.py::test_b`: 1 case

## Next

### Promise 3

No.

No test holds this yet.
"""
LAB = Evidence(
    ("tests/lab",),
    (Held("tests/lab/a.py::test_a", (1,), passed=2, counts={"kill points": 1240}),),
)
UNIT = Evidence(("tests/unit",), (Held("tests/unit/b.py::test_b", (1, 2), passed=1),))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("tests/lab/a.py", "tests/unit/b.py"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    return tmp_path


def test_a_run_of_all_writes_all(root: Path) -> None:
    page = written(TABLE, merged("", (LAB, UNIT), root))
    assert page.partition("## First")[2] == PAGE_OF_BOTH.partition("## First")[2]
    assert written(TABLE, merged(page, (UNIT, LAB), root)) == page, "a rerun makes no difference"


def test_a_run_of_one_part_keeps_the_others_rows(root: Path) -> None:
    page = written(TABLE, merged("", (LAB, UNIT), root))
    fewer = Evidence(("tests/unit/",), (Held("tests/unit/b.py::test_b", (2,), passed=3),))
    kept = merged(page, (fewer,), root)
    assert [row.text for row in kept] == [
        "- `tests/lab/a.py::test_a`: 2 cases; 1,240 kill points",
        "- `tests/unit/b.py::test_b`: 3 cases",
    ]
    (root / "tests/lab/a.py").unlink()
    assert [row.test for row in merged(page, (fewer,), root)] == ["tests/unit/b.py::test_b"]


def test_a_promise_without_a_test_says_so() -> None:
    page = written(TABLE, ())
    assert page.count(NO_TEST) == 3
    assert list(rows(page)) == []


def test_what_was_skipped_or_failed_is_told() -> None:
    skipped = Held("x", (1,), skipped=1, why="needs root")
    assert told(skipped) == "1 case skipped: needs root"
    assert told(Held("x", (1,), passed=1, failed=1)) == "2 cases; 1 FAILED"


def test_what_a_session_saw_comes_back(tmp_path: Path) -> None:
    for one in (LAB, UNIT):
        write(one, tmp_path / "deep/one.json")
        assert read(tmp_path / "deep/one.json") == one


def test_the_promises_have_numbers_that_only_grow() -> None:
    numbers = [one.number for one in promises()]
    assert numbers[:28] == list(range(1, 29))
    assert numbers == sorted(set(numbers))
    assert all(one.text and "\n" not in one.text for one in promises())


CASES = """\
import pytest
from hypothesis import given, settings, strategies as st

@pytest.mark.promise(2, 1)
@pytest.mark.parametrize("n", [1, 2, 3])
def test_counts(n, record_property):
    record_property("count:kill points", n)

@pytest.mark.promise(3)
@given(st.integers())
@settings(max_examples=7)
def test_inputs(n):
    pass

@pytest.mark.promise(4)
@pytest.mark.skipif(True, reason="no lab here")
def test_skipped():
    pass

@pytest.mark.promise(5)
def test_fails():
    assert False

def test_of_no_promise():
    pass
"""


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_session_with_and_without_workers(workers: str, tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n    promise(*numbers): some\n")
    (tmp_path / "conftest.py").write_text((ROOT / "tests/conftest.py").read_text())
    (tmp_path / "test_it.py").write_text(CASES)
    words = ["-m", "pytest", "-n", workers, "--promises", "seen/it.json", "test_it.py"]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT}/scripts"}
    subprocess.run(
        [sys.executable, *words], cwd=tmp_path, env=environment, capture_output=True, check=False
    )
    seen = read(tmp_path / "seen/it.json")
    assert seen.paths == ("test_it.py",)
    assert {held.test.partition("::")[2]: (held.promises, told(held)) for held in seen.tests} == {
        "test_counts": ((1, 2), "3 cases; 6 kill points"),
        "test_inputs": ((3,), "1 case; 7 inputs"),
        "test_skipped": ((4,), "1 case skipped: no lab here"),
        "test_fails": ((5,), "1 case; 1 FAILED"),
    }


def test_a_long_table_is_told_with_all_its_cases_whichever_were_taken() -> None:
    for passed in (93, 94):
        held = Held("t::x", (1,), passed=passed, cases=281, one_in=3)
        assert told(held) == "281 cases; one in 3 by turns"
