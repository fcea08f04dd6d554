"""Hosts with another mail server: it is stopped for Postfix, and undo gives it all back."""

from __future__ import annotations

import os
import signal

import pexpect
import pytest

from lab.host import Host
from tests.faults.operating import begin, worker_in_step
from tests.lab.program import ANSWERS, PROGRAM, PYZ, ZEKE, BootHost, apply, state, wizard

pytestmark = pytest.mark.lab

NAMES = {"sendmail": "Sendmail", "exim": "Exim"}
SUITES = [("el9", "sendmail"), ("el10", "sendmail"), ("el9", "exim"), ("el10", "exim")]


def ready(boot_host: BootHost, suite: str, *mtas: str, start: str = "") -> Host:
    host = boot_host(suite=suite, pyz=PYZ)
    host.write(ANSWERS, ZEKE, 0o600)
    host.run(["dnf", "-y", "install", *mtas], check=True)
    if start:
        host.run(["systemctl", "enable", "--now", start], check=True)
    return host


def greeting(host: Host) -> str:
    """What port 25 says first, "" where nobody listens."""
    script = "timeout 5 bash -c 'read -r line </dev/tcp/127.0.0.1/25; echo \"$line\"'"
    return host.run(["sh", "-c", script]).stdout.strip()


UNITS = ("sendmail", "sm-client", "exim", "postfix")


def seen(host: Host) -> dict[str, str]:
    """The alternative as alternatives(8) displays it, and the units, but for Postfix's package."""
    shown = host.run(["alternatives", "--display", "mta"]).stdout
    lines = [line for line in shown.splitlines() if "postfix" not in line or "points to" in line]
    found = {"alternative": "\n".join(line for line in lines if not line.startswith(" follower"))}
    for unit in UNITS:
        words = [host.run(["systemctl", verb, unit]).stdout for verb in ("is-enabled", "is-active")]
        found[unit] = " ".join("".join(words).split())
    found["link"] = host.run(["readlink", "-f", "/usr/sbin/sendmail"]).stdout.strip()
    # A unit that was never there, or of a package that stays, says nothing of the other server.
    found["postfix"] = found["postfix"].replace("disabled ", "")
    return found


def tells(host: Host, mta: str) -> None:
    """The plan shows the steps, and changes nothing."""
    before = state(host)
    code, said = wizard(host, "plan", "--answers", ANSWERS)
    assert code == 2, said
    assert f"Stop {NAMES[mta]}" in said
    assert f"systemctl disable --now {mta}.service" in said
    assert "Let sendmail(1) be Postfix's" in said
    assert "alternatives --set mta /usr/sbin/sendmail.postfix" in said
    assert "In the way" not in said
    assert state(host) == before


def is_postfix(host: Host) -> None:
    assert "ESMTP Postfix" in greeting(host) or "ESMTP" in greeting(host)
    assert seen(host)["link"] == "/usr/sbin/sendmail.postfix"
    assert "mail.zeke.ne.jp" in greeting(host)
    code, said = wizard(host, "check")
    assert code == 0, said


@pytest.mark.promise(44)
@pytest.mark.parametrize(("suite", "mta"), SUITES)
def test_a_whole_life_with_another_server(boot_host: BootHost, suite: str, mta: str) -> None:
    host = ready(boot_host, suite, mta, start=mta)
    before, said_first = seen(host), greeting(host)
    assert NAMES[mta] in said_first
    tells(host, mta)
    code, said = apply(host)
    assert code == 0, said
    is_postfix(host)
    now = seen(host)
    assert now[mta] == "disabled inactive"
    assert now["sm-client"] in {"disabled inactive", before["sm-client"]}
    # Once more there is nothing to do.
    code, said = wizard(host, "plan")
    assert (code, said.count("Nothing to do")) == (0, 1), said
    code, said = wizard(host, "undo", "--yes")
    assert code == 0, said
    assert greeting(host) == said_first
    after = seen(host)
    assert "postfix" not in host.run(["pgrep", "-l", "master"]).stdout
    if mta == "exim":
        # Postfix's package stays, and alternatives would choose it: so it is set to Exim.
        assert "`alternatives --auto mta` undoes that" in said
        after["alternative"] = before["alternative"]
    assert after == {**before, "postfix": "inactive"}


@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_a_server_that_only_starts_at_boot_and_an_alternative_by_hand(
    boot_host: BootHost, suite: str
) -> None:
    """Two other servers: neither runs, one is enabled, and the other is sendmail(1) by hand."""
    host = ready(boot_host, suite, "sendmail", "exim")
    host.run(["systemctl", "enable", "exim"], check=True)
    host.run(["alternatives", "--set", "mta", "/usr/sbin/sendmail.exim"], check=True)
    host.run(["systemctl", "disable", "sm-client"], check=True)
    before = seen(host)
    code, said = wizard(host, "plan", "--answers", ANSWERS)
    assert code == 2, said
    assert "Stop Exim" in said
    assert "Stop Sendmail" not in said
    code, said = apply(host)
    assert code == 0, said
    is_postfix(host)
    assert seen(host)["exim"] == "disabled inactive"
    remove_package(host, taken=True)
    assert seen(host) | {"postfix": ""} == {**before, "postfix": ""}


@pytest.mark.parametrize("taken", [True, False])
def test_the_other_server_runs_whether_or_not_the_package_goes(
    boot_host: BootHost, taken: bool
) -> None:
    """dnf asks before it removes Postfix: the other server is back by then."""
    host = ready(boot_host, "el9", "exim", start="exim")
    before, said_first = seen(host), greeting(host)
    code, said = apply(host)
    assert code == 0, said
    remove_package(host, taken=taken)
    assert greeting(host) == said_first
    after = seen(host)
    if not taken:
        after["alternative"] = before["alternative"]
    assert after | {"postfix": ""} == {**before, "postfix": ""}


def remove_package(host: Host, *, taken: bool) -> None:
    """Undo with --remove-package over ssh, and answer dnf's question."""
    program, *words = host.ssh_argv([PROGRAM, "undo", "--yes", "--remove-package"])
    with pexpect.spawn(program, words, encoding="utf-8") as child:
        child.expect(r"Is this ok \[y/N\]:", timeout=120)
        child.sendline("y" if taken else "n")
        child.expect(pexpect.EOF, timeout=120)
    assert host.run(["rpm", "-q", "postfix"]).returncode == (1 if taken else 0)


def test_only_installed_it_is_sendmail_alone(boot_host: BootHost) -> None:
    """A server that is neither running nor enabled is not stopped; undo does not enable it."""
    host = ready(boot_host, "el9", "sendmail")
    before = seen(host)
    code, said = wizard(host, "plan", "--answers", ANSWERS)
    assert code == 2, said
    assert "Stop Sendmail" not in said
    assert "alternatives --set mta /usr/sbin/sendmail.postfix" in said
    code, said = apply(host)
    assert code == 0, said
    is_postfix(host)
    code, said = wizard(host, "undo", "--yes")
    assert code == 0, said
    assert seen(host) == {**before, "postfix": "inactive"}


def test_mail_in_the_other_queue_is_told_and_stays(boot_host: BootHost) -> None:
    host = ready(boot_host, "el9", "sendmail", start="sendmail")
    host.run(["sh", "-c", "echo one | sendmail root; echo two | sendmail root"], check=True)
    queue = host.run(["sh", "-c", "sha256sum /var/spool/mqueue/*"], check=True).stdout
    code, said = wizard(host, "plan", "--answers", ANSWERS)
    assert code == 2, said
    assert "Sendmail has 2 messages in its queue (/var/spool/mqueue)" in said
    assert "`/usr/sbin/sendmail.sendmail -q -v`" in said
    code, said = apply(host)
    assert code == 0, said
    assert "Sendmail has 2 messages" in said
    assert host.run(["sh", "-c", "sha256sum /var/spool/mqueue/*"]).stdout == queue
    code, said = wizard(host, "undo", "--yes")
    assert code == 0, said
    assert host.run(["sh", "-c", "sha256sum /var/spool/mqueue/*"]).stdout == queue


@pytest.mark.promise(1)
@pytest.mark.parametrize("step", ["install", "stop-sendmail", "sendmail", "service", "check"])
@pytest.mark.parametrize("way", ["resume", "undo"])
def test_killed_at_each_step_it_goes_on_or_back(boot_host: BootHost, step: str, way: str) -> None:
    host = ready(boot_host, "el9", "sendmail", start="sendmail")
    before, said_first = seen(host), greeting(host)
    with begin(host, (PROGRAM, "apply", "--answers", ANSWERS, "--yes")) as screen:
        os.kill(worker_in_step(host, step), signal.SIGKILL)
        screen.communicate()
    code, said = wizard(host, "resume", "--yes") if way == "resume" else (0, "")
    assert code == 0, said
    if way == "resume":
        is_postfix(host)
    code, said = wizard(host, "undo", "--yes")
    assert code == 0 or "changed nothing" in said or "no run changed" in said, said
    assert greeting(host) == said_first
    assert seen(host) | {"postfix": ""} == {**before, "postfix": ""}


@pytest.mark.promise(44)
def test_a_run_that_returns_gives_the_other_server_back(boot_host: BootHost) -> None:
    """Something else takes port 465 while Postfix starts, so Postfix does not come up."""
    host = ready(boot_host, "el9", "sendmail", start="sendmail")
    before, said_first = seen(host), greeting(host)
    host.run(["dnf", "-y", "install", "postfix"], check=True)
    host.run(["mkdir", "-p", "/etc/systemd/system/postfix.service.d"], check=True)
    host.write("/etc/systemd/system/postfix.service.d/no.conf", "[Service]\nExecStartPre=false\n")
    host.run(["systemctl", "daemon-reload"], check=True)
    code, said = apply(host)
    assert code == 1, said
    assert "What the run had changed was put back" in said
    assert greeting(host) == said_first
    assert seen(host) | {"postfix": ""} == {**before, "postfix": ""}
    # The run is over: nothing is left to undo.
    code, said = wizard(host, "undo", "--yes")
    assert code == 1, said


def test_what_was_done_by_hand_since_stays(boot_host: BootHost) -> None:
    """The other server was removed, or sendmail(1) set to a third one, before the undo."""
    host = ready(boot_host, "el9", "sendmail", "exim", start="sendmail")
    code, said = apply(host)
    assert code == 0, said
    host.run(["dnf", "-y", "remove", "sendmail"], check=True)
    host.run(["alternatives", "--set", "mta", "/usr/sbin/sendmail.exim"], check=True)
    code, said = wizard(host, "undo", "--yes")
    assert code == 0, said
    assert "mta was set to /usr/sbin/sendmail.exim since: it stays so" in said
    assert "sendmail.service: not installed any more, so it stays as it is" in said
    assert "status is manual" in seen(host)["alternative"]
    assert seen(host)["link"] == "/usr/sbin/sendmail.exim"


HOLD = "import socket, time\ns = socket.create_server(('', {port}))\ntime.sleep(999)"


def held(host: Host, port: int, *, how: tuple[str, ...]) -> None:
    host.write("/root/hold.py", HOLD.format(port=port))
    # What stays in the background must not hold the pipes of this call.
    line = [*how, "python3", "/root/hold.py"]
    host.run(["sh", "-c", '"$@" >/dev/null 2>&1 </dev/null', "sh", *line], check=True)
    script = f"until ss -Hnlt sport = :{port} | grep -q .; do sleep 0.05; done"
    host.run(["sh", "-c", script], check=True)


HOLDERS = {
    "a unit": (25, ("systemd-run", "-q", "--unit=hold"), ", unit hold.service); stop and disable"),
    "a container": (
        25,
        ("systemd-run", "-q", "--scope", "--unit=libpod-0123abcd", "setsid", "-f"),
        ", unit libpod-0123abcd.scope); it is in a container: stop that first",
    ),
    "a session": (
        465,
        ("systemd-run", "-q", "--scope", "--unit=session-7", "setsid", "-f"),
        ", unit session-7.scope); stop and disable",
    ),
    "no unit": (587, ("setsid", "-f"), "); stop and disable"),
}


@pytest.mark.promise(44)
@pytest.mark.parametrize("name", HOLDERS)
def test_an_unknown_program_on_a_port_is_named(fresh: Host, name: str) -> None:
    port, how, words = HOLDERS[name]
    held(fresh, port, how=how)
    code, said = wizard(fresh, "plan", "--answers", ANSWERS)
    assert code == 1, said
    assert f"port {port} (" in said
    assert "is used by python3 (process " in said
    assert words in said, said


def test_a_postfix_that_systemd_did_not_start_and_a_socket_unit(fresh: Host) -> None:
    fresh.run(["dnf", "-y", "install", "postfix"], check=True)
    scope = ["systemd-run", "-q", "--scope", "--unit=session-9", "postfix", "start"]
    fresh.run(scope, check=True)
    code, said = wizard(fresh, "plan", "--answers", ANSWERS)
    assert code == 1, said
    assert (
        "unit session-9.scope); it is a Postfix that systemd did not start: `postfix stop`" in said
    )
    fresh.run(["postfix", "stop"], check=True)
    units = "/etc/systemd/system/mail25"
    fresh.write(f"{units}.socket", "[Socket]\nListenStream=25\nAccept=no\n")
    fresh.write(f"{units}.service", "[Service]\nExecStart=/bin/cat\n")
    fresh.run(["sh", "-c", "systemctl daemon-reload; systemctl start mail25.socket"], check=True)
    code, said = wizard(fresh, "plan", "--answers", ANSWERS)
    assert code == 1, said
    assert "is used by systemd (process 1, unit init.scope); a socket unit has it" in said


def test_a_section_alone_stops_no_server(boot_host: BootHost) -> None:
    """`--section networks` changes its own section only, and says who has the port."""
    host = ready(boot_host, "el9", "sendmail", start="sendmail")
    code, said = wizard(host, "plan", "--answers", ANSWERS, "--section", "networks")
    assert code == 1, said
    assert "unit sendmail.service); a run of all sections stops Sendmail" in said
    assert "alternatives --set" not in said
    code, said = wizard(host, "plan", "--answers", ANSWERS, "--section", "limits")
    assert "sendmail" not in said.lower().replace("sendmail_", ""), said
