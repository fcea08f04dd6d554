"""/var/log/maillog against the journal."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from wizard.check.log import written
from wizard.door import Door, Outcome
from wizard.finding import RIGHT, WARNING

NOW = 1_790_000_000
JOURNAL = f"{NOW - 90}.1 mail postfix/smtpd[1]: a\n{NOW}.25 mail postfix/smtpd[1]: b\n"


class Host(Door):
    """A host where rsyslog has a state."""

    state = b"active\n"
    enabled = b"enabled\n"

    def run(self, argv: object, *, timeout: float = 15, data: object = None) -> Outcome:
        del timeout, data
        asked = isinstance(argv, tuple) and argv[1]
        return Outcome(0, self.enabled if asked == "is-enabled" else self.state, b"")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(written, "SECONDS", 0.0)


def maillog(root: Path, seconds: float) -> None:
    path = root / "var/log/maillog"
    path.parent.mkdir(parents=True)
    path.touch()
    os.utime(path, (seconds, seconds))


@pytest.mark.parametrize(("seconds", "verdict"), [(NOW + 0.2, RIGHT), (NOW - 3, WARNING)])
def test_the_newest_line(tmp_path: Path, seconds: float, verdict: str) -> None:
    maillog(tmp_path, seconds)
    (found,) = written.judge_written(JOURNAL, Host(tmp_path), is_own_file=False)
    assert (found.id, found.verdict, bool(found.cure)) == ("log.file", verdict, False)


def test_rsyslog_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    maillog(tmp_path, NOW - 3)
    monkeypatch.setattr(Host, "state", b"inactive\n")
    (found,) = written.judge_written(JOURNAL, Host(tmp_path), is_own_file=False)
    assert "rsyslog is stopped" in found.seen
    assert found.cure.commands == (("systemctl", "enable", "--now", "rsyslog"),)


def test_a_directory_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "var/log/maillog").mkdir(parents=True)
    (found,) = written.judge_written(JOURNAL, Host(tmp_path), is_own_file=False)
    assert (found.verdict, found.seen.partition(":")[0]) == (WARNING, "it is no file")


@pytest.mark.parametrize(
    ("journal", "is_own_file", "has_file"),
    [(JOURNAL, True, True), ("", False, True), (JOURNAL, False, False)],
)
def test_nothing_is_said(tmp_path: Path, journal: str, is_own_file: bool, has_file: bool) -> None:
    """Postfix writes its own file, the journal is empty, or there is no file."""
    if has_file:
        maillog(tmp_path, NOW - 3)
    assert not list(written.judge_written(journal, Host(tmp_path), is_own_file=is_own_file))


def test_a_full_file_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A last line may still have found room."""
    maillog(tmp_path, NOW + 1)
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_bfree=0))
    (found,) = written.judge_written(JOURNAL, Host(tmp_path), is_own_file=False)
    assert (found.verdict, "no free space" in found.seen) == (WARNING, True)


@pytest.mark.parametrize(
    ("enabled", "journal", "is_silent"),
    [
        (b"disabled\n", "var/log/journal/1/system.journal", True),
        (b"disabled\n", "run/log/journal/1/system.journal", False),
        (b"enabled\n", "var/log/journal/1/system.journal", False),
    ],
)
def test_a_journal_in_place_of_rsyslog(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    enabled: bytes,
    journal: str,
    is_silent: bool,
) -> None:
    maillog(tmp_path, NOW - 3)
    path = tmp_path / journal
    path.parent.mkdir(parents=True)
    path.touch()
    monkeypatch.setattr(Host, "state", b"inactive\n")
    monkeypatch.setattr(Host, "enabled", enabled)
    found = list(written.judge_written(JOURNAL, Host(tmp_path), is_own_file=False))
    assert (found == []) == is_silent
