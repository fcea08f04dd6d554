"""An output that cannot be written is told in one line, whatever the command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
START = "import sys; from screens.main import main; sys.exit(main(sys.argv[1:]))"
COMMANDS = (["--help"], ["--version"], ["plan", "--help"], ["plan"], ["plan", "--json"])
FULL = "While writing the output: No space left on device."


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """A copied /etc whose plan prints much, and changes no host."""
    (tmp_path / "etc/postfix").mkdir(parents=True)
    for name in ("main.cf", "master.cf"):
        (tmp_path / "etc/postfix" / name).write_text("# empty\n")
    return tmp_path


def run(words: list[str], host: Path, redirection: str) -> subprocess.CompletedProcess[str]:
    if words[:1] == ["plan"] and "--help" not in words:
        words = [*words, "--root", str(host), "--answers", str(ROOT / "examples/zeke.toml")]
    argv = [sys.executable, "-c", START, *words]
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {redirection}', "sh", *argv],
        cwd=ROOT,
        # The one file ignores the caller's PYTHONUNBUFFERED and the like.
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.promise(53)
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(
    ("redirection", "said"),
    [
        (">/dev/full", FULL),
        (">&-", "standard output is closed"),
        (">/dev/full 2>&1", ""),
        (">/dev/full 2>&-", ""),
        (">&- 2>&-", ""),
    ],
)
def test_an_output_that_cannot_be_written(
    host: Path, words: list[str], redirection: str, said: str
) -> None:
    done = run(words, host, redirection)
    assert done.returncode == 1, done
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert len(done.stderr.splitlines()) == (1 if said else 0)
    assert said in done.stderr


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_reader_that_has_seen_enough(host: Path, words: list[str]) -> None:
    done = run(words, host, "| head -c 1 >/dev/null")
    assert done.stderr == ""
