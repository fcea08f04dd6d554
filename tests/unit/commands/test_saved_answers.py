"""Saved answers of a copied host are read through the one reader: no file of it can hold us."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from wizard.cli import main

ROOT = Path(__file__).parents[3]
SAVED = "etc/postfix-wizard/answers.toml"
Plant = Callable[[Path, Path], None]


def fifo(path: Path, _outside: Path) -> None:
    os.mkfifo(path)


def device(path: Path, _outside: Path) -> None:
    path.symlink_to("/dev/zero")


def out_of_the_root(path: Path, outside: Path) -> None:
    path.symlink_to(outside)


def out_by_dots(path: Path, outside: Path) -> None:
    path.symlink_to("../" * 20 + str(outside).lstrip("/"))


def circle(path: Path, _outside: Path) -> None:
    path.symlink_to(path.name)


def directory(path: Path, _outside: Path) -> None:
    path.mkdir()


def large(path: Path, _outside: Path) -> None:
    path.touch()
    os.truncate(path, 17 * 1024 * 1024)


def larger(path: Path, _outside: Path) -> None:
    path.touch()
    os.truncate(path, 300 * 1024 * 1024)


@pytest.fixture
def host(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "etc/postfix").mkdir(parents=True)
    (root / "etc/postfix-wizard").mkdir()
    for name in ("main.cf", "master.cf"):
        (root / "etc/postfix" / name).write_text("# empty\n")
    return root


@pytest.mark.promise(39)
@pytest.mark.parametrize("given", [False, True], ids=["saved alone", "with --answers"])
@pytest.mark.parametrize(
    "plant",
    [fifo, device, out_of_the_root, out_by_dots, circle, directory, large, larger],
    ids=lambda plant: str(plant.__name__),
)
def test_saved_answers_that_are_no_plain_file(
    host: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], plant: Plant, *, given: bool
) -> None:
    outside = tmp_path / "outside.toml"
    outside.write_text((ROOT / "examples/zeke.toml").read_text().replace("zeke.ne", "outside.ne"))
    plant(host / SAVED, outside)
    words = ["plan", "--root", str(host)]
    code = main([*words, "--answers", str(ROOT / "examples/zeke.toml")] if given else words)
    shown = capsys.readouterr()
    assert "outside.ne" not in shown.out
    if given:
        assert "+myhostname = mail.zeke.ne.jp" in shown.out
        assert shown.err == ""
    else:
        assert code in {1, 65}, shown
        assert shown.err.startswith("postfix-wizard: While")
        assert len(shown.err.splitlines()) == 1
