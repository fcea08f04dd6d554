"""The package's own scripts and dnf-automatic in mid-run, `.rpmnew`, and another release."""

from __future__ import annotations

import json

import pytest

from lab.host import Host
from tests.faults.operating import begin, told, until
from tests.lab.program import ANSWERS, PROGRAM, PYZ, ZEKE, BootHost, apply, state, wizard

pytestmark = pytest.mark.lab

UPDATE = "dnf --enablerepo=lab-updates -y update postfix"
HOLD = (
    "import fcntl, time\nlock = open('/var/lib/rpm/.rpm.lock', 'r+')\n"
    "fcntl.lockf(lock, fcntl.LOCK_EX)\nopen('/root/held', 'x')\ntime.sleep(999)"
)


def installed(host: Host) -> str:
    return host.run(["rpm", "-q", "--qf", "%{RELEASE}", "postfix"], check=True).stdout


@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_an_update_leaves_a_file_that_plan_and_status_name(boot_host: BootHost, suite: str) -> None:
    host = boot_host(suite=suite, pyz=PYZ)
    host.write(ANSWERS, ZEKE, 0o600)
    code, said = apply(host)
    assert code == 0, said
    host.run(["sh", "-c", UPDATE], check=True)
    assert installed(host).startswith("2.el")
    words = "/etc/postfix/main.cf.rpmnew: the package's new file"
    code, said = wizard(host, "plan")
    assert code == 0, said
    assert words in said
    assert "`diff /etc/postfix/main.cf.orig /etc/postfix/main.cf.rpmnew` shows them" in said
    code, said = wizard(host, "status")
    assert f"Warning: {words}" in said
    code, text = wizard(host, "status", "--json")
    assert [line.startswith(words) for line in json.loads(text)["leftovers"]] == [True]
    # What the package's scripts set anew is no drift, and undo takes the run back all the same.
    assert json.loads(text)["drifted"] == 0, text
    assert code == 0
    code, said = wizard(host, "undo", "--yes")
    assert code == 0, said
    code, said = wizard(host, "status")
    assert words in said


@pytest.mark.promise(7)
def test_an_update_between_two_steps(fresh: Host) -> None:
    """Both wait for the same lock: the run goes on rightly, or says what happened and goes back.

    On no terminal dnf gives up at once where rpm is locked: dnf-automatic's timer comes again.
    """
    fresh.run(["dnf", "-y", "install", "postfix"], check=True)
    fresh.write("/root/hold.py", HOLD)
    fresh.run(["systemd-run", "-q", "--unit=hold", "python3", "/root/hold.py"], check=True)
    until((fresh.root / "root/held").exists)
    again = f"until {UPDATE}; do sleep 0.1; done"
    fresh.run(["systemd-run", "-q", "--unit=automatic", "sh", "-c", again], check=True)
    with begin(fresh, (PROGRAM, "apply", "--answers", ANSWERS, "--yes")) as screen:
        until(lambda: "so it installs packages; waiting" in told(fresh, "*/output/*"))
        fresh.run(["systemctl", "stop", "hold"], check=True)
        said, _ = screen.communicate()
    until(lambda: installed(fresh).startswith("2.el"))
    until(lambda: fresh.run(["systemctl", "is-active", "automatic"]).returncode != 0)
    if screen.returncode != 0:
        # The update came before main.cf was written, and brought another one: nothing is half done.
        assert "stale: /etc/postfix/main.cf is not what the plan was made from" in said
        assert "Another program installed postfix-3.5.25-2.el9" in said
        assert " steps are left." in said, said
        assert "\nmyhostname = " not in fresh.read("/etc/postfix/main.cf")
        code, said = apply(fresh)
        assert code == 0, said
    code, said = wizard(fresh, "check")
    assert code == 0, said
    code, said = wizard(fresh, "plan")
    assert code == 0, said


CHANGED = {
    "main.cf": "postconf -e 'mail_spool_directory = /var/mail'",
    "master.cf": "printf 'extra unix - - n - - pipe\\n  argv=/bin/true\\n' >>/etc/postfix/master.cf",
}


@pytest.mark.parametrize("name", CHANGED)
def test_a_script_that_changed_a_file_meanwhile_is_named(fresh: Host, name: str) -> None:
    """An older update added to a file as `upgrade-configuration` does: it is not overwritten."""
    fresh.run(["dnf", "-y", "install", "postfix"], check=True)
    fresh.write("/root/hold.py", HOLD)
    fresh.run(["systemd-run", "-q", "--unit=hold", "python3", "/root/hold.py"], check=True)
    until((fresh.root / "root/held").exists)
    with begin(fresh, (PROGRAM, "apply", "--answers", ANSWERS, "--yes")) as screen:
        until(lambda: "so it installs packages; waiting" in told(fresh, "*/output/*"))
        fresh.run(["sh", "-c", CHANGED[name]], check=True)
        fresh.run(["systemctl", "stop", "hold"], check=True)
        said, _ = screen.communicate()
    assert screen.returncode == 1, said
    assert f"stale: /etc/postfix/{name} is not what the plan was made from" in said
    assert "Another program installed postfix-3." in said
    # A new plan sees what was added, and keeps it.
    code, said = apply(fresh)
    assert code == 0, said
    assert ("mail_spool_directory" in fresh.read("/etc/postfix/main.cf")) or name == "master.cf"
    code, said = wizard(fresh, "check")
    assert code == 0, said


@pytest.mark.parametrize(
    "script",
    [
        "postfix set-permissions",
        "chmod 640 /etc/postfix/main.cf; chgrp postfix /etc/postfix/master.cf; touch /etc/postfix/*",
    ],
)
def test_modes_and_times_that_scripts_set_stop_nothing(fresh: Host, script: str) -> None:
    code, said = apply(fresh)
    assert code == 0, said
    fresh.run(["sh", "-c", script])
    code, said = wizard(fresh, "plan")
    assert code == 0, said
    code, said = wizard(fresh, "undo", "--yes")
    assert code == 0, said
    code, said = apply(fresh)
    assert code == 0, said


def upgraded(host: Host) -> None:
    """Let the host say that it was upgraded in place, as leapp leaves os-release."""
    script = (
        "sed -i 's/^VERSION_ID=.*/VERSION_ID=\"10.0\"/; s/9\\.4/10.0/' /usr/lib/os-release; "
        "sed -i 's/release 9.4/release 10.0/' /etc/redhat-release"
    )
    host.run(["sh", "-c", script], check=True)


def test_a_run_of_another_release_is_neither_undone_nor_resumed(fresh: Host) -> None:
    code, said = apply(fresh)
    assert code == 0, said
    upgraded(fresh)
    before = state(fresh)
    for words in (["undo", "--yes"], ["undo", "--dry-run"]):
        code, said = wizard(fresh, *words)
        assert code == 1, said
        assert "was recorded on release 9 of this distribution, and this is release 10" in said
        assert "/replaced: take from there by hand" in said
    assert state(fresh) == before
    # A new plan is of this release, and its run can be undone.
    fresh.run(["sh", "-c", "sed -i 's/^use = .*/use = []/' /root/answers.toml"], check=True)
    section = ("--answers", ANSWERS, "--section", "blocklists", "--yes")
    code, said = wizard(fresh, "apply", *section)
    assert code == 0, said
    code, said = wizard(fresh, "undo", "--yes")
    assert code == 0, said


def test_a_killed_run_of_another_release_is_not_resumed(fresh: Host) -> None:
    fresh.run(["dnf", "-y", "install", "postfix"], check=True)
    fresh.write("/root/hold.py", HOLD)
    fresh.run(["systemd-run", "-q", "--unit=hold", "python3", "/root/hold.py"], check=True)
    until((fresh.root / "root/held").exists)
    with begin(fresh, (PROGRAM, "apply", "--answers", ANSWERS, "--yes")) as screen:
        until(lambda: "so it installs packages; waiting" in told(fresh, "*/output/*"))
        fresh.run(["sh", "-c", "systemctl kill -s KILL 'postfix-wizard-*'"], check=True)
        screen.communicate()
    fresh.run(["systemctl", "stop", "hold"], check=True)
    upgraded(fresh)
    before = state(fresh)
    code, said = wizard(fresh, "resume", "--yes")
    assert code == 1, said
    assert "was recorded on release 9" in said
    assert state(fresh) == before
    # A plan names the run, and no command that would refuse.
    code, said = wizard(fresh, "plan", "--answers", ANSWERS)
    assert "So it is neither resumed nor undone." in said
    assert "postfix-wizard resume" not in said
