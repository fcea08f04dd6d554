"""What runs an ACME client by itself: timers of any name, cron and anacron."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from wizard.check.certificates.jobs import Job, jobs, show_services, timer_advice
from wizard.check.certificates.renewal import renews
from wizard.door import Door

EXEC = "ExecStart={{ path=/x ; argv[]={} ; ignore_errors=no ; pid=0 ; status=0/0 }}"


def unit(name: str, **properties: str) -> str:
    return "\n".join(f"{key}={value}" for key, value in {"Id": name, **properties}.items())


def timer(
    runs: str = "x.service",
    state: str = "active",
    enabled: str = "enabled",
    sub: str = "waiting",
    calendar: str = "*-*-* 00:00:00",
) -> str:
    shown = f"{{ OnCalendar={calendar} ; next_elapse=n/a }}"
    properties = {"Triggers": runs, "ActiveState": state, "UnitFileState": enabled}
    return unit("x.timer", SubState=sub, TimersCalendar=shown, **properties)


def service(command: str, state: str = "inactive") -> str:
    return f"{EXEC.format(command)}\n{unit('x.service', ActiveState=state)}"


CROND = unit("crond.service", ActiveState="active")


@pytest.mark.parametrize(
    ("shown", "found"),
    [
        ([timer(), service("/usr/bin/certbot renew -q")], True),
        ([timer(state="inactive"), service("/usr/bin/certbot renew -q")], True),
        ([timer(state="inactive", enabled="disabled"), service("certbot renew")], False),
        ([timer(sub="elapsed"), service("certbot renew")], False),
        ([timer(), service("/bin/true")], False),
        ([timer(), service("/usr/bin/tar czf /backup/x.tgz /etc/certbot")], False),
        ([timer("other.service"), service("certbot renew")], False),
        ([timer(), service("/root/.acme.sh/acme.sh --cron")], True),
        ([timer(), service("/usr/local/bin/renew-certs")], True),
        ([timer(), f"{EXEC.format('/bin/true')}\n{service('/snap/bin/certbot renew')}"], True),
        ([service("certbot renew")], False),
    ],
)
def test_timers(tmp_path: Path, shown: list[str], found: bool) -> None:
    script = tmp_path / "usr/local/bin/renew-certs"
    script.parent.mkdir(parents=True)
    script.write_text("#!/bin/sh\n# lego\nexec /opt/certbot/bin/certbot renew\n")
    got = jobs(Door(tmp_path), "\n\n".join(shown))
    assert [one.where for one in got] == (["x.timer"] if found else [])
    assert all(one.is_running for one in got)


@pytest.mark.parametrize(
    ("shown", "fault"),
    [
        ([timer(), service("certbot renew")], ""),
        ([timer(), service("certbot renew", "failed")], "the last run of x.service failed"),
        ([timer(state="inactive"), service("certbot renew")], "enabled, and does not run"),
        ([timer(enabled="disabled"), service("certbot renew")], "not enabled for the next boot"),
        ([timer(enabled="static"), service("certbot renew")], ""),
        (
            [timer(), service("/opt/certbot/bin/certbot renew")],
            "/opt/certbot/bin/certbot is not there",
        ),
        ([timer(calendar="*-01-01 00:00:00"), service("certbot renew")], "OnCalendar=*-01-01"),
        ([timer(calendar="*-*-01 00:00:00"), service("certbot renew")], "OnCalendar=*-*-01"),
        ([timer(calendar="*-*-* 00/12:00:00"), service("certbot renew")], ""),
        ([timer(calendar="Mon *-*-* 00:00:00"), service("certbot renew")], ""),
    ],
)
def test_what_is_wrong_with_a_timer(tmp_path: Path, shown: list[str], fault: str) -> None:
    (got,) = jobs(Door(tmp_path), "\n\n".join(shown))
    assert fault in got.fault
    assert bool(got.fault) == bool(fault) == bool(got.advice)


@pytest.mark.parametrize(
    ("path", "text", "command"),
    [
        ("etc/cron.d/certbot", "0 0,12 * * * root certbot renew -q\n", "certbot renew -q"),
        ("etc/cron.d/certbot", "SHELL=/bin/sh\n@daily root certbot renew\n", "certbot renew"),
        (
            "etc/crontab",
            "12 3 * * * root /opt/certbot/bin/certbot renew\n",
            "/opt/certbot/bin/certbot renew",
        ),
        (
            "var/spool/cron/root",
            "12 3 * * * /root/.acme.sh/acme.sh --cron\n",
            "/root/.acme.sh/acme.sh --cron",
        ),
        ("var/spool/cron/crontabs/root", "@weekly certbot renew\n", "certbot renew"),
        ("etc/cron.d/certbot", "# 0 0 * * * root certbot renew\n", ""),
        ("etc/cron.d/certbot", "@reboot root certbot renew\n", ""),
        ("etc/cron.d/certbot", "0 0 * * * root tar cf /x /etc/letsencrypt\n", ""),
        ("etc/cron.d/certbot.rpmsave", "0 0 * * * root certbot renew\n", ""),
        ("etc/cron.d/.certbot", "0 0 * * * root certbot renew\n", ""),
        (
            "etc/cron.d/certbot",
            "0 */12 * * * root test -x /usr/bin/certbot -a \\! -d /run/systemd/system && certbot renew\n",
            "",
        ),
    ],
)
@pytest.mark.parametrize("daemon", [CROND, ""])
def test_cron(tmp_path: Path, path: str, text: str, command: str, daemon: str) -> None:
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text(text)
    got = jobs(Door(tmp_path), daemon)
    assert [one.command for one in got] == ([command] if command else [])
    assert all(one.is_running == bool(daemon) for one in got)
    assert all(one.where == f"/{path}" for one in got)


@pytest.mark.parametrize(("mode", "count"), [(0o755, 1), (0o644, 0)])
def test_daily_scripts_run_if_they_are_executable(tmp_path: Path, mode: int, count: int) -> None:
    script = tmp_path / "etc/cron.daily/certs"
    script.parent.mkdir(parents=True)
    script.write_text("#!/bin/sh\n/usr/bin/certbot renew\n")
    script.chmod(mode)
    got = jobs(Door(tmp_path), CROND)
    assert len(got) == count
    assert all("certbot renew" in one.text for one in got)


RENEWS = "#!/bin/sh\n/usr/bin/certbot renew\n"


@pytest.mark.parametrize(
    ("path", "line", "user"),
    [
        ("var/spool/cron/taro", "0 1 * * * certbot renew", "taro"),
        ("var/spool/cron/crontabs/taro", "@daily /usr/bin/certbot renew -q", "taro"),
        ("etc/cron.d/site", "0 1 * * *\ttaro\tcertbot renew", "taro"),
        ("etc/crontab", "@daily taro certbot renew", "taro"),
        ("etc/crontab", "@daily root\tcertbot renew", ""),
        ("var/spool/cron/a\x1b[31mb", "@daily certbot renew", "a\\x1b[31mb"),
    ],
)
def test_a_job_of_another_user_is_only_mentioned(
    tmp_path: Path, path: str, line: str, user: str
) -> None:
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text(f"{line}\n" * 300)
    got = jobs(Door(tmp_path), CROND)
    assert {one.user for one in got} == {user}
    assert user == "" or len(got) == 1
    assert [renews(one, "zeke") for one in got[:1]] == [not user]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("var/spool/cron/taro", "0 1 * * * /usr/local/bin/x"),
        ("var/spool/cron/crontabs/-x", "@daily sh /usr/local/bin/x"),
        ("etc/cron.d/site", "@daily taro /usr/local/bin/x"),
        ("etc/crontab", "@daily taro cd / && /usr/local/bin/x"),
    ],
)
def test_no_file_that_another_users_crontab_names_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, line: str
) -> None:
    script = tmp_path / "usr/local/bin/x"
    for there, text in ((script, RENEWS), (tmp_path / path, f"{line}\n")):
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_text(text)
    opened = []
    read = Door.read_bytes

    def noted(door: Door, name: str) -> bytes | None:
        opened.append(name)
        return read(door, name)

    monkeypatch.setattr(Door, "read_bytes", noted)
    assert jobs(Door(tmp_path), CROND) == ()
    assert f"/{path}" in opened
    assert "/usr/local/bin/x" not in opened


@pytest.mark.parametrize(
    ("mode", "directory", "found"),
    [
        (0o755, 0o755, 1),
        (0o777, 0o755, 0),
        (0o775, 0o755, 0),
        (0o755, 0o777, 0),
        (0o755, 0o1777, 1),
    ],
)
def test_a_script_that_others_may_write_is_not_followed(
    tmp_path: Path, mode: int, directory: int, found: int
) -> None:
    script = tmp_path / "srv/jobs/x"
    script.parent.mkdir(parents=True)
    script.write_text(RENEWS)
    script.chmod(mode)
    script.parent.chmod(directory)
    crontab = tmp_path / "var/spool/cron/root"
    crontab.parent.mkdir(parents=True)
    crontab.write_text("@daily /srv/jobs/x\n")
    assert len(jobs(Door(tmp_path), CROND)) == found
    crontab.unlink()
    assert len(jobs(Door(tmp_path), f"{timer()}\n\n{service('/srv/jobs/x')}")) == found


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to others")
@pytest.mark.parametrize("theirs", ["srv/jobs/x", "srv/jobs", "var/spool/cron/root"])
def test_what_belongs_to_others_is_not_followed(tmp_path: Path, theirs: str) -> None:
    for name, text in (("srv/jobs/x", RENEWS), ("var/spool/cron/root", "@daily /srv/jobs/x\n")):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text)
    assert len(jobs(Door(tmp_path), CROND)) == 1
    os.chown(tmp_path / theirs, 4711, 4711)
    assert jobs(Door(tmp_path), CROND) == ()


def test_a_program_is_no_script(tmp_path: Path) -> None:
    program = tmp_path / "usr/local/bin/x"
    program.parent.mkdir(parents=True)
    program.write_bytes(b"\x7fELF certbot renew")
    assert jobs(Door(tmp_path), f"{timer()}\n\n{service('/usr/local/bin/x')}") == ()
    assert jobs(Door(tmp_path), "") == ()


@pytest.mark.parametrize(
    ("state", "advice"),
    [
        ({"LoadState": "masked"}, "systemctl unmask certbot.timer"),
        ({"LoadState": "loaded"}, "`systemctl enable --now certbot.timer`"),
        ({"LoadState": "loaded", "ActiveState": "active"}, "systemctl cat certbot.service"),
        ({"LoadState": "not-found"}, ""),
    ],
)
def test_certbots_own_timer(state: dict[str, str], advice: str) -> None:
    shown = [unit("certbot-renew.timer", LoadState="not-found"), unit("certbot.timer", **state)]
    said = timer_advice("\n\n".join(shown))
    assert advice in said
    assert bool(said) == bool(advice)
    assert Job("x", "certbot", "a", "b").text == "a\nb"


def test_the_services_of_the_timers_are_shown() -> None:
    shown = [unit("a.timer", Triggers="a.service b.service"), unit("c.timer", Triggers="a.service")]
    argv = show_services("\n\n".join(shown))
    assert argv[-2:] == ("a.service", "b.service")
    assert "crond.service" in argv
    assert show_services("")[-1] == "anacron.service"
