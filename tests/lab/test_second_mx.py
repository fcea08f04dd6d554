"""A second MX and its primary, two hosts of the wizard: nothing unknown taken, nothing lost or doubled."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

import pytest

from lab.host import Host
from tests.lab.program import ANSWERS, BAD, PENDING, PYZ, ZEKE, BootHost, apply, wizard
from tests.lab.test_blocklists import bash, change_zone

pytestmark = pytest.mark.lab

FIRST, SECOND = "10.0.0.1", "10.0.0.2"
FILE = "/etc/postfix-wizard/recipients"
TARO, NOBODY = "taro@zeke.ne.jp", "no-such-user@zeke.ne.jp"
OWN = (
    ZEKE.replace('"mail.zeke.ne.jp"', '"mx2.zeke.ne.jp"')
    .replace('mydomain = "zeke.ne.jp" ', 'mydomain = "mx2.zeke.ne.jp" ')
    .replace('["ace.zeke.ne.jp", "cafe.zeke.ne.jp", "myhome.zeke.ne.jp"]', "[]")
)
BACKUP = '\n[backup]\ndomains = ["zeke.ne.jp"]\nprimary = "mail.zeke.ne.jp"\n'
VERIFY = f'{BACKUP}recipients = "verify"\n'
SERVERS = f'\n[backup]\nservers = ["{SECOND}"]\n'
ZONE = f"""
sed -i '0,/MX.10 mail.zeke.ne.jp./s//&\\n\\tIN MX\\t20 mx2.zeke.ne.jp./' /var/named/zeke.ne.jp.zone
sed -i '/^mail\\t/,+1s/A\\t192.168.1.1/A\\t{FIRST}/' /var/named/zeke.ne.jp.zone
sed -i '/^mail\\t/,+2{{/AAAA/d}}' /var/named/zeke.ne.jp.zone
echo 'mx2 IN A {SECOND}' >>/var/named/zeke.ne.jp.zone
"""
SEND = """
import smtplib, sys
server = smtplib.SMTP("203.0.113.1", 25, timeout=60)
server.helo("mail.stranger.example")
server.mail("a@stranger.example")
code, words = server.rcpt(sys.argv[1])
if code == 250 and sys.argv[2]:
    text = f"From: a@stranger.example\\r\\nTo: {sys.argv[1]}\\r\\nSubject: {sys.argv[2]}\\r\\n\\r\\nGood day."
    code, words = server.data(text)
print(code, words.decode())
server.close()
"""
PATIENCE = 30.0


@dataclass(frozen=True)
class Pair:
    """The primary with its mailboxes, and the second MX."""

    primary: Host
    backup: Host

    def sent(self, recipient: str, subject: str = "") -> str:
        """A stranger's mail to the second MX: the reply to RCPT, or to DATA if there is a subject."""
        argv = ["python3", "-c", SEND, recipient, subject]
        return self.backup.run_outside(argv, check=True).stdout.strip()

    def refused(self, recipient: str, code: int) -> None:
        said = self.sent(recipient)
        assert said.startswith(f"{code} "), said

    def queued(self) -> int:
        return bash(self.backup, "postqueue -j").count('"queue_name"')

    def delivered(self, *subjects: str) -> None:
        """Wait until the mail has arrived: once, and nothing is left on either host."""
        deadline = time.monotonic() + PATIENCE
        counts: dict[str, int] = {}
        while time.monotonic() < deadline:
            bash(self.backup, "postqueue -f")
            counts = {one: self._found(one) for one in subjects}
            if all(counts.values()) and not self.queued():
                break
            time.sleep(0.5)
        assert counts == dict.fromkeys(subjects, 1), bash(
            self.backup, "postqueue -p; journalctl -u postfix --no-pager | tail -40"
        )
        assert self.queued() == 0
        assert bash(self.primary, "postqueue -j") == ""

    def _found(self, subject: str) -> int:
        places = "/home/taro/Maildir/new /home/taro/Maildir/cur"
        script = f"grep -rlx 'Subject: {subject}.*' {places} 2>/dev/null | wc -l"
        return int(bash(self.primary, script))

    def stop(self) -> None:
        bash(self.primary, "systemctl stop postfix")

    def start(self) -> None:
        bash(self.primary, "systemctl start postfix")

    def findings(self, host: Host) -> dict[str, str]:
        _, said = wizard(host, "check", "--json")
        wanted = ("backup.", "smtp.25.others")
        found = json.loads(said)["findings"]
        return {one["id"]: one["verdict"] for one in found if one["id"].startswith(wanted)}


@pytest.fixture
def pair(boot_host: BootHost, suite: str) -> Pair:
    primary = boot_host(suite=suite, pyz=PYZ, dovecot=True)
    backup = boot_host(suite=suite, pyz=PYZ)
    primary.join(backup, link="mx0", addresses=(f"{FIRST}/24", f"{SECOND}/24"))
    for host in (primary, backup):
        change_zone(host, ZONE.strip())
    primary.write(ANSWERS, ZEKE, 0o600)
    # Two hosts from one set of answers split the mail.
    code, said = apply(primary)
    assert (code, "--accept mx-elsewhere=mx2.zeke.ne.jp" in said) == (BAD, True), said
    primary.write(ANSWERS, ZEKE + SERVERS, 0o600)
    code, said = apply(primary)
    assert code == 0, said
    return Pair(primary, backup)


def set_up(pair: Pair, section: str) -> None:
    pair.backup.write(ANSWERS, OWN + section, 0o600)
    code, said = apply(pair.backup)
    assert code == 0, said
    code, said = wizard(pair.backup, "plan", "--answers", ANSWERS)
    assert code == 0, said


@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_a_list_of_recipients(pair: Pair, suite: str) -> None:
    backup = pair.backup
    backup.write(ANSWERS, OWN + BACKUP, 0o600)
    code, said = apply(backup)
    assert (code, f"{FILE} is not there" in said) == (BAD, True) or code == 1, said
    backup.write(FILE, f"{TARO}\npostmaster@zeke.ne.jp\n", 0o600)
    set_up(pair, BACKUP)
    before = backup.read("/etc/postfix/main.cf")

    pair.refused(NOBODY, 550)
    assert pair.sent(TARO, "first").startswith("250 ")
    pair.delivered("first")
    right = dict.fromkeys(("recipients", "transport", "classes", "mx", "primary"), "right")
    found = {f"backup.{name}": verdict for name, verdict in right.items()}
    assert pair.findings(backup) == {**found, "smtp.25.others": "right"}
    assert pair.findings(pair.primary) == {"backup.servers": "right", "backup.mx": "right"}

    pair.stop()
    pair.refused(NOBODY, 550)
    for subject in ("second", "third"):
        assert pair.sent(TARO, subject).startswith("250 ")
    assert pair.queued() == 2
    assert pair.findings(backup)["backup.primary"] == "warning"
    pair.start()
    pair.delivered("first", "second", "third")

    # A new mailbox there has its line here, and the run makes the table anew.
    backup.write(FILE, f"{TARO}\npostmaster@zeke.ne.jp\nhanako@zeke.ne.jp\n", 0o600)
    pair.refused("hanako@zeke.ne.jp", 550)
    assert pair.findings(backup)["backup.recipients"] == "wrong"
    code, said = wizard(backup, "apply", "--section", "backup", "--yes")
    assert code == 0, said
    assert pair.sent("hanako@zeke.ne.jp").startswith("250 ")
    assert backup.read("/etc/postfix/main.cf") == before

    # Off takes it out again, and the undo puts it back.
    backup.write(ANSWERS, OWN, 0o600)
    gone = ("--section", "backup", "--accept", "domain-class=zeke.ne.jp")
    code, said = apply(backup, *gone)
    assert code == 0, said
    assert "relay:[" not in backup.read("/etc/postfix/main.cf")
    # With a compatibility_level of 3.6 or newer, smtpd_relay_restrictions come first, and their default defers.
    pair.refused(TARO, {"el9": 554, "el10": 454}[suite])
    code, said = wizard(backup, "undo", "--yes")
    assert code == 0, said
    assert backup.read("/etc/postfix/main.cf") == before


@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_verification(pair: Pair) -> None:
    set_up(pair, VERIFY)
    pair.refused(NOBODY, 550)
    assert pair.sent(TARO, "first").startswith("250 ")
    pair.delivered("first")
    found = pair.findings(pair.backup)
    assert set(found.values()) <= {"right", "unknown"}, found
    assert found["backup.recipients"] == found["backup.transport"] == "right"

    pair.stop()
    assert pair.sent(TARO, "second").startswith("250 ")
    assert pair.queued() == 1
    # Nobody confirmed these while their server answered, though one of them is there.
    pair.refused("postmaster@zeke.ne.jp", 450)
    pair.refused("nobody-else@zeke.ne.jp", 450)
    bash(pair.backup, "systemctl restart postfix")
    assert pair.sent(TARO, "third").startswith("250 ")
    pair.start()
    pair.delivered("first", "second", "third")

    # From one mode to the other and back.
    before = pair.backup.read("/etc/postfix/main.cf")
    pair.backup.write(FILE, f"{TARO}\n", 0o600)
    set_up(pair, BACKUP)
    assert "unverified" not in pair.backup.read("/etc/postfix/main.cf")
    pair.refused("postmaster@zeke.ne.jp", 550)
    set_up(pair, VERIFY)
    assert pair.backup.read("/etc/postfix/main.cf") == before
    code, said = wizard(pair.backup, "plan", "--answers", ANSWERS)
    assert code != PENDING, said
