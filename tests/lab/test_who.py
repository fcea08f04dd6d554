"""Who did it, over real ssh and sudo: in the journal, in `runs`, and in /var/log/secure."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import time
from typing import Any

import pytest

from lab import extras
from lab.host import Host
from tests.lab.program import ANSWERS, PROGRAM, PYZ, ZEKE, BootHost, wizard

pytestmark = [pytest.mark.lab, pytest.mark.promise(55)]

PUBLIC = ZEKE.replace('"192.168.1.0/24"', '"192.168.1.0/24", "198.51.100.0/24"')
ACCEPTED = "public-range=198.51.100.0/24"
OPERATOR = "192.168.1.2"
RUNS = "/var/lib/postfix-wizard/runs"


def sudoers(host: Host) -> None:
    """Give the host sudo, and its user taro the operator's key and every right."""
    extras.install(host, ("sudo",))
    host.write("/etc/sudoers", "Defaults env_reset\ntaro ALL=(ALL) NOPASSWD: ALL\n", 0o440)
    script = (
        "install -d -o taro -g taro -m 700 /home/taro/.ssh;"
        "install -o taro -g taro -m 600 /root/.ssh/authorized_keys /home/taro/.ssh/"
    )
    host.run(["sh", "-c", script], check=True)


def over_ssh(host: Host, line: str) -> tuple[int, str]:
    """Run a shell line as taro, who logs in by ssh."""
    argv = [re.sub("^root@", "taro@", word) for word in map(str, host.ssh_argv(line, tty=False))]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=180, check=False)
    return done.returncode, done.stdout + done.stderr


def sudo(host: Host, *words: str) -> tuple[int, str]:
    return over_ssh(host, shlex.join(["sudo", PROGRAM, *words]))


def records(host: Host, run: str) -> list[dict[str, Any]]:
    lines = host.read(f"{RUNS}/{run}/journal").splitlines()
    return [json.loads(line.partition(" ")[2]) for line in lines]


def attempts(host: Host, run: str) -> list[dict[str, Any]]:
    return [one["record"] for one in records(host, run) if one["kind"] == "RunStarted"]


def secure(host: Host) -> list[str]:
    """Return our lines of rsyslog's file, once the last of them had time to arrive."""
    time.sleep(1)
    lines = host.read("/var/log/secure").splitlines()
    return [line for line in lines if " postfix-wizard[" in line]


def assert_is_taro(by: dict[str, Any], uid: int) -> None:
    assert (by["loginuid"], by["login_user"], by["sudo_user"]) == (uid, "taro", "taro")
    assert re.fullmatch(rf"{OPERATOR} \d+ 192\.168\.1\.1 22", by["ssh_connection"])


@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_run_acceptance_resume_and_undo_name_who_did_them(boot_host: BootHost, suite: str) -> None:
    host = boot_host(suite=suite, pyz=PYZ, unimported_key=True)
    sudoers(host)
    host.write(ANSWERS, PUBLIC, 0o600)
    uid = int(host.run(["id", "-u", "taro"], check=True).stdout)
    code, said = sudo(host, "apply", "--answers", ANSWERS, "--yes", "--accept", ACCEPTED)
    assert code == 1, "nobody is there to agree to the key's import"
    key = host.run(["sh", "-c", "ls /etc/pki/rpm-gpg/*"]).stdout.split()[0]
    host.run(["rpm", "--import", key], check=True)
    code, said = sudo(host, "resume", "--yes")
    assert code == 0, said
    code, said = sudo(host, "undo", "--yes")
    assert code == 0, said

    listed = json.loads(wizard(host, "runs", "--json")[1])["runs"]
    run, undo = (one["run"] for one in listed)
    assert_is_taro(records(host, run)[0]["record"]["by"], uid)
    assert_is_taro(records(host, undo)[0]["record"]["by"], uid)
    first, second = attempts(host, run)
    for one in (first, second, *attempts(host, undo)):
        assert_is_taro(one["by"], uid)
    assert first["accepted"] == [ACCEPTED]
    assert_is_taro(listed[0]["by"], uid)
    assert_is_taro(listed[0]["resumed_by"][0], uid)
    shown = wizard(host, "runs")[1]
    assert shown.count(f"taro from {OPERATOR}") == 3

    lines = secure(host)
    acts = [re.findall(r'act="(\w+)" run="([^"]+)"', line)[0] for line in lines]
    assert acts == [("apply", run), ("accept", run), ("resume", run), ("undo", undo)]
    assert f'accepted="{ACCEPTED}"' in lines[1]
    assert f'undoes="{run}"' in lines[3]
    for line in lines:
        assert f'loginuid="{uid}" login_user="taro" sudo_user="taro"' in line
        assert f'ssh_connection="{OPERATOR} ' in line


HOSTILE = {
    "a control sequence": "\x1b]0;owned\x07taro",
    "a second line": "taro\nNov 28 00:00:00 ace sshd[1]: Accepted password for root",
    "a second field": 'taro" act="undo',
    "an option": "-rf",
    "a path": "../../../etc/shadow",
    "eight bits": "ta\udcffro",
    "a turned line": "taro\u202eorat",
}


def test_what_the_environment_forges_reaches_no_log(boot_host: BootHost) -> None:
    """Root may set what root likes: it is left out, and the kernel's own record stays."""
    host = boot_host(pyz=PYZ)
    host.run(["dnf", "-y", "install", "postfix"], check=True, timeout=120)
    host.write(ANSWERS, ZEKE, 0o600)
    wizard(host, "apply", "--answers", ANSWERS, "--yes")
    for number, (name, value) in enumerate(HOSTILE.items()):
        limit = f"{ZEKE}\n[limits]\ndefault_process_limit = {101 + number}\n"
        host.write(ANSWERS, limit, 0o600)
        environment = {"SUDO_USER": value, "SSH_CONNECTION": f"{value} 1 {value} 22"}
        words = ("apply", "--answers", ANSWERS, "--section", "limits", "--yes")
        code, said = wizard(host, *words, **environment)
        assert code == 0, (name, said)
    listed = json.loads(wizard(host, "runs", "--json")[1])["runs"]
    assert len(listed) == len(HOSTILE) + 1
    for one in listed[1:]:
        assert (one["by"]["sudo_user"], one["by"]["ssh_connection"]) == ("", "")
    lines = secure(host)
    assert len(lines) == len(HOSTILE) + 1
    assert all(line.isprintable() and 'sudo_user=""' in line for line in lines)
