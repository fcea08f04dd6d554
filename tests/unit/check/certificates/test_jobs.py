"""What runs an ACME client by itself: timers of any name, cron and anacron."""

from __future__ import annotations

from pathlib import Path

import pytest

from wizard.check.certificates.jobs import Job, jobs, known_timers
from wizard.door import Door

EXEC = "ExecStart={{ path=/x ; argv[]={} ; ignore_errors=no ; pid=0 ; status=0/0 }}"


def unit(name: str, **properties: str) -> str:
    return "\n".join(f"{key}={value}" for key, value in {"Id": name, **properties}.items())


def timer(
    service: str = "x.service",
    state: str = "active",
    enabled: str = "enabled",
    sub: str = "waiting",
) -> str:
    return unit("x.timer", Triggers=service, ActiveState=state, UnitFileState=enabled, SubState=sub)


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


def test_a_run_that_failed(tmp_path: Path) -> None:
    (got,) = jobs(Door(tmp_path), f"{timer()}\n\n{service('certbot renew', 'failed')}")
    assert got.failed


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


def test_a_program_is_no_script(tmp_path: Path) -> None:
    program = tmp_path / "usr/local/bin/x"
    program.parent.mkdir(parents=True)
    program.write_bytes(b"\x7fELF certbot renew")
    assert jobs(Door(tmp_path), f"{timer()}\n\n{service('/usr/local/bin/x')}") == ()
    assert jobs(Door(tmp_path), "") == ()


def test_known_timers() -> None:
    shown = [
        unit("certbot-renew.timer", LoadState="not-found"),
        unit("certbot.timer", LoadState="loaded"),
        unit("x.timer", LoadState="loaded"),
    ]
    assert known_timers("\n\n".join(shown), started=False) == ("certbot.timer",)
    assert known_timers("\n\n".join(shown), started=True) == ()
    shown[1] = unit("certbot.timer", LoadState="loaded", ActiveState="active", SubState="waiting")
    assert known_timers("\n\n".join(shown), started=True) == ("certbot.timer",)
    assert Job("x", "certbot", "a", "b").text == "a\nb"
