"""What `scripts/compare` takes for a difference, for an allowed one, and for none."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from comparison import calls, roots, sentences
from comparison.differences import ONE_SIDED, Allowed, differences, read_allowed, tracebacks
from comparison.masks import masked
from comparison.observed import Observed
from comparison.screens import _keys

SAME: dict[str, tuple[str, str]] = {
    "a run's ID": ("Run 20261129-075227-3: done.", "Run 20261130-015227-3: done."),
    "a time": ("since 2026-11-29 07:52:27 UTC", "since 2026-11-30 01:00:00 UTC"),
    "a duration": ("    done, 0.3 s", "    done, 12.1 s"),
    "a process": ("its master is process 768.", "its master is process 1773."),
    "a message": ("<" + "0a" * 12 + ".postfix-wizard@a>", "<" + "1b" * 12 + ".postfix-wizard@a>"),
    "a queue ID": ("postsuper -H 3F2A91C04", "postsuper -H 7B11D09E2"),
    "a commit": ('"commit":"0123abc"', '"commit":"fedcba9-changed"'),
    "a checksum of a journal's line": ("0123456789abcdef {", "fedcba9876543210 {"),
}
OTHER: dict[str, tuple[str, str]] = {
    "the number of a run": ("Run 20261129-075227-3: done.", "Run 20261129-075227-4: done."),
    "a number of steps": ("done, 4 of 4 steps", "done, 4 of 5 steps"),
    "a port": ("port 25", "port 587"),
    "a limit": ("message_size_limit = 10485760", "message_size_limit = 20971520"),
    "an address": ("192.168.1.1", "192.168.1.2"),
    "a mode": ("100644 0:0", "100600 0:0"),
    "a version": ('"version":"0.1.0"', '"version":"0.2.0"'),
    "a column": ("WRONG  port 25", "WRONG   port 25"),
}


@pytest.mark.parametrize("texts", SAME.values(), ids=SAME)
def test_what_changes_from_run_to_run_is_no_difference(texts: tuple[str, str]) -> None:
    assert masked(texts[0]) == masked(texts[1])


@pytest.mark.parametrize("texts", OTHER.values(), ids=OTHER)
def test_what_a_program_decides_is_one(texts: tuple[str, str]) -> None:
    assert masked(texts[0]) != masked(texts[1])


def test_a_difference_is_allowed_by_its_place_and_its_lines() -> None:
    allowed = [Allowed("words", "a reason", "roots/*/plan", re.compile("Warning: .*"))]
    old = {"roots/a/plan": "x\nWarning: one\n", "roots/b/plan": "x\nWarning: one\n"}
    new = {"roots/a/plan": "x\nWarning: two\n", "roots/b/plan": "y\nWarning: two\n"}
    found = {one.name: one for one in differences(old, new, allowed)}
    assert found["roots/a/plan"].allowed_by == ("words",)
    assert found["roots/b/plan"].allowed_by == (), "a line more differs there"
    assert allowed[0].met == 2, "one line of each program"
    (elsewhere,) = differences({"life/plan": "Warning: 1"}, {"life/plan": "Warning: 2"}, allowed)
    assert elsewhere.allowed_by == ()


def test_what_one_program_alone_shows_is_a_difference() -> None:
    (found,) = differences({"a": "x"}, {}, [])
    assert found.lines == (ONE_SIDED,)


def test_the_table_of_allowed_differences_can_be_read(tmp_path: Path) -> None:
    file = tmp_path / "allowed.toml"
    file.write_text('[[allowed]]\nname = "n"\nwhy = "w"\nwhere = "a/*"\nlines = "b+"\n')
    (one,) = read_allowed(file)
    assert one.covers("a/x", "bbb")
    assert not one.covers("a/x", "bbbc")
    assert not one.covers("c/x", "bbb")


def test_a_traceback_is_found(tmp_path: Path) -> None:
    observed = Observed(tmp_path)
    observed.call("deep/a", 1, "", "Traceback (most recent call last):\n  File\n")
    observed.call("b", 0, "all is well\n", "")
    assert tracebacks(observed.all()) == ["deep/a"]


def test_json_is_kept_with_a_value_a_line(tmp_path: Path) -> None:
    observed = Observed(tmp_path)
    observed.call("a", 2, json.dumps({"pending": 2, "files": []}), "a word\n")
    assert observed.all()["a"] == (
        'exit status 2\n== output\n{\n "pending": 2,\n "files": []\n}\n== errors\na word\n'
    )


def test_sentences_alone_are_left_out(tmp_path: Path) -> None:
    observed = Observed(tmp_path)
    plan = {"pending": 1, "warnings": ["one", "two"], "steps": [{"id": "a", "title": "Do it"}]}
    observed.call("a", 2, json.dumps(plan), "")
    said = sentences.without(observed.all()["a"])
    assert '"id": "a"' in said
    assert "Do it" not in said
    assert said.count("IN WORDS") == 3, "two warnings and a title"
    observed.call("b", 2, "Warning: one\n", "")
    assert sentences.without(observed.all()["b"]) == "exit status 2\n"


def test_keys_are_pressed_one_by_one_and_words_typed() -> None:
    assert list(_keys("mail\r\x1b[B\x1bOPry\x0e")) == [
        "mail",
        "\r",
        "\x1b[B",
        "\x1bOP",
        "ry",
        "\x0e",
    ]


def test_every_command_is_called() -> None:
    from wizard.cli import COMMANDS  # noqa: PLC0415 (the tool itself does not load it)

    assert set(calls.COMMANDS) == {command.name for command in COMMANDS}


@pytest.mark.slow
def test_there_are_sixty_saved_roots(tmp_path: Path) -> None:
    made = roots.make(tmp_path / "roots")
    assert len(made) >= 60
    assert all((root / "etc/os-release").is_file() for root in made)
