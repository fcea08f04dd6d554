"""The commit that a build names: of its own clone, with a mark for what is changed or new."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GIT = ("git", "-c", "user.name=test", "-c", "user.email=test@example.com")
SOURCES = ("scripts", "wizard/__init__.py", "requirements/runtime.txt", "LICENSE")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with a blank in its name, and what the script reads in it."""
    place = tmp_path / "a clone"
    for name in SOURCES:
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, place / name)
    committed(place)
    return place


def committed(place: Path) -> None:
    for words in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "--message", "x")):
        subprocess.run([*GIT, "-C", place, *words], check=True)


def said(place: Path) -> str:
    argv = [sys.executable, "-B", str(place / "scripts/one_file/collect.py"), "--commit"]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()


def test_a_changed_file_and_a_new_one_are_marked(clone: Path) -> None:
    head = said(clone)
    assert len(head) == len("0" * 40)
    (clone / "wizard/new.py").touch()
    assert said(clone) == f"{head}-changed"
    (clone / "wizard/new.py").unlink()
    (clone / "elsewhere.txt").touch()
    assert said(clone) == head
    (clone / "LICENSE").write_text("other\n")
    assert said(clone) == f"{head}-changed"


def test_a_copy_within_another_clone_has_no_commit(clone: Path) -> None:
    shutil.rmtree(clone / ".git")
    assert said(clone) == ""
    (clone.parent / "other.txt").touch()
    committed(clone.parent)
    assert said(clone) == ""
