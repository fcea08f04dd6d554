"""Mail for system accounts and mail that leads elsewhere, on real hosts: seen by sessions and the queue."""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path

import pytest

from lab import sink
from lab.host import Host
from tests.lab.program import ANSWERS, PROGRAM, PYZ, ZEKE, BootHost, accepting, apply, wizard

pytestmark = pytest.mark.lab

READER = f'{ZEKE}\n[aliases]\nroot = "taro"\n'
SYSTEM = f'{READER}system = "root"\n'
TABLE = "etc/postfix/system_accounts"
FILES = ("etc/postfix/main.cf", "etc/postfix/master.cf", "etc/aliases")
RCPT = """
import smtplib, sys
talk = smtplib.SMTP("203.0.113.1", 25, "mail.stranger.example")
for recipient in sys.argv[1:]:
    talk.mail("hanako@stranger.example")
    print(recipient, talk.rcpt(recipient)[0])
    talk.rset()
"""
SEND = """
import smtplib, sys
talk = smtplib.SMTP("203.0.113.1", 25, "mail.stranger.example")
talk.sendmail("hanako@stranger.example", [sys.argv[1]], "Subject: hello\\n\\nx\\n")
"""


def asked(host: Host, *recipients: str) -> dict[str, str]:
    """The reply to a stranger's mail for each recipient."""
    argv = [sys.executable, "-c", RCPT, *recipients]
    said = host.run_outside(argv, check=True).stdout
    return dict(line.split() for line in said.splitlines())


def finding(host: Host, name: str) -> dict[str, str]:
    """One finding of `check`, {} where there is none."""
    told = json.loads(host.run([PROGRAM, "check", "--json"]).stdout)["findings"]
    return next((one for one in told if one["id"] == name), {})


def set_up(boot_host: BootHost, suite: str) -> Host:
    host = boot_host(suite=suite, pyz=PYZ)
    host.run(["useradd", "-r", "-u", "302", "-d", "/srv/boxed", "boxed"], check=True)
    host.run(["mkdir", "-p", "/srv/boxed/Maildir"], check=True)
    host.run(["useradd", "-r", "-u", "300", "-d", "/nonexistent", "chrony"], check=True)
    host.run(["sh", "-c", "echo 'own: taro' >>/etc/aliases"], check=True)
    host.run(["useradd", "-r", "-d", "/nonexistent", "own"], check=True)
    host.write(ANSWERS, READER, 0o600)
    code, said = apply(host)
    assert code == 0, said
    host.start_dovecot()
    return host


def stick(host: Host, recipient: str) -> None:
    """Mail for a system account is stuck, is named, and no delivery is promised that never comes."""
    host.run_outside([sys.executable, "-c", SEND, recipient], check=True)
    deadline = time.monotonic() + 20
    while "451" not in (queue := host.run(["postqueue", "-j"]).stdout):
        assert time.monotonic() < deadline, queue
        time.sleep(0.2)
    stuck = finding(host, "queue.waits")
    assert f"refused {recipient} (a system account, uid" in stuck["seen"], stuck
    assert "`chrony: root`" in stuck["advice"], stuck


def test_an_account_that_becomes_a_person_gets_the_mail(boot_host: BootHost) -> None:
    host = set_up(boot_host, "el9")
    host.write(ANSWERS, SYSTEM, 0o600)
    code, said = apply(host, "--section", "aliases")
    assert code == 0, said
    before = host.read("/etc/aliases")
    assert "\nchrony: root\n" in before
    home = "usermod -u 1500 -s /bin/sh -d /home/chrony chrony && install -d -o chrony /home/chrony"
    host.run(["sh", "-c", home], check=True)
    assert "refused for chrony: a person" in finding(host, "aliases.system")["seen"]
    assert "mail for chrony goes to" in finding(host, "aliases.people")["seen"]
    code, said = apply(host, "--section", "aliases")
    assert code == 0, said
    assert "chrony was a system account and is a person now" in " ".join(said.split())
    assert "\n#chrony: root\n" in host.read("/etc/aliases")
    assert finding(host, "aliases.people") == {}
    assert finding(host, "aliases.system")["verdict"] == "right"
    host.run_outside([sys.executable, "-c", SEND, "chrony@zeke.ne.jp"], check=True)
    place = host.root / "home/chrony/Maildir/new"
    deadline = time.monotonic() + 30
    while not place.is_dir() or not list(place.iterdir()):
        assert time.monotonic() < deadline, host.run(["postqueue", "-p"]).stdout
        time.sleep(0.2)
    code, said = wizard(host, "undo", "--yes")
    assert code == 0, said
    assert host.read("/etc/aliases") == before


def come_to_taro(host: Host) -> None:
    """Mail of this host for a system account reaches root's reader, and so does what was stuck."""
    host.run(["sendmail", "chrony"], input="Subject: from cron\n\nx\n", check=True)
    host.run(["postqueue", "-f"], check=True)
    place = host.root / "home/taro/Maildir/new"
    deadline = time.monotonic() + 30
    while True:
        found = "".join(one.read_text() for one in place.iterdir())
        if "Subject: from cron" in found and "Subject: hello" in found:
            return
        assert time.monotonic() < deadline, host.run(["postqueue", "-p"]).stdout
        time.sleep(0.2)


@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_strangers_are_refused_and_root_reads_the_rest(boot_host: BootHost, suite: str) -> None:
    host = set_up(boot_host, suite)
    files = [(host.root / name).read_bytes() for name in FILES]
    names = ("chrony@zeke.ne.jp", "Chrony+x@mail.zeke.ne.jp", "chrony@ace.zeke.ne.jp")
    others = ("taro@zeke.ne.jp", "boxed@zeke.ne.jp", "own@zeke.ne.jp", "postmaster@zeke.ne.jp")
    assert set(asked(host, *names, *others).values()) == {"250"}

    stick(host, names[0])
    host.write(ANSWERS, SYSTEM, 0o600)
    code, said = apply(host, "--section", "aliases")
    assert code == 0, said
    assert re.search(r"mail of strangers for [^;]*chrony", " ".join(said.split())), said
    replies = asked(host, *names, *others)
    assert {one: replies[one] for one in names} == dict.fromkeys(names, "550")
    assert {one: replies[one] for one in others} == dict.fromkeys(others, "250")
    table = (host.root / TABLE).read_text()
    assert "boxed@" not in table
    assert "own@" not in table
    assert finding(host, "aliases.system")["verdict"] == "right"
    code, said = apply(host, "--section", "aliases")
    assert "Nothing to do" in said, said

    come_to_taro(host)
    # A program that comes later, and a list that was broken by hand.
    host.run(["useradd", "-r", "-u", "301", "-d", "/nonexistent", "newcomer"], check=True)
    later = finding(host, "aliases.system")
    assert (later["verdict"], "newcomer" in later["seen"]) == ("warning", True), later
    main = host.root / FILES[0]
    whole = main.read_text()
    main.write_text(re.sub(r",?\s*check_recipient_access \S+system_accounts", "", whole))
    host.run(["systemctl", "reload", "postfix"], check=True)
    assert finding(host, "aliases.system")["verdict"] == "wrong"
    main.write_text(whole)
    code, said = apply(host, "--section", "aliases")
    assert code == 0, said
    assert asked(host, "newcomer@zeke.ne.jp") == {"newcomer@zeke.ne.jp": "550"}

    for _ in range(2):
        assert wizard(host, "undo", "--yes")[0] == 0
    assert [(host.root / name).read_bytes() for name in FILES] == files
    assert not (host.root / TABLE).exists()
    assert set(asked(host, names[0]).values()) == {"250"}


@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_mail_that_leads_elsewhere_is_named(
    boot_host: BootHost, suite: str, tmp_path: Path
) -> None:
    host = boot_host(suite=suite, pyz=PYZ)
    host.write(ANSWERS, READER.replace("taro", "boss@stranger.example"), 0o600)
    code, said = apply(host)
    if "--accept" in said:
        code, said = apply(host, *accepting(said))
    assert code == 0, said
    assert "root to boss@stranger.example" in said
    seen = finding(host, "aliases.forwarding")
    assert (seen["verdict"], "SPF fails" in seen["seen"]) == ("warning", True), seen
    host.write("/home/taro/.forward", "taro@stranger.example\n")
    host.write("/etc/postfix/virtual", "info@zeke.ne.jp  x@stranger.example\n")
    host.run(["postmap", "/etc/postfix/virtual"], check=True)
    host.run(["postconf", "-e", "virtual_alias_maps = $default_database_type:/etc/postfix/virtual"])
    host.run(["systemctl", "reload", "postfix"], check=True)
    with sink.serve(host, tmp_path):
        host.run_outside([sys.executable, "-c", SEND, "postmaster@zeke.ne.jp"], check=True)
        # With an owner it leaves with a sender of this server.
        host.run(["sh", "-c", "echo 'owner-root: taro' >>/etc/aliases; newaliases"], check=True)
        host.run_outside([sys.executable, "-c", SEND, "root@zeke.ne.jp"], check=True)
        deadline = time.monotonic() + 20
        while len(went := sorted(tmp_path.glob("*.eml"))) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.2)
    senders = [one.read_text().splitlines()[0].partition("<")[2] for one in went]
    assert senders[0].startswith("hanako@stranger.example>")
    assert senders[1].startswith("owner-root@")
    seen = finding(host, "aliases.forwarding")
    assert "/home/taro/.forward to taro@stranger.example" in seen["seen"], seen
    assert "info@zeke.ne.jp to x@stranger.example" in seen["seen"], seen
    assert "root to boss" not in seen["seen"], seen
