"""Whether port 25 answers is said only as it was observed."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from wizard.door import Door, Outcome
from wizard.plan.model import FileChange, Plan
from wizard.status.mail_state import (
    DOWN,
    GREETS,
    NEW,
    OLD,
    OTHER,
    UNKNOWN,
    Service,
    _is_read,
    _versions,
    mail_state,
    read_service,
)

MAIN, MASTER = "/etc/postfix/main.cf", "/etc/postfix/master.cf"
GREETED = "220 mail.example.jp ESMTP Postfix"
REFUSED = "port 25: Connection refused."


def test_what_systemd_prints() -> None:
    text = "ActiveState=inactive\nMainPID=0\nInactiveEnterTimestampMonotonic=5000000\n"
    assert read_service(text, 1000.0) == Service("inactive", 0, 1005.0)
    never = "ActiveState=active\nMainPID=812\nInactiveEnterTimestampMonotonic=0\n"
    assert read_service(never, 1000.0) == Service("active", 812, None)
    assert read_service("", 1000.0) is None


@pytest.mark.parametrize(
    ("service", "greeted", "versions", "state", "text"),
    [
        (
            Service("active", 1),
            GREETED,
            ((MAIN, OLD), (MASTER, OLD)),
            GREETS,
            "Port 25 answers; the OLD configuration is on the disk.",
        ),
        (
            Service("active", 1),
            GREETED,
            ((MAIN, NEW),),
            GREETS,
            "Port 25 answers; the NEW configuration is on the disk.",
        ),
        (
            Service("active", 1),
            GREETED,
            ((MAIN, NEW), (MASTER, OLD)),
            GREETS,
            "Port 25 answers; on the disk main.cf is NEW and master.cf is OLD.",
        ),
        (Service("active", 1), GREETED, (), GREETS, "Port 25 answers."),
        (
            Service("active", 1),
            REFUSED,
            ((MAIN, OLD),),
            DOWN,
            "Port 25 is DOWN: Postfix runs, and does not answer.",
        ),
        (
            Service("active", 1),
            "421 too many",
            (),
            DOWN,
            "Port 25 is DOWN: Postfix runs, and does not answer.",
        ),
        (
            Service("inactive"),
            REFUSED,
            (),
            DOWN,
            "Port 25 is DOWN: Postfix did not run since this host was started.",
        ),
        (
            Service("failed"),
            GREETED,
            (),
            UNKNOWN,
            "Port 25 is answered, but not by Postfix's own service.",
        ),
        (Service("deactivating"), GREETED, (), UNKNOWN, "It is not known whether port 25 answers."),
    ],
)
def test_the_sentence(
    service: Service, greeted: str, versions: tuple[tuple[str, str], ...], state: str, text: str
) -> None:
    found = mail_state(service, greeted, versions)
    assert (found.state, found.text) == (state, text)
    assert found.seen


@pytest.mark.parametrize(
    ("versions", "is_read", "text"),
    [
        ((OLD, OLD), True, "Port 25 answers with the OLD configuration."),
        ((NEW, NEW), True, "Port 25 answers with the NEW configuration."),
        (
            (NEW, NEW),
            False,
            (
                "Port 25 answers with the OLD configuration: the NEW one is on the disk, and is in force"
                " from the next reload on."
            ),
        ),
        (
            (NEW, OLD),
            False,
            (
                "Port 25 answers; on the disk main.cf is NEW and master.cf is OLD, and Postfix runs with"
                " the files as they were before."
            ),
        ),
        ((NEW, OLD), True, "Port 25 answers; on the disk main.cf is NEW and master.cf is OLD."),
    ],
)
def test_which_configuration_is_in_force(
    versions: tuple[str, str], *, is_read: bool, text: str
) -> None:
    found = mail_state(
        Service("active", 1), GREETED, tuple(zip((MAIN, MASTER), versions)), is_read=is_read
    )
    assert found.text == text


@pytest.mark.parametrize(("age", "is_read"), [(-5, True), (5, False), (None, None)])
def test_the_log_says_if_postfix_has_read_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, age: int | None, is_read: bool | None
) -> None:
    """It reads them at its start and at a reload: a newer main.cf is not in force."""
    path = tmp_path / "etc/postfix/main.cf"
    path.parent.mkdir(parents=True)
    path.touch()
    os.utime(path, (1000 + (age or 0), 1000 + (age or 0)))
    line = b"1000.1 ace postfix/postfix-script[9]: starting the Postfix mail system\n"
    log = Outcome(0, b"" if age is None else line, b"")
    monkeypatch.setattr(Door, "run", lambda *_args, **_more: log)
    assert _is_read(Door(tmp_path)) is is_read


def test_since_when_it_is_down() -> None:
    since = time.time() - 3600
    said = mail_state(Service("failed", 0, since), REFUSED, ()).text
    assert said == f"Port 25 is DOWN since {time.strftime('%H:%M', time.localtime(since))}."
    long_ago = mail_state(Service("failed", 0, 0.0), REFUSED, ()).text
    assert "1970-01-01" in long_ago or "1969-12-31" in long_ago


def test_which_version_of_each_file_is_on_the_disk(tmp_path: Path) -> None:
    etc = tmp_path / "etc/postfix"
    etc.mkdir(parents=True)
    (etc / "main.cf").write_bytes(b"old\n")
    (etc / "master.cf").write_bytes(b"by hand\n")
    files = (
        FileChange(MAIN, None, b"old\n", b"new\n"),
        FileChange(MASTER, None, b"old\n", b"new\n"),
        FileChange("/etc/postfix/sender_access", None, b"old\n", b"new\n"),
    )
    plan = Plan("", (), (), files)
    assert tuple(_versions(Door(tmp_path), plan)) == ((MAIN, OLD), (MASTER, OTHER))
    (etc / "main.cf").write_bytes(b"new\n")
    assert next(_versions(Door(tmp_path), plan)) == (MAIN, NEW)
