"""Private words are counted in names, docstrings and comments, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from wording.count import WORDS, by_package, count, places

SOURCE = '''"""What was left, and what it holds."""

KEPT = "a message that was told is none of ours"
"""What stands there."""


class LookedAt:
    """It is held."""

    asked_names: int = 0  # as told by the host


def left_alone(held_file: str, the_left: str = "left") -> str:
    """Return what the host told."""
    text = "held" + held_file
    return text
'''


def test_each_kind_of_place_counts() -> None:
    assert count(SOURCE) == {
        "left": 3,  # a docstring, two names
        "holds": 1,
        "kept": 1,
        "stands": 1,
        "looked": 1,
        "held": 3,  # a docstring, a parameter where it is defined and where it is used
        "asked": 1,
        "told": 2,  # a comment and a docstring
    }


def test_a_word_has_its_line() -> None:
    assert list(places('x = 1\n"""One line.\n\nWhat was left.\n"""\nheld = 2  # told\n')) == [
        (4, "left"),
        (6, "held"),
        (6, "told"),
    ]


@pytest.mark.parametrize(
    "text",
    ["withheld = 1\n", "x = one.looked_at\n", "tolds = 'left'\n", "x = 'kept'  # leftover\n"],
)
def test_other_words_and_messages_do_not(text: str) -> None:
    assert not count(text)


def test_the_words_are_sorted_and_eight() -> None:
    assert list(WORDS) == sorted(set(WORDS))
    assert len(WORDS) == 8


def test_the_counts_are_by_directory(tmp_path: Path) -> None:
    for name, text in {"a/x.py": "left = 1\n", "a/b/y.py": "held = told = 1\n"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert by_package(tmp_path, ("a",)) == {"a": 1, "a/b": 2}
