"""The first cause why nobody answers on Dovecot's socket: package, unit, directory, listener."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.factories import ZEKE
from wizard.answers.model import Answers
from wizard.answers.sections.dovecot import Dovecot as DovecotAnswers
from wizard.check.dovecot import absent
from wizard.check.dovecot.absent import why_absent
from wizard.check.host.sockets import closed_advice
from wizard.door import Door
from wizard.finding import UNKNOWN, WAITS, WRONG
from wizard.host.facts import Dovecot, Unit
from wizard.host.units import DOVECOT, Units

PATH = "/var/spool/postfix/private/auth"
NONE = f"no socket {PATH}"


def answers(conf: str) -> Answers:
    """Return answers that differ from the defaults in [dovecot] alone."""
    return replace(ZEKE, dovecot=DovecotAnswers(conf=conf))


def root(tmp_path: Path, *, installed: bool = True) -> Door:
    (tmp_path / "usr/sbin").mkdir(parents=True)
    if installed:
        (tmp_path / "usr/sbin/dovecot").touch()
    return Door(tmp_path)


def test_without_the_package_it_waits(tmp_path: Path) -> None:
    found = why_absent(root(tmp_path, installed=False), PATH, NONE, answers("write"))
    assert found.verdict == WAITS
    assert "dnf install dovecot" in found.advice


@pytest.mark.parametrize(
    ("unit", "closed", "said"),
    [
        (Unit("disabled", "inactive"), "", (WAITS, "--section dovecot")),
        (Unit("masked", "inactive"), "", (WAITS, "--section dovecot")),
        (Unit("enabled", "inactive"), "", (WRONG, "systemctl start dovecot")),
        (Unit("disabled", "failed"), "", (WRONG, "systemctl start dovecot")),
        (Unit("enabled", "active"), "", (WRONG, f"unix_listener {PATH}")),
        (
            Unit("enabled", "active"),
            "/var/spool/postfix/private is closed to postfix: root:root 0700",
            (WRONG, "postfix set-permissions"),
        ),
        (
            Unit("enabled", "active"),
            f"{PATH} is closed to postfix: root:root 0600",
            (WRONG, "0660"),
        ),
    ],
)
def test_an_installed_dovecot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unit: Unit, closed: str, said: tuple[str, str]
) -> None:
    verdict, word = said
    units = Units({DOVECOT: unit}, frozenset())
    monkeypatch.setattr(absent, "begin_units", lambda *_: lambda: units)
    monkeypatch.setattr(absent, "closed_to_postfix", lambda _: closed)
    found = why_absent(root(tmp_path), PATH, NONE, answers("write"))
    assert found.verdict == verdict
    assert word in found.advice
    assert "dnf install" not in found.advice


@pytest.mark.parametrize(
    ("enabled", "conf", "steps"),
    [
        ("", "write", ["dnf install dovecot", "apply --section dovecot"]),
        ("", "leave", ["dnf install dovecot", 'conf = "write"']),
        ("disabled", "write", ["apply --section dovecot"]),
        ("disabled", "leave", ['conf = "write"', "`postfix-wizard --section dovecot`"]),
        ("masked", "write", ["systemctl unmask dovecot", "apply --section dovecot"]),
        ("masked", "leave", ["systemctl unmask dovecot", 'conf = "write"']),
        ("masked-runtime", "leave", ["systemctl unmask dovecot", 'conf = "write"']),
    ],
)
def test_the_advice_cures_in_the_state_of_the_host_and_of_the_answers(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    enabled: str,
    conf: str,
    steps: list[str],
) -> None:
    """With `leave` a run of the section does nothing, and a run never starts a masked Dovecot."""
    units = Units({DOVECOT: Unit(enabled, "inactive")}, frozenset())
    monkeypatch.setattr(absent, "begin_units", lambda *_: lambda: units)
    found = why_absent(root(tmp_path, installed=bool(enabled)), PATH, NONE, answers(conf))
    assert found.verdict == WAITS
    assert [found.advice.find(one) for one in steps] == sorted(map(found.advice.find, steps))
    assert all(one in found.advice for one in steps)
    assert ("apply --section" in found.advice) == (conf == "write")
    assert ("unmask" in found.advice) == enabled.startswith("masked")


def test_another_user_cannot_know(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    found = why_absent(root(tmp_path), "/run/x", "/run/x: Permission denied", answers("leave"))
    assert found.verdict == UNKNOWN


@pytest.mark.parametrize(
    ("settings", "conf", "verdict"),
    [
        ({"protocols": "imap"}, "leave", WAITS),
        ({"protocols": "imap"}, "write", WRONG),
        ({f"service auth/unix_listener {PATH}-client/mode": "0660"}, "leave", WRONG),
        ({}, "leave", WRONG),
    ],
)
def test_one_that_runs_and_was_never_set_up_for_postfix_waits(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, str],
    conf: str,
    verdict: str,
) -> None:
    """One whose settings cannot be read, or that listens for Postfix elsewhere, is wrong."""
    units = Units({DOVECOT: Unit("enabled", "active")}, frozenset())
    monkeypatch.setattr(absent, "begin_units", lambda *_: lambda: units)
    monkeypatch.setattr(absent, "begin_dovecot", lambda _: lambda: Dovecot(settings=settings))
    found = why_absent(root(tmp_path), PATH, NONE, answers(conf))
    assert found.verdict == verdict
    assert NONE in found.seen


def test_a_directory_elsewhere_is_opened_by_its_mode() -> None:
    said = closed_advice("/run/a/milter", "/run/a is closed to postfix: a:a 0700")
    assert "chmod o+x /run/a" in said
