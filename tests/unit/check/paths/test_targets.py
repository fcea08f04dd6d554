"""What an alias or a .forward leads to, and aliases that lead round."""

from __future__ import annotations

from pathlib import Path

import pytest

from wizard.check.paths.targets import circle, fault_of
from wizard.door import Door


@pytest.fixture
def root(tmp_path: Path) -> Door:
    """A root with a program, a file that may not be run, a directory and two lists."""
    (tmp_path / "srv").mkdir()
    for name, mode in (("run", 0o755), ("text", 0o644), ("list", 0o644), ("open", 0o666)):
        (tmp_path / "srv" / name).touch()
        (tmp_path / "srv" / name).chmod(mode)
    return Door(tmp_path)


@pytest.mark.parametrize(
    ("target", "is_wrong", "word"),
    [
        ("root", False, ""),
        ("\\root", False, ""),
        ("root+box", False, ""),
        ("sales", False, ""),
        ("a@b.example", False, ""),
        ("\"|/srv/run --to 'x y'\"", False, ""),
        ("|/srv/run", False, ""),
        ("| relative command", False, ""),
        ("/srv/mbox", False, ""),
        ("/srv/dir/", True, ""),
        (":include:/srv/list", False, ""),
        ("|/srv/none", True, "/srv/none is not there"),
        ('"|/srv/text x"', True, "may not be run"),
        ("/none/mbox", True, "/none is not there"),
        ("/srv", True, "is a directory"),
        (":include:/srv/none", True, "list :include:/srv/none"),
        (":INCLUDE:/srv/open", False, "anybody may write"),
        ("no-such-name-7", False, "no alias and no user"),
        ("\"|/srv/none '", True, "not there"),
        ("/srv/m\0box", True, "a NUL byte is in it"),
        ("ro\0ot", True, "a NUL byte is in it"),
    ],
)
def test_a_target(root: Door, target: str, is_wrong: bool, word: str) -> None:
    fault = fault_of(root, target, {"sales"})
    if target == "/srv/dir/":
        assert fault.seen == ""  # a Maildir that is made below a directory
        return
    assert (fault.is_wrong, word in fault.seen) == (is_wrong, True)
    assert bool(fault.seen) == bool(word)


@pytest.mark.parametrize(
    ("rows", "goes_round"),
    [
        ({"a": ["b"], "b": ["c"]}, False),
        ({"a": ["b"], "b": ["a"]}, True),
        ({"a": ["A"]}, False),
        ({"a": ["\\a"]}, False),
        ({"a": ["b", "c"], "b": ["a"]}, False),
        ({"a": ["b"], "b": ["c"], "c": ["b"]}, True),
    ],
)
def test_a_circle(rows: dict[str, list[str]], goes_round: bool) -> None:
    assert bool(circle("a", rows)) == goes_round
