"""A figure's verdict and its line in the table, by cases that can be checked by eye."""

from __future__ import annotations

import pytest

from benchmarks.figures import MEDIAN, P95, VALUE, Figure, quantity, statistic
from benchmarks.table import markdown, plain


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [
        (0.0421, "s", "42.1 ms"),
        (0.00758, "s", "7.58 ms"),
        (3.954, "s", "3.95 s"),
        (25_000, "kB", "25.0 MB"),
        (117, "B", "117 B"),
        (43.554, "x", "43.55"),
    ],
)
def test_quantities_as_a_reader_writes_them(value: float, unit: str, written: str) -> None:
    assert quantity(value, unit) == written


def test_a_percentile_is_a_sample_that_was_taken() -> None:
    samples = [float(number) for number in range(1, 21)]
    assert statistic(samples, P95) == 19
    assert statistic(samples, MEDIAN) == 10.5
    assert statistic([7.0], P95) == 7


def test_a_ratio_is_of_medians_and_an_outlier_does_not_move_it() -> None:
    figure = Figure("start", "start", "s", (1.2, 1.3, 9.0), "the same", (1.0, 1.0, 1.1), 1.3)
    assert figure.ratio == pytest.approx(1.3)
    assert figure.within
    assert figure.pairs == 3


def test_a_limit_holds_for_ours_alone() -> None:
    figure = Figure("keys", "bytes a key", "B", (117, 233), "bare", (885, 900), 150, VALUE)
    assert figure.within is False
    alone = Figure("keys", "a key", "s", (0.09,), reach=0.1, per=VALUE)
    assert alone.within
    assert alone.ratio is None


def test_what_has_no_reach_is_neither_kept_nor_missed() -> None:
    figure = Figure("paint", "paint", "s", (1.0,), "ssh", (0.5,))
    assert figure.within is None
    assert "| 2.00 | - | - | 1 |" in markdown([figure])


def test_the_table_says_what_is_missed() -> None:
    missed = Figure("plan", "plan", "s", (0.2, 0.3, 0.2), "pass", (0.01, 0.01, 0.02), 15)
    head, line = plain([missed]).splitlines()
    assert " ".join(head.split()) == "row what ours against ratio reach within pairs"
    assert " ".join(line.split()) == (
        "plan plan 200 ms (200 ms-300 ms) pass 10 ms (10 ms-20 ms) 20.00 15x NO 3"
    )
