"""Signatures and faults: kills of the second run, a full disk, a signer that does not serve, a wrong signature."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from lab import sink
from lab.host import Host
from tests.faults.operating import begin, until, worker
from tests.lab.program import ANSWERS, PROGRAM, PYZ, BootHost, apply, wizard
from tests.lab.test_dkim import (
    BASE,
    DOMAINS,
    FRIEND,
    KEYS,
    ON,
    POSTFIX,
    TABLES,
    ZONE,
    first_run,
    is_signed,
    messages,
    publish,
    record,
    send,
    texts,
    verdicts,
)

pytestmark = pytest.mark.lab

SECOND = ("SigningTable", "dkim-service", "dkim-member", "main.cf", "service", "dkim-signature")
RUN = (PROGRAM, "apply", "--answers", ANSWERS, "--yes", "--section", "dkim")


def journals(host: Host) -> list[Path]:
    found = (host.root / "var/lib/postfix-wizard/runs").glob("*/journal")
    return sorted(found, key=lambda one: int(one.parent.name.rpartition("-")[2]))


def newest(host: Host) -> str:
    return journals(host)[-1].read_text(errors="replace")


def in_step(host: Host, step: str) -> None:
    """Wait until the newest run has begun a step."""
    until(lambda: f'"StepStarted","record":{{"step":"{step}"}}' in newest(host))


def begun(host: Host) -> subprocess.Popen[str]:
    """Start a run of the section, and wait until its worker has a journal."""
    before = len(journals(host))
    screen = begin(host, RUN)
    until(lambda: len(journals(host)) > before and "RunStarted" in newest(host))
    return screen


def groups(host: Host) -> list[str]:
    return host.run(["id", "-nG", "postfix"], check=True).stdout.split()


def signs(host: Host) -> bool:
    return "opendkim.sock" in host.run(["postconf", "-h", "non_smtpd_milters"]).stdout


@pytest.mark.promise(1)
@pytest.mark.parametrize("way", ["resume", "undo"])
def test_a_second_run_that_is_killed_goes_on_or_back(boot_host: BootHost, way: str) -> None:
    host = first_run(boot_host, "el9")
    publish(host, *(record(host, one) for one in DOMAINS))
    before = texts(host, *POSTFIX, *TABLES)
    for step in SECOND:
        with begun(host) as screen:
            pid = worker(host)
            in_step(host, step)
            os.kill(pid, signal.SIGKILL)
            screen.communicate()
        code, said = wizard(host, way, "--yes")
        assert code == 0, (step, said)
        if way == "resume":
            assert signs(host), step
            assert "wrong" not in verdicts(host).values(), step
            code, said = wizard(host, "undo", "--yes")
            assert code == 0, (step, said)
        assert texts(host, *POSTFIX, *TABLES) == before, step
        assert not signs(host)
        assert "opendkim" not in groups(host), step
        assert host.run(["systemctl", "is-active", "opendkim"]).stdout.strip() == "active"
        # Nothing of the proof stays behind.
        assert "postfix-wizard" not in host.run(["postqueue", "-p"]).stdout
    code, said = apply(host, "--section", "dkim")
    assert code == 0, said
    assert "wrong" not in verdicts(host).values()


SMALL = (
    "cp -a /etc/opendkim /root/copy && mount -t tmpfs -o mode=755,size=1m tmpfs /etc/opendkim && "
    "cp -a /root/copy/. /etc/opendkim"
)
FULL = (
    "dd if=/dev/zero of=/etc/opendkim/ballast bs=4k 2>/dev/null; "
    "truncate -s -{room} /etc/opendkim/ballast"
)
ROOMS = (0, 4096, 2 * 4096)
"""Bytes that are free. Each of the two keys, and the next text of a table, takes a page of 4096 bytes."""


def test_a_disk_that_fills_up_leaves_no_half_key_or_table(boot_host: BootHost) -> None:
    """A disk that is full before the run is named by the plan."""
    host = boot_host(epel=True, pyz=PYZ)
    host.write(ANSWERS, BASE, 0o600)
    assert apply(host)[0] == 0
    host.run(["dnf", "-y", "install", "opendkim"], check=True)
    stock, before = texts(host, *TABLES), texts(host, *POSTFIX)
    host.write(ANSWERS, ON, 0o600)
    host.run(["sh", "-c", SMALL], check=True)
    named = set()
    for room in ROOMS:
        with begun(host) as screen:
            pid = worker(host)
            os.kill(pid, signal.SIGSTOP)
            host.run(["sh", "-c", FULL.format(room=room)], check=True)
            os.kill(pid, signal.SIGCONT)
            said, _ = screen.communicate()
        assert screen.returncode != 0, (room, said)
        assert re.search("No space left|Is the disk full", said), (room, said)
        named |= set(re.findall(r"s1\.private|KeyTable|SigningTable|TrustedHosts", said))
        found = ["find", "/etc/opendkim", "-type", "f", "-printf", "%f %s\\n"]
        rows = [one.split() for one in host.run(found, check=True).stdout.splitlines()]
        names = {name.removesuffix(".orig") for name, _ in rows}
        assert names <= {"KeyTable", "SigningTable", "TrustedHosts", "ballast", "s1.private"}
        assert all(int(size) > 1600 for name, size in rows if name == "s1.private")
        host.run(["rm", "/etc/opendkim/ballast"], check=True)
        assert texts(host, *POSTFIX) == before
        for way in ("resume", "undo"):
            code, said = wizard(host, way, "--yes")
            assert code == 0, (room, way, said)
        assert texts(host, *TABLES) == stock, room
        assert texts(host, *POSTFIX) == before
        host.run(["sh", "-c", "rm -rf /etc/opendkim/keys/*"], check=True)
    assert {"s1.private", "KeyTable"} <= named
    code, said = apply(host, "--section", "dkim")
    assert code == 0, said
    assert "wrong" not in verdicts(host).values()


LISTEN = """
import socket, time
server = socket.socket(socket.AF_UNIX)
server.bind("/run/opendkim/opendkim.sock")
server.listen()
while True:
    link, _ = server.accept()
    try:
        {answer}
    except OSError:
        pass
"""
INSTEAD = {
    "hangs before its socket": ("/bin/sleep 999", "no socket"),
    "takes a connection and hangs": ("time.sleep(999)", "does not answer"),
    "is another program": (
        "link.recv(64); link.sendall(b'220 mail ESMTP\\r\\n'); link.recv(64); link.close()",
        "is not a milter",
    ),
}


def test_a_signer_that_does_not_serve_makes_the_run_return(boot_host: BootHost) -> None:
    """Its unit counts as started each time."""
    host = boot_host(epel=True, pyz=PYZ)
    host.write(ANSWERS, BASE, 0o600)
    assert apply(host)[0] == 0
    host.run(["dnf", "-y", "install", "opendkim"], check=True)
    before = texts(host, *TABLES, *POSTFIX)
    host.write(ANSWERS, ON, 0o600)
    drop_in = "/etc/systemd/system/opendkim.service.d/instead.conf"
    host.run(["mkdir", "-p", str(Path(drop_in).parent)], check=True)
    for name, (does, expected) in INSTEAD.items():
        command = does if does.startswith("/") else "/usr/bin/python3 /usr/local/lib/instead.py"
        host.write("/usr/local/lib/instead.py", LISTEN.format(answer=does), 0o644)
        host.write(drop_in, f"[Service]\nType=simple\nExecStart=\nExecStart={command}\n", 0o644)
        host.run(["systemctl", "daemon-reload"], check=True)
        code, said = apply(host, "--section", "dkim")
        assert code != 0, name
        assert expected in said, (name, said)
        assert "What the run had changed was put back" in said, (name, said)
        assert texts(host, *TABLES, *POSTFIX) == before, name
        assert host.run(["systemctl", "is-active", "opendkim"]).stdout.strip() == "inactive"
    host.run(["sh", "-c", f"rm {drop_in}; systemctl daemon-reload"], check=True)
    code, said = apply(host, "--section", "dkim")
    assert code == 0, said


def test_a_signature_that_is_not_right_makes_the_run_return(boot_host: BootHost) -> None:
    """A row of the operator counts first, and signs with a key that is not published."""
    host = first_run(boot_host, "el9")
    publish(host, *(record(host, one) for one in DOMAINS))
    key = f"{KEYS}/cafe.zeke.ne.jp/s1.private"
    for path, row in (
        ("KeyTable", f"mine zeke.ne.jp:mine:{key}"),
        ("SigningTable", "*@zeke.ne.jp mine"),
    ):
        file = f"/etc/opendkim/{path}"
        host.write(file, f"{row}\n{host.read(file)}", 0o640)
        host.run(["chown", "opendkim:opendkim", file], check=True)
    before = texts(host, *POSTFIX, *TABLES)
    code, said = apply(host, "--section", "dkim")
    assert code != 0
    assert "no signature of zeke.ne.jp with the selector s1" in said, said
    assert "What the run had changed was put back" in said, said
    assert texts(host, *POSTFIX, *TABLES) == before
    assert not signs(host)
    host.run(["systemctl", "is-active", "opendkim"], check=True)
    assert "double-bounce" not in host.run(["postqueue", "-p"]).stdout


def test_what_cannot_be_observed_is_not_known_and_fails_nothing(boot_host: BootHost) -> None:
    """Mail of this host's programs is not signed by this run while Postfix is stopped."""
    host = first_run(boot_host, "el9")
    publish(host, *(record(host, one) for one in DOMAINS))
    host.run(["systemctl", "stop", "postfix"], check=True)
    _, said = apply(host, "--section", "dkim")
    assert "a message from zeke.ne.jp: not known: postfix is inactive" in said, said
    assert signs(host)


LOCAL = [f"d{at}.zeke.ne.jp" for at in range(7)] + ["a.d1.zeke.ne.jp"]
TEN = (*DOMAINS, *LOCAL)


def test_ten_domains_parents_and_children_sign_each_with_its_own_key(
    boot_host: BootHost, tmp_path: Path
) -> None:
    names = ", ".join(f'"{one}"' for one in TEN)
    zone = f'\n[dns]\nzone_file = "{ZONE}"\npublish = ["dkim"]\n'
    host = first_run(boot_host, "el9", f"{ON}domains = [{names}]\n{zone}")
    code, said = apply(host, "--section", "dkim")
    assert code == 0, said
    assert len(re.findall(r"right +a message from (\S+): signed with s1", said)) == len(TEN)
    host.start_dovecot()
    senders = {one: one for one in TEN} | {"b.a.d1.zeke.ne.jp": "a.d1.zeke.ne.jp"}
    with sink.serve(host, tmp_path):
        for sender in senders:
            text = f"From: taro@{sender}\nTo: {FRIEND}\nSubject: {sender}\n\nHello.\n"
            host.run(["sendmail", "-f", f"taro@{sender}", FRIEND], input=text, check=True)
        found = messages(tmp_path, len(senders))
    for sender, domain in senders.items():
        assert is_signed(host, found[sender], domain), sender


def test_ipv6_in_mynetworks_signs_too(boot_host: BootHost, tmp_path: Path) -> None:
    answers = re.sub(r"mynetworks = \[", 'mynetworks = ["[::1]/128", "[fd00::]/8", ', ON)
    answers = answers.replace('inet_protocols = "ipv4"', 'inet_protocols = "all"')
    assert answers.count("::1") == 1
    assert 'inet_protocols = "all"' in answers
    host = first_run(boot_host, "el9", answers)
    hosts = host.read("/etc/opendkim/TrustedHosts")
    assert "::1/128\nfd00::/8\n" in hosts
    publish(host, *(record(host, one) for one in DOMAINS))
    code, said = apply(host, "--section", "dkim")
    assert code == 0, said
    assert "[" not in host.read("/etc/postfix/signed_networks").split("#")[-1]
    assert set(verdicts(host).values()) == {"right"}
    with sink.serve(host, tmp_path):
        assert send(host, 25, "printer@zeke.ne.jp", address="::1") == "250"
        assert is_signed(host, messages(tmp_path, 1)["door 25"], "zeke.ne.jp")
