"""The command line: exit codes, sentences instead of tracebacks, and nothing imported in vain."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from wizard import __version__
from wizard.cli import COMMANDS, main
from wizard.commands.blocked import refuse_conflicts
from wizard.errors import Trouble
from wizard.options import OPTIONS
from wizard.plan.choices import MINE, PLANNED
from wizard.plan.hand_edit import HandEdit
from wizard.plan.model import Plan

ROOT = Path(__file__).parents[3]
EL9 = 'ID="rhel"\nID_LIKE="fedora"\nNAME="Red Hat Enterprise Linux"\nVERSION_ID="9.4"\n'
STOCK_MAIN = "#myhostname = host.domain.tld\nmydestination = $myhostname, localhost\n"
STOCK_MASTER = "smtp inet n - n - - smtpd\n"


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copied /etc with a Postfix that was never set up."""
    etc = tmp_path / "copy/etc"
    (etc / "postfix").mkdir(parents=True)
    (etc / "os-release").write_text(EL9)
    (etc / "postfix/main.cf").write_text(STOCK_MAIN)
    (etc / "postfix/master.cf").write_text(STOCK_MASTER)
    return tmp_path / "copy"


@pytest.fixture
def self_signed(tmp_path: Path) -> Path:
    path = tmp_path / "answers.toml"
    path.write_text(
        '[hostname]\nmyhostname = "mail.example.com"\n[certificate]\nsource = "self-signed"\n'
    )
    path.chmod(0o600)
    return path


@pytest.mark.parametrize(
    "argv",
    [
        ["nonsense"],
        ["plan", "--nonsense"],
        ["plan", "--section", "nonsense"],
        ["plan", "--answers"],
        ["apply", "--ye"],
        ["apply", "--keep-mine", "--take-planned", "--yes"],
        ["plan", "--take-planned", "--keep-mine"],
        ["check", "--keep-mine"],
        ["runs", "--prune", "--keep", "-1"],
        ["runs", "--prune", "--keep", "many"],
        ["runs", "--prune", "--keep", "1e3"],
        ["runs", "--prune", "--keep", "٣"],
        ["runs", "--prune", "--older-than", "0.5"],
        ["runs", "--prune", "--older-than", "99999999999999999999"],
        ["runs", "--prune", "--keep", "1", "--older-than", "1"],
    ],
)
def test_a_wrong_command_line_is_usage(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == os.EX_USAGE
    assert "postfix-wizard: While reading the command line: " in capsys.readouterr().err


@pytest.mark.promise(19)
def test_a_plan_of_a_copied_etc(
    copied: Path, self_signed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.stat().st_mtime_ns for path in copied.rglob("*")}
    assert main(["plan", "--root", str(copied), "--answers", str(self_signed)]) == 2
    out = capsys.readouterr().out
    assert "--- /etc/postfix/main.cf.orig\n+++ /etc/postfix/main.cf\n" in out
    assert "+myhostname = mail.example.com\n" in out
    assert "\x1b" not in out
    assert {path: path.stat().st_mtime_ns for path in copied.rglob("*")} == before


def test_without_answers_on_a_host_that_was_never_set_up(
    copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "--root", str(copied)]) == os.EX_DATAERR
    assert "Name a file with --answers" in capsys.readouterr().err


def test_wrong_answers(copied: Path, self_signed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    self_signed.write_text('[hostname]\nmyhostname = "x"\n')
    assert main(["plan", "--root", str(copied), "--answers", str(self_signed)]) == os.EX_DATAERR
    err = capsys.readouterr().err
    assert "answers.toml:2: hostname.myhostname: The name has no dot" in err
    assert "Nothing was changed." in err


def test_a_root_without_an_etc_is_refused(
    tmp_path: Path, self_signed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a directory too high, or a word mistyped: else an empty host would be planned."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    for name in ("none", "empty", "file", "empty/etc"):
        words = ["plan", "--answers", str(self_signed), "--root", str(tmp_path / name)]
        assert main(words) == os.EX_USAGE
        said = capsys.readouterr()
        assert "there is no directory etc in it" in said.err
        assert not said.out


def test_a_root_that_only_root_may_look_into(
    tmp_path: Path,
    self_signed: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    look = os.stat

    def refused(path: os.PathLike[str], **how: bool) -> os.stat_result:
        if Path(path).name == "etc":
            raise PermissionError(13, "Permission denied")
        return look(path, **how)

    monkeypatch.setattr("wizard.session.os.stat", refused)
    for uid, code in ((1000, os.EX_NOPERM), (0, 1)):
        monkeypatch.setattr("os.geteuid", lambda uid=uid: uid)
        words = ["plan", "--answers", str(self_signed), "--root", str(tmp_path / "priv")]
        assert main(words) == code
        said = capsys.readouterr()
        assert "Permission denied" in said.err
        assert not said.out


NAMED = {
    "answers": ("plan", "--root", "/", "--answers"),
    "target": ("check", "--against", "mail.example.com", "--target"),
    "root": ("plan", "--root"),
}
"""By the option that names a file or directory, a command that reads it for any user."""
WRITTEN = {"directory"}
"""Those that name a directory to write; test_export.py tries one that cannot be written."""


def test_each_path_of_the_command_line_is_in_the_table() -> None:
    paths = {
        name
        for name, arguments in OPTIONS.items()
        if any(settings.get("type") is Path for _, settings in arguments)
    }
    assert paths == NAMED.keys() | WRITTEN


@pytest.mark.parametrize("words", NAMED.values(), ids=NAMED)
def test_what_this_user_may_not_read(
    words: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    closed = str(tmp_path / "closed")
    real: dict[str, Any] = {"open": os.open, "stat": os.stat}

    def refuse(name: str) -> Any:
        def call(path: Any, *given: Any, **named: Any) -> Any:
            if str(path).startswith(closed):
                raise PermissionError(13, "Permission denied")
            return real[name](path, *given, **named)

        return call

    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    for name in real:
        monkeypatch.setattr(os, name, refuse(name))
    assert main([*words, closed]) == os.EX_NOPERM
    said = capsys.readouterr()
    assert "Permission denied" in said.err
    assert said.out == ""


@pytest.mark.parametrize("command", ["apply", "check", "runs", "attach"])
def test_only_root_may(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert main([command]) == os.EX_NOPERM


@pytest.mark.promise(28)
def test_apply_without_a_terminal_wants_yes(
    self_signed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert main(["apply", "--answers", str(self_signed)]) == os.EX_USAGE
    assert "Add --yes" in capsys.readouterr().err


@pytest.mark.promise(17)
def test_a_conflict_ends_apply_and_names_all_three_texts() -> None:
    edit = HandEdit("/etc/postfix/main.cf", "biff", "yes", "maybe\x1b[6n", None, "RUN", True)
    plan = Plan("", (), (), (), edits=(edit,))
    with pytest.raises(Trouble) as caught:
        refuse_conflicts(plan)
    assert caught.value.exit_code == 1
    said = str(caught.value)
    for words in (
        "Conflict in /etc/postfix/main.cf: biff was changed by hand since run RUN",
        "as a run left it:  yes",
        "as it stands now:  maybe\\x1b[6n",
        "as planned:        (not set)",
        "--keep-mine",
        "--take-planned",
    ):
        assert words in said
    for choice in (MINE, PLANNED):
        refuse_conflicts(replace(plan, edits=(replace(edit, choice=choice),)))


@pytest.mark.promise(25)
def test_what_the_terminal_would_obey_is_not_printed(
    copied: Path, self_signed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = "# \x1b]0;owned\x07\x1b[6n\n" + STOCK_MAIN
    (copied / "etc/postfix/main.cf").write_text(hostile)
    main(["plan", "--root", str(copied), "--answers", str(self_signed)])
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\x07" not in out


@pytest.mark.promise(28)
def test_a_closed_pipe_is_no_traceback(copied: Path, self_signed: Path) -> None:
    command = (
        f"{sys.executable} -m screens.main plan --root {copied} --answers {self_signed} | head -n 1"
    )
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


@pytest.mark.slow
def test_each_start_pays_only_for_what_it_uses(copied: Path, self_signed: Path) -> None:
    """Textual never; pexpect, Jinja2 and the checks only where they are used."""
    code = (
        "import sys; from wizard.cli import main\n"
        f"assert main(['plan', '--root', {str(copied)!r}, '--answers', {str(self_signed)!r}]) == 2\n"
        "print([name for name in ('textual', 'rich', 'pexpect', 'smtplib') if name in sys.modules],"
        " file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stderr.strip() == "[]"


def test_every_command_can_be_loaded(capsys: pytest.CaptureFixture[str]) -> None:
    for command in COMMANDS:
        assert main([command.name, "--help"]) == 0
    assert capsys.readouterr().out.count("usage: postfix-wizard") == len(COMMANDS)


def test_the_version_with_its_parts(capsys: pytest.CaptureFixture[str]) -> None:
    """A checkout bundles nothing. tests/crash/test_same_bytes.py has what the one file says."""
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"postfix-wizard {__version__}\n"
    assert main(["--version", "--verbose"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"postfix-wizard {__version__}")
    assert second.startswith("bundles nothing")


def test_verbose_goes_with_the_version_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--verbose"]) == 64
    assert main(["--verbose", "plan"]) == 64
    assert "--verbose goes with --version" in capsys.readouterr().err
