"""What the next start and the next boot do with postfix.service."""

from __future__ import annotations

from pathlib import Path

import pytest

from wizard.check.commands import CommandResult
from wizard.check.host import next_start
from wizard.door import Door, Outcome
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG, Finding

RUNS = "{{ path={0} ; argv[]={0} start ; ignore_errors={1} ; start_time=[n/a] ; pid=0 }}"
USUAL = "Wants=x.service\nmulti-user.target\n  postfix.service\n  sshd.service\n"


class Host(Door):
    """A host of which some files are there; systemd-analyze calls `unmet` conditions failed."""

    unmet = "ConditionPathExists=/etc/postfix/ready"

    def run(self, argv: object, *, timeout: float = 15, data: object = None) -> Outcome:
        del timeout, data
        failed = isinstance(argv, tuple) and argv[-1] == self.unmet
        return Outcome(int(failed), b"", b"Conditions failed.\n" if failed else b"")


def result(text: str) -> CommandResult:
    return CommandResult(Outcome(0, text.encode(), b""))


def begun(monkeypatch: pytest.MonkeyPatch, door: Door, **said: str) -> dict[str, Finding]:
    texts = {
        next_start.SHOW: said.get("show", "UnitFileState=enabled\nMainPID=7\n"),
        next_start.CAT: said.get("cat", ""),
        next_start.WANTED: said.get("wanted", USUAL),
        next_start.SOCKETS: said.get("sockets", "/run/x x.socket x.service\n"),
    }
    monkeypatch.setattr(next_start, "start_command", lambda _, argv: lambda: result(texts[argv]))
    return {one.id: one for one in next_start.begin_next_start(door)()}


def program(root: Path, name: str, mode: int = 0o755) -> str:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    path.chmod(mode)
    return f"/{name}"


def environ(root: Path, text: bytes) -> None:
    (root / "proc/7").mkdir(parents=True)
    (root / "proc/7/environ").write_bytes(text)


def test_a_right_unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environ(tmp_path, b"LANG=C\0MAIL_CONFIG=/etc/postfix\0")
    run = program(tmp_path, "usr/sbin/postfix")
    show = f"UnitFileState=enabled\nMainPID=7\nExecStart={RUNS.format(run, 'no')}\n"
    show += f"ExecStartPre={RUNS.format('/usr/sbin/restorecon', 'yes')}\n"
    found = begun(
        monkeypatch, Host(tmp_path), show=show, cat="[Unit]\nConditionPathExists=/etc/postfix\n"
    )
    assert {key: one.verdict for key, one in found.items()} == dict.fromkeys(
        ("unit.configuration", "unit.start", "unit.boot"), RIGHT
    )


def test_another_configuration_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environ(tmp_path, b"MAIL_CONFIG=/etc/postfix-test\0")
    found = begun(monkeypatch, Host(tmp_path))["unit.configuration"]
    assert (found.verdict, found.seen) == (WRONG, "/etc/postfix-test (MAIL_CONFIG)")


def test_a_program_of_the_next_start_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    show = f"ExecStartPre={RUNS.format('/usr/local/sbin/check-mail', 'no')}\n"
    show += f"ExecStartPre={RUNS.format('/usr/sbin/restorecon', 'yes')}\n"
    found = begun(monkeypatch, Host(tmp_path), show=show)
    assert found["unit.start"].verdict == WARNING
    (edit,) = found["unit.start"].cure.edits
    assert edit.new == "[Service]\nExecStartPre=\nExecStartPre=-/usr/sbin/restorecon start\n"
    program(tmp_path, "usr/local/sbin/check-mail", 0o644)
    assert begun(monkeypatch, Host(tmp_path), show=show)["unit.start"].verdict == WARNING
    program(tmp_path, "usr/local/sbin/check-mail")
    assert begun(monkeypatch, Host(tmp_path), show=show)["unit.start"].verdict == RIGHT


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        (Host.unmet, WARNING),
        ("ConditionPathExists=/etc/postfix", RIGHT),
        ("ConditionPathExists=|/etc/postfix/ready", RIGHT),
        (f"# {Host.unmet}", RIGHT),
        (f"{Host.unmet}\nConditionPathExists=", RIGHT),
        (f"{Host.unmet}\nAssertPathExists=", WARNING),
        (f"ConditionPathExists=\n{Host.unmet}", WARNING),
    ],
)
def test_a_condition_of_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, verdict: str
) -> None:
    found = begun(monkeypatch, Host(tmp_path), cat=f"[Unit]\n{line}\n[Service]\n")
    assert found["unit.start"].verdict == verdict


@pytest.mark.parametrize(
    ("wanted", "sockets", "verdict"),
    [
        (USUAL, "[::]:25 old-mail.socket -\n", WARNING),
        (USUAL, "[::]:2525 old-mail.socket -\n/run/a:25 a.socket -\n", RIGHT),
        ("rescue.target\n  rescue.service\n", "", WARNING),
        ("graphical.target\n  not-postfix.service\n", "", WARNING),
    ],
)
def test_the_next_boot(wanted: str, sockets: str, verdict: str) -> None:
    assert next_start.judge_boot(result(wanted), result(sockets)).verdict == verdict


def test_a_unit_that_is_not_enabled_has_its_own_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = begun(monkeypatch, Host(tmp_path), show="UnitFileState=disabled\n", wanted="x\n")
    assert "unit.boot" not in found


@pytest.mark.parametrize(
    ("run", "verdict"),
    [
        ("/bin/systemctl stop postfix", WARNING),
        ("/usr/bin/systemctl --no-block disable --now postfix.service", WARNING),
        ("/usr/sbin/postfix stop", WARNING),
        ("/usr/bin/systemctl restart postfix", RIGHT),
        ("/usr/bin/systemctl stop nginx", RIGHT),
        ("/usr/bin/systemctl stop postfix-exporter", RIGHT),
    ],
)
def test_a_timer_that_stops_it(run: str, verdict: str) -> None:
    row = f"Id=night.service\nExecStart={{ path=/x ; argv[]={run} ; ignore_errors=no ; pid=0 }}\n"
    assert next_start.judge_timers(result(f"Id=other.service\n\n{row}")).verdict == verdict


def test_timers_that_systemd_does_not_show() -> None:
    assert next_start.judge_timers(result("")).verdict == UNKNOWN
