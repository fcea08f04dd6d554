"""Mail itself, both ways: a stranger's in, a user's out, without Dovecot and then with it."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any, Callable, cast

import pytest

from lab import sink
from lab.dovecot import PASSWORD
from lab.host import Host
from tests.lab.program import ANSWERS, BAD, PROGRAM, PYZ, ZEKE, BootHost, accepting, apply, wizard
from wizard.paths import DOVECOT_CONF

pytestmark = pytest.mark.lab

SEND = """
import smtplib, ssl, sys
port, sender, recipient, subject, *password = sys.argv[1:]
blind = ssl._create_unverified_context()
if port == "465":
    server = smtplib.SMTP_SSL("203.0.113.1", 465, "mail.stranger.example", context=blind, timeout=20)
else:
    server = smtplib.SMTP("203.0.113.1", int(port), "mail.stranger.example", timeout=20)
    server.starttls(context=blind)
if password:
    server.login("taro", password[0])
text = f"From: <{sender}>\\r\\nTo: <{recipient}>\\r\\nSubject: {subject}\\r\\n\\r\\nGood day.\\r\\n"
try:
    server.sendmail(sender, [recipient], text)
    print("accepted")
except smtplib.SMTPRecipientsRefused as refused:
    (code, why), = refused.recipients.values()
    print(code, why.decode())
server.quit()
"""

READ = """
import imaplib, ssl, sys
blind = ssl._create_unverified_context()
mailbox = imaplib.IMAP4_SSL("203.0.113.1", 993, ssl_context=blind, timeout=20)
mailbox.login("taro", sys.argv[1])
_, (count,) = mailbox.select("INBOX", readonly=True)
for number in range(1, int(count) + 1):
    _, found = mailbox.fetch(str(number), "(BODY[HEADER.FIELDS (SUBJECT)])")
    print(found[0][1].decode().partition(":")[2].strip())
"""

FILL = """
import pathlib, shutil, sys
queue = pathlib.Path("/var/spool/postfix")
reason, = queue.glob("defer/?/*")
mail = queue / "deferred" / reason.parent.name / reason.name
for number in range(int(sys.argv[1])):
    name = f"{number:05X}ABCDE"
    for source in (mail, reason):
        place = source.parents[1] / name[0]
        place.mkdir(mode=0o700, exist_ok=True)
        copy = shutil.copy2(source, place / name)
        for one in (place, copy):
            shutil.chown(one, "postfix")
"""
"""More of the one message that waits: Postfix's own queue file, copied."""

MEASURE = """
import resource, subprocess, sys, time
began = time.monotonic()
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
took = resource.getrusage(resource.RUSAGE_CHILDREN)
print(took.ru_utime + took.ru_stime, time.monotonic() - began)
"""

TARO, STRANGER = "taro@zeke.ne.jp", "hanako@stranger.example"
WITH_DOVECOT = f'{ZEKE}\n[dovecot]\nconf = "write"\nimaps = "open"\n'
PATIENCE = 20.0
REFUSED = {"el9": "554 5.7.1", "el10": "454 4.7.1"}
"""Since Postfix 3.6 relay restrictions come first, and they defer (smtpd_relay_restrictions)."""


def send(host: Host, port: int, sender: str, recipient: str, subject: str, *password: str) -> str:
    """Send one message from outside; return what the server said of the recipient."""
    words = [sys.executable, "-c", SEND, str(port), sender, recipient, subject, *password]
    return host.run_outside(words, check=True).stdout.strip()


def read(host: Host) -> list[str]:
    """The subjects of taro's INBOX, as his program on the way sees them: IMAP under TLS."""
    words = [sys.executable, "-c", READ, PASSWORD]
    return sorted(host.run_outside(words, check=True).stdout.split())


def waits(host: Host) -> int:
    """How many messages are in the queue."""
    return len(host.run(["postqueue", "-j"], check=True).stdout.splitlines())


def finding(host: Host, name: str) -> dict[str, Any]:
    """One finding of `check`."""
    told = json.loads(host.run([PROGRAM, "check", "--json"]).stdout)["findings"]
    (found,) = [one for one in told if one["id"] == name]
    return cast("dict[str, Any]", found)


def await_reason(host: Host) -> None:
    """Wait until the queue says what the message waits for."""
    deadline = time.monotonic() + PATIENCE
    while "dovecot-lmtp" not in host.run(["postqueue", "-p"]).stdout:
        assert time.monotonic() < deadline, "nothing says that Dovecot is missing"
        time.sleep(0.1)


def cost(host: Host) -> tuple[float, float]:
    """A check's seconds: of the processors, which others do not lengthen, and on the clock."""
    taken = host.run(["python3", "-c", MEASURE, PROGRAM, "check", "--json"], check=True).stdout
    processors, clock = map(float, taken.split())
    return processors, clock


def empty_soon(host: Host) -> bool:
    """Whether the queue empties within a while."""
    deadline = time.monotonic() + PATIENCE
    while waits(host) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not waits(host)


@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_mail_goes_both_ways(suite: str, boot_host: BootHost, tmp_path: Path) -> None:
    """What came before Dovecot waits and then arrives; users send, strangers do not; no bounce."""
    host = boot_host(suite=suite, pyz=PYZ)
    host.write(ANSWERS, ZEKE, 0o600)
    assert apply(host)[0] == 0
    with sink.serve(host, tmp_path):
        assert send(host, 25, STRANGER, TARO, "early") == "accepted"
        await_reason(host)
        seen = finding(host, "queue.waits")
        assert seen["verdict"] == "waits"
        assert seen["seen"].startswith("1 message for Dovecot, the oldest since ")
        host.unmask_dovecot()
        host.write(ANSWERS, WITH_DOVECOT, 0o600)
        code, said = apply(host, "--section", "dovecot")
        assert code == BAD, said
        code, said = apply(host, "--section", "dovecot", *accepting(said))
        assert code == 0, said
        assert "Dovecot takes mail for taro@mail.zeke.ne.jp: 250" in said
        assert wizard(host, "plan", "--answers", ANSWERS, "--section", "dovecot")[0] == 0
        said = json.loads(wizard(host, "status", "--json")[1])
        row = next(one for one in said["sections"] if one["section"] == "dovecot")
        assert (row["state"], row["by"], row["run"]) == ("as planned", "run", said["run"])
        assert send(host, 25, STRANGER, TARO, "late") == "accepted"
        assert send(host, 25, STRANGER, "taro+shop@zeke.ne.jp", "plus") == "accepted"
        assert empty_soon(host)
        assert finding(host, "queue.waits")["verdict"] == "right"
        assert read(host) == ["early", "late", "plus"]
        assert len(host.run(["ls", "/home/taro/Maildir/new"], check=True).stdout.split()) == 3

        for port in (587, 465):
            assert send(host, port, TARO, STRANGER, "no-password").startswith(REFUSED[suite])
            assert send(host, port, TARO, STRANGER, f"by-{port}", PASSWORD) == "accepted"
        assert empty_soon(host)
        went = [path.read_text() for path in sorted(tmp_path.glob("*.eml"))]
        assert [f"Subject: by-{port}" in text for port, text in zip((587, 465), went)] == [True] * 2
        assert all(f"RCPT TO:<{STRANGER}>" in text for text in went)
        # A bounce would be one more message, to the stranger or to taro.
        assert len(went) == 2
        assert "status=bounced" not in host.run(["journalctl", "-q", "-u", "postfix"]).stdout

        assert wizard(host, "undo", "--yes")[0] == 0
        assert host.run(["cat", DOVECOT_CONF]).returncode == 1
        assert host.run(["systemctl", "is-active", "dovecot"]).stdout == "inactive\n"
        assert "imaps" not in host.run(["firewall-cmd", "--zone=public", "--list-services"]).stdout


def test_ten_thousand_that_wait(
    fresh: Host, record_property: Callable[[str, object], None]
) -> None:
    """They cost a check less than a second, and are told with all else."""
    assert apply(fresh)[0] == 0
    before, _ = cost(fresh)
    assert send(fresh, 25, STRANGER, TARO, "first") == "accepted"
    await_reason(fresh)
    fresh.run(["python3", "-c", FILL, "9999"], check=True)
    after, clock = cost(fresh)
    seen = finding(fresh, "queue.waits")
    assert seen["seen"].startswith("10,000 messages for Dovecot, the oldest since ")
    record_property("seconds of a check with 10,000 messages in the queue", f"{clock:.2f}")
    assert after - before < 1
