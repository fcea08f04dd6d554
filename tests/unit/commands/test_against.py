"""`check --against` and `--print-target` on the command line: who may, and with which other options."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from wizard.check.against import findings
from wizard.check.against.findings import Against
from wizard.cli import main
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG, Finding


@pytest.fixture
def anybody(monkeypatch: pytest.MonkeyPatch) -> list[Against]:
    """An ordinary user, and a server on which the verdict depends on its name."""
    asked: list[Against] = []

    def check(what: Against) -> Iterator[Finding]:
        asked.append(what)
        verdict = what.host.partition(".")[0]
        yield Finding("stranger.25.reached", "25: reached", "seen", "220", verdict, "advice")

    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(findings, "check_against", check)
    return asked


@pytest.mark.parametrize(("verdict", "code"), [(RIGHT, 0), (WARNING, 0), (UNKNOWN, 0), (WRONG, 1)])
def test_anybody_may_and_each_wrong_is_counted(
    verdict: str, code: int, anybody: list[Against], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--against", f"{verdict}.example"]) == code
    assert "25: reached" in capsys.readouterr().out
    assert main(["check", "--against", f"{verdict}.example", "--json"]) == code
    told = json.loads(capsys.readouterr().out)
    assert (told["version"], told["findings"][0]["verdict"]) == (1, verdict)
    assert [one.known for one in anybody] == [None, None]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--against", "a.example", "--stranger"], "--against and --stranger exclude"),
        (["--against", "a.example", "--user", "taro"], "--against and --user exclude"),
        (["--against", "a.example", "--answers", "x.toml"], "--against and --answers exclude"),
        (["--against", "a.example", "--print-target"], "--against and --print-target exclude"),
        (["--against", "a.example", "--rates"], "--rates needs --target"),
        (["--against", "a.example", "--section", "limits"], "unrecognized arguments"),
        (["--target", "x.json"], "--target needs --against"),
        (["--rates"], "--rates needs --against"),
        (["--print-target", "--stranger"], "--print-target and --stranger exclude"),
        (["--print-target", "--user", "taro"], "--print-target and --user exclude"),
        (["--print-target", "--target", "x.json"], "--target needs --against"),
        (["--against="], "is empty"),
        (["--against=-oProxy"], "A name cannot begin with '-'"),
        (["--against", "fe80::1%eth0"], "names an interface"),
        (["--against", "a\nb.example"], "control character"),
        (["--against", "a.example", "--against"], "expected one argument"),
    ],
)
def test_what_makes_no_sense_is_usage(
    words: list[str], said: str, anybody: list[Against], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", *words]) == os.EX_USAGE
    err = capsys.readouterr().err
    assert said in err
    assert len(err.splitlines()) == 1
    assert anybody == []


def test_a_file_that_is_no_target_is_bad_data(
    tmp_path: Path, anybody: list[Against], capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x.json"
    file.write_text('{"version": 1, "findings": []}')
    assert main(["check", "--against", "a.example", "--target", str(file)]) == os.EX_DATAERR
    assert "no target of this program" in capsys.readouterr().err
    assert anybody == []


def test_only_root_prints_a_target(
    anybody: list[Against], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--print-target"]) == os.EX_NOPERM
    assert "only root can do this" in capsys.readouterr().err
    assert anybody == []
