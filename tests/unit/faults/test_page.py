"""The table of whole runs: a row a share, and one row once all shares of a commit are there."""

from __future__ import annotations

from tests.faults.page import PAGE, Row, added

TEXT = "# Faults\n\nWords.\n"


def row(share: int, kills: int = 10, commit: str = "abc1234", of: int = 3) -> Row:
    return Row(commit, str(share), of, kills, 20, 0, 0)


def table(page: str) -> list[str]:
    return [line for line in page.splitlines() if line.startswith("| ") and " of " in line]


def test_shares_are_added_in_any_order_and_become_a_whole_run() -> None:
    page = added(added(TEXT, row(3, 1)), row(1, 2))
    assert page.startswith("# Faults\n\nWords.\n\n## Runs of every fault\n")
    assert table(page) == [
        "| abc1234 | 1 of 3 | 2 | 20 | 0 | 0 |",
        "| abc1234 | 3 of 3 | 1 | 20 | 0 | 0 |",
    ]
    assert table(added(page, row(2, 4))) == ["| abc1234 | all of 3 | 7 | 60 | 0 | 0 |"]


def test_a_share_that_is_run_again_counts_once() -> None:
    page = added(added(TEXT, row(1, 5)), row(1, 7))
    assert table(page) == ["| abc1234 | 1 of 3 | 7 | 20 | 0 | 0 |"]


def test_other_commits_and_other_numbers_of_shares_stay() -> None:
    page = added(added(added(TEXT, row(1)), row(1, commit="def5678+")), row(1, of=4))
    assert len(table(page)) == 3
    assert len(table(added(page, row(1, of=1)))) == 4


def test_our_own_page_takes_a_row() -> None:
    page = PAGE.read_text(encoding="utf-8")
    once = added(page, row(1, commit="0000000"))
    assert added(once, row(1, commit="0000000")) == once
    assert once.startswith(page.partition("\n## Runs of every fault")[0].rstrip("\n"))
