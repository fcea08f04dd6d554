"""Runs taken back, gone on with, and returning by themselves, on real hosts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Callable

import pexpect
import pytest

from lab.host import Host
from tests.lab.program import WITHOUT_CAFE

pytestmark = pytest.mark.lab

ROOT = Path(__file__).parents[2]
ZEKE = (ROOT / "examples/zeke.toml").read_text()
PROGRAM = "/usr/local/bin/postfix-wizard"
BootHost = Callable[..., Host]

LOOK = r"""
cd /etc
find . -xdev ! -name '*.orig' ! -path './firewalld/zones/*.old' ! -path './postfix-wizard' \
    ! -path './systemd/system/multi-user.target.wants' \
    \( -type f -o -type l -o -type d \) ! -name '.pwd.lock' ! -name 'aliases.*db' -printf '%p %y %m %u %g %l\n' | sort
find . -xdev -type f ! -name '*.orig' ! -path './firewalld/zones/*' ! -name '*db' -exec sha256sum {} + | sort -k2
systemctl is-active postfix
systemctl is-enabled postfix
firewall-cmd --list-all
firewall-cmd --permanent --list-all
postmap -s hash:/etc/postfix/sender_access 2>&1
postmap -s lmdb:/etc/postfix/sender_access 2>&1
"""


@pytest.fixture
def fresh(boot_host: BootHost) -> Host:
    host = boot_host(pyz=str(ROOT / "dist/postfix-wizard.pyz"))
    return furnished(host)


def furnished(host: Host) -> Host:
    """Lay the package and the answers, so that undo has a state to come back to."""
    host.run(["dnf", "-y", "install", "postfix"], check=True, timeout=120)
    host.write("/root/zeke.toml", ZEKE, 0o600)
    return host


def wizard(host: Host, *words: str) -> tuple[int, str]:
    done = host.run([PROGRAM, *words], timeout=180)
    return done.returncode, done.stdout + done.stderr


def apply(host: Host, answers: str = "/root/zeke.toml", *words: str) -> tuple[int, str]:
    return wizard(host, "apply", "--answers", answers, "--yes", *words)


def seen(host: Host) -> str:
    """All of /etc but what undo leaves by design, the unit, the firewall, the table."""
    return host.run(["bash", "-c", LOOK]).stdout


def hostname_changed(host: Host) -> str:
    """Write answers that change one name, and return their path."""
    host.write("/root/b.toml", ZEKE.replace("cafe.zeke", "kafe.zeke"), 0o600)
    return "/root/b.toml"


def plant_trap(host: Host) -> None:
    """Let smtpd fail under a main.cf that names kafe, as a broken module of it would."""
    daemon = "/usr/libexec/postfix/smtpd"
    host.run(["mv", daemon, f"{daemon}.real"], check=True)
    trap = f'#!/bin/sh\ngrep -q kafe /etc/postfix/main.cf && exit 1\nexec {daemon}.real "$@"\n'
    host.write(daemon, trap, 0o755)


@pytest.mark.promise(8)
@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_a_first_set_up_is_taken_back_whole(boot_host: BootHost, suite: str) -> None:
    host = furnished(boot_host(suite=suite, pyz=str(ROOT / "dist/postfix-wizard.pyz")))
    before = seen(host)
    code, said = apply(host)
    assert code == 0, said
    after = seen(host)

    code, said = wizard(host, "undo", "--dry-run")
    assert code == 0, said
    assert "-myhostname = mail.zeke.ne.jp" in said
    assert "Stop postfix" in said
    assert seen(host) == after, "a dry run changes nothing"

    code, said = wizard(host, "undo", "--yes")
    assert code == 0, said
    assert seen(host) == before
    assert host.run(["test", "-e", "/etc/postfix/main.cf.orig"]).returncode == 0
    code, said = wizard(host, "undo", "--yes")
    assert code == 1, said
    assert "not taken back already" in said

    code, said = apply(host)
    assert code == 0, said
    assert seen(host) == after, "and forward again"


def test_a_rerun_is_taken_back_and_the_server_answers(fresh: Host) -> None:
    apply(fresh)
    before = seen(fresh)
    code, said = apply(fresh, hostname_changed(fresh), *WITHOUT_CAFE)
    assert code == 0, said
    code, said = wizard(fresh, "undo", "--yes")
    assert code == 0, said
    assert "It greets on port 25: 220 mail.zeke.ne.jp" in said
    assert seen(fresh) == before
    runs = wizard(fresh, "runs")[1].splitlines()[::-1]
    assert "Taken back since." in runs[1]
    assert f"took back {runs[1].split()[0]}" in runs[2]
    code, said = wizard(fresh, "undo", "--dry-run")
    assert runs[0].split()[0] in said, "the next undo takes the run before"


@pytest.mark.promise(15)
def test_an_edit_after_the_run_is_never_lost(fresh: Host) -> None:
    apply(fresh)
    main = fresh.read("/etc/postfix/main.cf") + "# the operator's own\nmail_spool_directory = /x\n"
    fresh.write("/etc/postfix/main.cf", main)
    before = seen(fresh)
    code, said = wizard(fresh, "undo", "--yes")
    assert code == 1, said
    assert "+mail_spool_directory = /x" in said, "the edit is shown"
    assert "main.cf was changed after the run" in said
    assert seen(fresh) == before
    assert len(wizard(fresh, "runs")[1].splitlines()) == 1, "a refused undo is no run"


@pytest.mark.promise(15)
def test_undo_works_with_a_broken_configuration_and_a_stopped_postfix(fresh: Host) -> None:
    apply(fresh)
    before = seen(fresh)
    apply(fresh, hostname_changed(fresh), *WITHOUT_CAFE)
    fresh.run(["systemctl", "stop", "postfix"], check=True)
    master = fresh.read("/etc/postfix/master.cf")
    fresh.write("/etc/postfix/master.cf", "this is no master.cf\n")
    assert fresh.run(["postfix", "check"]).returncode != 0
    # The file that is broken is not the run's; with it Postfix cannot start, and that is said.
    code, said = wizard(fresh, "undo", "--yes")
    assert code == 1, said
    assert "kafe" not in fresh.read("/etc/postfix/main.cf")
    fresh.write("/etc/postfix/master.cf", master)
    code, said = wizard(fresh, "resume", "--yes")
    assert code == 0, said
    assert seen(fresh) == before


@pytest.mark.promise(16)
def test_a_run_whose_server_does_not_greet_returns(fresh: Host) -> None:
    apply(fresh)
    before = seen(fresh)
    plant_trap(fresh)
    code, said = apply(fresh, hostname_changed(fresh), *WITHOUT_CAFE)
    assert code == 1, said
    assert "does not greet" in said
    *_, returned, how_on = said.strip().splitlines()
    assert returned == "What the run had changed was put back, and postfix answers as before."
    assert how_on == "Repair the cause; then `postfix-wizard apply` begins anew."
    assert seen(fresh) == before
    banner = fresh.run_outside(["bash", "-c", "exec 3<>/dev/tcp/203.0.113.1/25; head -1 <&3"])
    assert banner.stdout.startswith("220 ")
    assert wizard(fresh, "resume", "--yes")[0] == 1, "there is nothing to go on with"


@pytest.mark.promise(16)
def test_a_first_set_up_that_postfix_check_refuses_returns(fresh: Host) -> None:
    script = "/usr/libexec/postfix/postfix-script"
    fresh.run(["sed", "-i", '1a [ "$1" = check ] && exit 1', script], check=True)
    before = seen(fresh)
    code, said = apply(fresh)
    assert code == 1, said
    assert "While running postfix check" in said
    assert "What the run had changed was put back.\n" in said
    assert seen(fresh) == before


def test_what_postfix_check_finds_elsewhere_is_shown_and_stops_nothing(fresh: Host) -> None:
    fresh.write("/etc/postfix/odd", "x\n")
    fresh.run(["chown", "nobody", "/etc/postfix/odd"], check=True)
    code, said = apply(fresh)
    assert code == 0, said
    assert "warning: not owned by root: /etc/postfix/./odd" in said
    assert "Not of this run's making" in said


@pytest.mark.promise(1)
def test_a_killed_run_is_told_and_gone_on_with(boot_host: BootHost) -> None:
    host = boot_host(pyz=str(ROOT / "dist/postfix-wizard.pyz"), unimported_key=True)
    host.write("/root/zeke.toml", ZEKE, 0o600)
    screen = pexpect.spawn(
        *split(host.ssh_argv([PROGRAM, "apply", "--answers", "/root/zeke.toml", "--yes"])),
        encoding="utf-8",
        timeout=60,
    )
    screen.expect("Importing GPG key")
    (unit,) = re.findall(
        r"postfix-wizard-\S+\.service",
        host.run(["systemctl", "list-units", "--plain", "--no-legend", "postfix-wizard-*"]).stdout,
    )
    host.run(["systemctl", "kill", "--signal=KILL", "--kill-who=main", unit], check=True)
    screen.expect("no longer asked")
    screen.expect("ended without a word")
    screen.expect(pexpect.EOF)
    screen.close()
    said = wizard(host, "runs")[1]
    assert "died" in said
    assert "Cut off in 'Install Postfix'" in said
    code, said = apply(host)
    assert code == 65, said
    assert re.search(r"add: --accept cut-off-run=\S+-1$", said.rstrip()), said
    key = host.run(["sh", "-c", "ls /etc/pki/rpm-gpg/*"]).stdout.split()[0]
    host.run(["rpm", "--import", key], check=True)
    code, said = wizard(host, "resume", "--yes")
    assert code == 0, said
    assert "was cut off in the step 'Install Postfix'" in said
    assert host.run(["systemctl", "is-active", "postfix"]).stdout.strip() == "active"
    assert wizard(host, "plan")[0] == 0


SLOW = """#!/bin/sh
[ "$1" = check-fatal ] && touch /root/checking && sleep 30
exec /usr/libexec/postfix/postfix-script.real "$@"
"""


@pytest.mark.promise(31)
def test_a_run_that_was_killed_before_the_reload_and_all_runs_back(fresh: Host) -> None:
    """main.cf is as the answers say by then; that Postfix has not read it is in the plan."""
    apply(fresh)
    first = wizard(fresh, "runs")[1].split()[0]
    moved = (hostname_changed(fresh), "--section", "domains")
    script = "/usr/libexec/postfix/postfix-script"
    fresh.run(["mv", script, f"{script}.real"], check=True)
    fresh.write(script, SLOW, 0o755)
    kill = (
        "until [ -e /root/checking ]; do sleep 0.1; done; sleep 0.2; "
        "systemctl kill --signal=KILL --kill-who=all 'postfix-wizard-*'"
    )
    fresh.run(["systemd-run", "--quiet", "sh", "-c", kill], check=True)
    code, said = apply(fresh, *moved, *WITHOUT_CAFE)
    assert code == 1, said
    fresh.run(["mv", f"{script}.real", script], check=True)

    code, said = wizard(fresh, "plan", "--answers", *moved)
    assert code == 2, said
    assert "Nothing to do" not in said
    assert "1. Reload Postfix" in said
    code, said = apply(fresh, *moved, *WITHOUT_CAFE)
    assert code == 65, said
    code, said = apply(fresh, *moved, *WITHOUT_CAFE, said.split()[-2], said.split()[-1])
    assert code == 0, said
    assert wizard(fresh, "plan", "--answers", *moved)[0] == 0

    code, said = wizard(fresh, "undo", first, "--yes")
    assert code == 1, said
    assert f"`postfix-wizard undo {first} --with-later`" in said
    code, said = wizard(fresh, "undo", first, "--with-later", "--yes")
    assert code == 0, said
    for name in ("main.cf", "master.cf"):
        assert fresh.read(f"/etc/postfix/{name}") == fresh.read(f"/etc/postfix/{name}.orig")
    assert "not taken back already" in wizard(fresh, "undo", "--yes")[1]


def test_the_package_goes_only_when_it_is_asked_for(boot_host: BootHost) -> None:
    host = boot_host(pyz=str(ROOT / "dist/postfix-wizard.pyz"))
    host.write("/root/zeke.toml", ZEKE, 0o600)
    assert apply(host)[0] == 0
    words = [PROGRAM, "undo", "--remove-package", "--yes"]
    code, said = wizard(host, *words[1:])
    assert code == 1, said
    assert "dnf would remove" in said, "nobody could be asked"
    screen = pexpect.spawn(
        *split(host.ssh_argv([PROGRAM, "resume", "--yes"])), encoding="utf-8", timeout=60
    )
    screen.expect(r"\[y/N\]:")
    screen.expect(r"\[y/N\]:")
    screen.sendline("y")
    screen.expect(pexpect.EOF)
    screen.close()
    assert screen.exitstatus == 0
    assert host.run(["rpm", "-q", "postfix"]).returncode == 1


def split(argv: list[str]) -> tuple[str, list[str]]:
    return argv[0], argv[1:]
