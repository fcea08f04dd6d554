"""Signatures on real hosts: two runs, mail through each door, and an independent verifier (dkimpy)."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from pathlib import Path
from typing import Any

import dkim  # type: ignore[import-not-found,import-untyped,unused-ignore]
import pytest

from lab import faketime, sink, suites
from lab.host import Host
from tests.faults.operating import begin, worker_in_step
from tests.lab.program import ANSWERS, PROGRAM, PYZ, ZEKE, BootHost, apply, wizard

pytestmark = pytest.mark.lab

SUITES = pytest.mark.parametrize("suite", ["el9", "el10"])

ZONE = "/var/named/zeke.ne.jp.zone"
KEYS = "/etc/opendkim/keys"
POSTFIX = ("etc/postfix/main.cf", "etc/postfix/master.cf")
TABLES = ("etc/opendkim.conf", "etc/opendkim/KeyTable", "etc/opendkim/SigningTable")
BASE = (
    ZEKE.replace(
        'local = ["ace.zeke.ne.jp", "cafe.zeke.ne.jp", "myhome.zeke.ne.jp"]',
        'local = ["cafe.zeke.ne.jp"]',
    )
    + '\n[aliases]\nroot = "taro"\n'
)
ON = f'{BASE}\n[dkim]\nuse = "on"\nselector = "s1"\n'
DOMAINS = ("zeke.ne.jp", "cafe.zeke.ne.jp")

SEND = """
import smtplib, ssl, sys
address, port, login, sender, to, subject = sys.argv[1:]
context = ssl._create_unverified_context()
text = f"From: {sender}\\r\\nTo: {to}\\r\\nSubject: {subject}\\r\\n\\r\\nHello there.\\r\\n"
try:
    with (smtplib.SMTP_SSL(address, int(port), "here.example.com", context=context)
          if port == "465" else smtplib.SMTP(address, int(port), "here.example.com")) as talk:
        if port == "587":
            talk.starttls(context=context)
        if login:
            talk.login(login, "taro-no-himitsu")
        talk.sendmail(sender, [to], text)
        print(250)
except smtplib.SMTPRecipientsRefused as refused:
    print(*(code for code, _ in refused.recipients.values()))
except smtplib.SMTPResponseException as refused:
    print(refused.smtp_code)
"""
FRIEND = "friend@stranger.example"


def texts(host: Host, *names: str) -> list[bytes]:
    return [(host.root / name).read_bytes() for name in names]


def first_run(boot_host: BootHost, suite: str, answers: str = ON) -> Host:
    host = boot_host(suite=suite, epel=True, pyz=PYZ)
    host.write(ANSWERS, answers, 0o600)
    code, said = apply(host)
    assert code == 0, said
    assert "s1._domainkey.zeke.ne.jp" in said
    return host


def record(host: Host, domain: str, selector: str = "s1") -> str:
    """The line of the zone, from the key itself."""
    path = f"{KEYS}/{domain}/{selector}.private"
    script = f"openssl pkey -in {path} -pubout -outform DER | base64 -w0"
    text = f"v=DKIM1; k=rsa; p={host.run(['sh', '-c', script], check=True).stdout}"
    return f'{selector}._domainkey.{domain}. IN TXT ( "{text[:255]}" "{text[255:]}" )\n'


def publish(host: Host, *lines: str) -> None:
    host.write(ZONE, host.read(ZONE) + "".join(lines), 0o640)
    host.run(["chgrp", "named", ZONE], check=True)
    host.run(["rndc", "reload"], check=True)
    time.sleep(0.5)


def send(host: Host, port: int, sender: str, to: str = FRIEND, **where: Any) -> str:
    login = "taro" if port != 25 else ""
    subject = where.get("subject", f"door {port}")
    address = where.get("address", "127.0.0.1")
    argv = ["python3", "-c", SEND, address, str(port), login, sender, to, subject]
    run = where.get("run", host.run)
    return str(run(argv, check=True).stdout.strip())


def arrived(keep: Path, count: int) -> list[Path]:
    """The files of the messages that came to the stranger's server."""
    deadline = time.monotonic() + 30
    while len(found := sorted(keep.glob("*.eml"))) < count and time.monotonic() < deadline:
        time.sleep(0.1)
    assert len(found) == count
    return found


def messages(keep: Path, count: int) -> dict[str, bytes]:
    """The messages that came, by subject, without the envelope that the sink puts above them."""
    bodies = [one.read_bytes().partition(b"\n\n")[2] for one in arrived(keep, count)]
    return {re.findall(rb"Subject: (.*?)\r?\n", one)[0].decode(): one for one in bodies}


def is_signed(host: Host, message: bytes, domain: str) -> bool:
    """True if dkimpy accepts the signature, and it is one of this domain."""

    def published(name: bytes, timeout: int = 5) -> bytes:  # noqa: ARG001 - dkimpy's own form
        argv = ["dig", "+short", "@127.0.0.1", name.decode(), "TXT"]
        return "".join(re.findall(r'"(.*?)"', host.run(argv, check=True).stdout)).encode()

    named = re.search(rb"DKIM-Signature:.*?\bd=([^;\s]+)", message, re.DOTALL)
    assert named is not None, message
    return named[1].decode() == domain and dkim.verify(message, dnsfunc=published)


def verdicts(host: Host) -> dict[str, str]:
    _, said = wizard(host, "check", "--json")
    found = json.loads(said[said.index("{") :])["findings"]
    return {one["id"]: one["verdict"] for one in found if "dkim" in one["id"]}


def second_run(host: Host) -> None:
    publish(host, *(record(host, one) for one in DOMAINS))
    code, said = apply(host, "--section", "dkim")
    assert code == 0, said
    host.start_dovecot()


@SUITES
def test_the_first_run_leaves_postfix_alone_and_the_second_waits_for_the_record(
    boot_host: BootHost, suite: str
) -> None:
    host = first_run(boot_host, suite)
    before = texts(host, *POSTFIX)
    assert host.run(["sh", "-c", "postconf -n; postconf -P"]).stdout.count("milter") == 0
    assert host.run(["systemctl", "is-active", "opendkim"]).stdout.strip() == "active"
    for domain in DOMAINS:
        said = host.run(["stat", "-c", "%a %U:%G", f"{KEYS}/{domain}/s1.private"]).stdout
        assert said.strip() == "600 opendkim:opendkim"
    # No byte of a key is anywhere else.
    lines = host.read(f"{KEYS}/zeke.ne.jp/s1.private").splitlines()[1:-1]
    where = "/var/lib/postfix-wizard /var/log /run /tmp /etc/postfix"
    assert host.run(["sh", "-c", f"grep -rlF -- '{lines[3]}' {where}"]).stdout == ""
    own = dict.fromkeys(("unit.dkim", "dkim.keys", "dkim.networks"), "right")
    assert verdicts(host) == {**own, "dns.dkim": "warning"}

    code, said = apply(host, "--section", "dkim")
    assert code != 0
    assert "s1._domainkey.zeke.ne.jp: there is no record" in said
    assert texts(host, *POSTFIX) == before
    _, said = wizard(host, "check")
    for domain in DOMAINS:
        # What is printed to be published is what the key is.
        assert record(host, domain).split("( ")[1].rstrip(" )\n") in said
    publish(host, *(record(host, one) for one in DOMAINS))
    assert "published now" in wizard(host, "check", "--json")[1]
    code, said = apply(host, "--section", "dkim")
    assert code == 0, said
    assert set(verdicts(host).values()) == {"right"}
    code, said = apply(host)
    assert "Nothing to do" in said, said
    assert "DRIFTED" not in wizard(host, "status")[1]

    # One run after the other is undone; the keys stay.
    signed = texts(host, *TABLES)
    code, said = wizard(host, "undo", "--yes")
    assert code == 0, said
    assert texts(host, *POSTFIX) == before
    assert texts(host, *TABLES) != signed
    assert "opendkim" not in host.run(["id", "-nG", "postfix"]).stdout.split()
    code, said = wizard(host, "undo", "--yes")
    assert code == 0, said
    assert f"{KEYS}/zeke.ne.jp/s1.private" in said
    assert host.run(["systemctl", "is-active", "opendkim"]).stdout.strip() == "inactive"
    assert host.run(["test", "-s", f"{KEYS}/zeke.ne.jp/s1.private"]).returncode == 0


@SUITES
def test_mail_of_each_door_is_signed_and_a_strangers_is_not(
    boot_host: BootHost, suite: str, tmp_path: Path
) -> None:
    host = first_run(boot_host, suite)
    second_run(host)
    # From outside, so that the login alone decides, and not the network.
    outside: dict[str, Any] = {"address": "203.0.113.1", "run": host.run_outside}
    with sink.serve(host, tmp_path):
        assert send(host, 587, "taro@zeke.ne.jp", **outside) == "250"
        assert send(host, 465, "taro@cafe.zeke.ne.jp", **outside) == "250"
        lan: dict[str, Any] = {"address": "192.168.1.1", "run": host.run_operator}
        assert send(host, 25, "printer@office.zeke.ne.jp", **lan) == "250"
        text = f"From: taro@zeke.ne.jp\nTo: {FRIEND}\nSubject: sendmail\n\nHello.\n"
        host.run(["sendmail", "-f", "taro@zeke.ne.jp", FRIEND], input=text, check=True)
        found = messages(tmp_path, 4)
    doors = {"door 587": "zeke.ne.jp", "door 465": "cafe.zeke.ne.jp"}
    doors.update({"door 25": "zeke.ne.jp", "sendmail": "zeke.ne.jp"})
    for subject, domain in doors.items():
        assert is_signed(host, found[subject], domain), subject
        assert not is_signed(host, found[subject].replace(b"Hello", b"Hallo"), domain)

    # A stranger's mail has no signature, whatever its From line says, and does not need the signer.
    host.run(["systemctl", "stop", "opendkim"], check=True)
    assert send(host, 25, "ceo@zeke.ne.jp", "taro@zeke.ne.jp", **outside) == "250"
    assert send(host, 587, "taro@zeke.ne.jp").startswith("4")
    assert send(host, 25, "printer@zeke.ne.jp", **lan).startswith("4")
    text = text.replace("Subject: sendmail", "Subject: waits")
    host.run(["sendmail", "-f", "taro@zeke.ne.jp", FRIEND], input=text, check=True)
    assert verdicts(host)["unit.dkim"] == "wrong"
    host.run(["systemctl", "start", "opendkim"], check=True)
    assert send(host, 25, "ceo@zeke.ne.jp", "taro@zeke.ne.jp", **outside) == "250"
    assert [one for one in strangers(host, 2) if b"DKIM-Signature" in one] == []
    with sink.serve(host, tmp_path):
        host.run(["postqueue", "-f"], check=True)
        assert is_signed(host, messages(tmp_path, 5)["waits"], "zeke.ne.jp")


def strangers(host: Host, count: int) -> list[bytes]:
    """The messages in taro's mailbox whose From line is that of a stranger."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        files = (host.root / "home/taro/Maildir/new").glob("*")
        found = [text for one in files if b"From: ceo@" in (text := one.read_bytes())]
        if len(found) == count:
            return found
        time.sleep(0.2)
    raise AssertionError(found)


def test_a_wrong_record_stops_the_run_and_a_silent_server_needs_a_yes(boot_host: BootHost) -> None:
    host = first_run(boot_host, "el9")
    before = texts(host, *POSTFIX)
    wrong = record(host, "zeke.ne.jp").replace("s1._domainkey.zeke", "s1._domainkey.cafe.zeke")
    publish(host, record(host, "zeke.ne.jp"), wrong)
    code, said = apply(host, "--section", "dkim")
    assert code != 0
    assert "s1._domainkey.cafe.zeke.ne.jp: ns.zeke.ne.jp: it has another key" in said
    assert texts(host, *POSTFIX) == before

    good = host.read(ZONE).replace(wrong, record(host, "cafe.zeke.ne.jp"))
    # A second server of the zone, at an address where nobody answers.
    host.write(ZONE, good + "hidden IN A 192.168.1.77\n@ IN NS hidden\n", 0o644)
    host.run(["rndc", "reload"], check=True)
    time.sleep(0.5)
    code, said = apply(host, "--section", "dkim")
    assert code != 0
    assert "dkim-unpublished" in said
    assert texts(host, *POSTFIX) == before
    accepted = [word for one in DOMAINS for word in ("--accept", f"dkim-unpublished={one}")]
    code, said = apply(host, "--section", "dkim", *accepted)
    assert code == 0, said
    assert b"opendkim.sock" in texts(host, *POSTFIX)[0]


def test_without_epel_the_plan_says_how_to_get_it(boot_host: BootHost) -> None:
    host = boot_host(pyz=PYZ)
    host.write(ANSWERS, ON, 0o600)
    code, said = apply(host)
    assert code != 0
    assert "codeready-builder-for-rhel-9" in said
    assert host.run(["rpm", "-q", "postfix"]).returncode != 0


def test_a_signer_that_dies_at_once_makes_the_run_return(boot_host: BootHost) -> None:
    """The unit counts as started; another program has its socket."""
    host = boot_host(epel=True, pyz=PYZ)
    host.write(ANSWERS, BASE, 0o600)
    assert apply(host)[0] == 0
    host.run(["dnf", "-y", "install", "opendkim"], check=True)
    stock, before = texts(host, *TABLES), texts(host, *POSTFIX)
    (host.root / "etc/sysconfig/opendkim").write_text('OPTIONS="-x /etc/opendkim.conf -Z"\n')
    host.write(ANSWERS, ON, 0o600)
    code, said = apply(host, "--section", "dkim")
    assert code != 0
    assert "What the run had changed was put back" in said, said
    assert texts(host, *TABLES) == stock
    assert texts(host, *POSTFIX) == before
    assert host.run(["systemctl", "is-enabled", "opendkim"]).stdout.strip() == "disabled"
    assert host.run(["test", "-s", f"{KEYS}/zeke.ne.jp/s1.private"]).returncode == 0


BREAKS = [
    ("postconf -e 'mynetworks = 127.0.0.0/8, 192.168.1.0/24, 10.9.0.0/16'", "dkim.networks", ""),
    # what breaks it, the finding that is wrong then, what repairs it where the finding has no cure
    (f"chmod 640 {KEYS}/zeke.ne.jp/s1.private", "dkim.keys", ""),
    (f"chown root {KEYS}/zeke.ne.jp/s1.private", "dkim.keys", ""),
    (f"chmod 777 {KEYS}", "dkim.keys", ""),
    (f"chown taro {KEYS}/zeke.ne.jp", "dkim.keys", ""),
    (
        f"mv {KEYS}/zeke.ne.jp/s1.private /root/",
        "dkim.keys",
        f"mv /root/s1.private {KEYS}/zeke.ne.jp/",
    ),
    ("systemctl stop opendkim", "unit.dkim", ""),
    ("systemctl kill -s STOP opendkim", "unit.dkim", "systemctl kill -s CONT opendkim"),
    (
        f"sed -i 's/^s1._domainkey.zeke/old._domainkey.zeke/' {ZONE}; rndc reload; sleep 1",
        "dns.dkim",
        f"sed -i 's/^old._domainkey.zeke/s1._domainkey.zeke/' {ZONE}; rndc reload; sleep 1",
    ),
    (
        f"echo 's1._domainkey.zeke.ne.jp. IN TXT two' >>{ZONE}; rndc reload; sleep 1",
        "dns.dkim",
        f"sed -i '$d' {ZONE}; rndc reload; sleep 1",
    ),
    (
        # A row of the operator counts first, and nobody publishes its selector.
        (
            f"cd /etc/opendkim; sed -i '1i mine zeke.ne.jp:mine:{KEYS}/cafe.zeke.ne.jp/s1.private' KeyTable; "
            "sed -i '1i *@zeke.ne.jp mine' SigningTable; systemctl restart opendkim; sleep 1"
        ),
        "dkim.signature",
        "cd /etc/opendkim; sed -i 1d KeyTable SigningTable; systemctl restart opendkim; sleep 1",
    ),
]


def test_check_names_what_is_broken_and_its_cure_repairs_it(boot_host: BootHost) -> None:
    host = first_run(boot_host, "el9")
    second_run(host)
    for breaks, named, repair in BREAKS:
        host.run(["sh", "-c", breaks], check=True)
        _, said = wizard(host, "check", "--json")
        found = json.loads(said[said.index("{") :])["findings"]
        wrong = [one for one in found if one["id"] == named and one["verdict"] == "wrong"]
        assert wrong, (breaks, [(one["id"], one["seen"]) for one in found if "dkim" in one["id"]])
        for argv in wrong[0]["cure"]["commands"] if not repair else [["sh", "-c", repair]]:
            host.run(argv, check=True)
        assert set(verdicts(host).values()) == {"right"}, breaks


def test_a_new_selector_signs_once_its_record_is_published(
    boot_host: BootHost, tmp_path: Path
) -> None:
    host = first_run(boot_host, "el9")
    second_run(host)
    tables = texts(host, *TABLES)
    host.write(ANSWERS, ON.replace("s1", "s2"), 0o600)
    code, said = apply(host, "--section", "dkim")
    assert code == 0, said
    text = f"From: taro@zeke.ne.jp\nTo: {FRIEND}\nSubject: {{}}\n\nHello.\n"

    def selector(count: int, subject: str) -> bytes:
        line = text.format(subject)
        with sink.serve(host, tmp_path):
            host.run(["sendmail", "-f", "taro@zeke.ne.jp", FRIEND], input=line, check=True)
            message = messages(tmp_path, count)[subject]
        assert is_signed(host, message, "zeke.ne.jp")
        found = re.search(rb"DKIM-Signature:.*?\bs=([^;\s]+)", message, re.DOTALL)
        assert found is not None
        return found[1]

    # The old key goes on until the new record is there, also after an undo.
    assert selector(1, "before") == b"s1"
    code, said = apply(host, "--section", "dkim")
    assert code != 0
    assert "s2._domainkey.zeke.ne.jp: there is no record" in said
    assert wizard(host, "undo", "--yes")[0] == 0
    assert texts(host, *TABLES) == tables
    code, said = apply(host, "--section", "dkim")
    assert code == 0, said
    publish(host, *(record(host, one, "s2") for one in DOMAINS))
    code, said = apply(host, "--section", "dkim")
    assert code == 0, said
    assert selector(2, "after") == b"s2"
    assert set(verdicts(host).values()) == {"right"}
    assert host.run(["test", "-s", f"{KEYS}/zeke.ne.jp/s1.private"]).returncode == 0
    # The records of the old key stay until an operator withdraws them.
    code, said = wizard(host, "undo", "--yes")
    assert code == 0, said
    assert selector(3, "undone") == b"s1"


def test_our_own_zone_gets_the_records_by_a_run(boot_host: BootHost) -> None:
    zone = f'\n[dns]\nzone_file = "{ZONE}"\npublish = ["dkim"]\n'
    host = first_run(boot_host, "el9", ON + zone)
    assert "public key of" not in host.read(ZONE)
    for domain in DOMAINS:
        assert record(host, domain).split("( ")[1].rstrip(" )\n") in host.read(ZONE)
    assert "Waits: dkim: Nothing is signed with s1._domainkey" in status(host)
    code, said = apply(host, "--section", "dkim")
    assert code == 0, said
    assert set(verdicts(host).values()) == {"right"}
    assert "Waits: dkim" not in status(host)

    # Another selector: keys with their records, then signatures. An undo takes the records out.
    host.write(ANSWERS, (ON + zone).replace('"s1"', '"s2"'), 0o600)
    before = host.read(ZONE)
    code, said = apply(host)
    assert code == 0, said
    assert "nothing is signed with s2._domainkey" in said
    code, said = wizard(host, "undo", "--yes")
    assert code == 0, said
    assert host.read(ZONE) == before
    for words in ((), ("--section", "dkim")):
        code, said = apply(host, *words)
        assert code == 0, said
    assert "signed with s2, and right" in said
    assert set(verdicts(host).values()) == {"right"}
    assert "Waits: dkim" not in status(host)
    code, said = apply(host)
    assert "Nothing to do" in said, said

    # Eight days later the old keys are due, for `status`, `check` and the plan.
    host.push(faketime.library(suites.suite("el9")), "/usr/local/lib/libfaketime.so.1")
    late = {"LD_PRELOAD": "/usr/local/lib/libfaketime.so.1", "FAKETIME": "+8d"}
    assert "s1._domainkey.cafe.zeke.ne.jp" in status(host, **late)
    assert 's1._domainkey.zeke.ne.jp. IN TXT ( "v=DKIM1; p=" )' in said_by(host, "check", **late)
    code, said = wizard(host, "apply", "--answers", ANSWERS, "--yes", **late)
    assert code == 0, said
    for domain in DOMAINS:
        argv = ["dig", "+short", "@127.0.0.1", f"s1._domainkey.{domain}", "TXT"]
        assert host.run(argv, check=True).stdout.strip() == '"v=DKIM1; p="'
    assert "withdraw-" in host.read("/etc/opendkim/KeyTable")
    code, said = wizard(host, "apply", "--answers", ANSWERS, "--yes", "--section", "dkim", **late)
    assert code == 0, said
    assert "s1" not in host.read("/etc/opendkim/KeyTable")
    assert "Waits: dkim" not in status(host, **late)
    assert set(verdicts(host).values()) == {"right"}


def status(host: Host, **environment: str) -> str:
    return said_by(host, "status", **environment)


def said_by(host: Host, command: str, **environment: str) -> str:
    """The output of a command, with one blank in place of several."""
    return " ".join(wizard(host, command, **environment)[1].split())


STEPS = ("dkim-key-zeke.ne.jp", "opendkim.conf", "dkim-service")
KILLS = [
    ("install-opendkim", "resume"),
    *((step, way) for step in STEPS for way in ("resume", "undo")),
]


@pytest.mark.promise(1)
@pytest.mark.parametrize(("step", "way"), KILLS)
def test_killed_at_each_step_it_goes_on_or_back(boot_host: BootHost, step: str, way: str) -> None:
    host = boot_host(epel=True, pyz=PYZ)
    host.write(ANSWERS, ON, 0o600)
    with begin(host, (PROGRAM, "apply", "--answers", ANSWERS, "--yes")) as screen:
        os.kill(worker_in_step(host, step), signal.SIGKILL)
        screen.communicate()
    code, said = wizard(host, way, "--yes")
    assert code == 0, said
    found = host.run(["find", KEYS, "-type", "f", "-printf", "%f %m %u\\n"]).stdout.splitlines()
    # Each key is whole or not there.
    assert set(found) <= {"s1.private 600 opendkim"}
    assert way == "undo" or len(found) == len(DOMAINS)
    runs = host.run(["systemctl", "is-active", "opendkim"]).stdout.strip()
    assert runs == ("active" if way == "resume" else "inactive")
    if way == "resume":
        assert "wrong" not in verdicts(host).values()
    code, said = apply(host)
    assert code == 0, said
    assert "wrong" not in verdicts(host).values()


@SUITES
def test_headers_that_are_added_are_signed(boot_host: BootHost, suite: str, tmp_path: Path) -> None:
    """cleanup(8) adds them before the milter reads the message."""
    host = first_run(boot_host, suite)
    second_run(host)
    host.write(ANSWERS, f'{ON}\n[hardening]\nheaders = "complete"\n', 0o600)
    code, said = apply(host, "--section", "hardening")
    assert code == 0, said
    with sink.serve(host, tmp_path):
        for port in (587, 465):
            assert (
                send(host, port, "taro@zeke.ne.jp", address="203.0.113.1", run=host.run_outside)
                == "250"
            )
        found = messages(tmp_path, 2)
    for message in found.values():
        assert is_signed(host, message, "zeke.ne.jp")
        named = re.search(rb"DKIM-Signature:.*?\bh=([^;]+)", message, re.DOTALL)
        assert named is not None, message
        names = named[1].lower().replace(b"\r", b"").replace(b"\n", b"").replace(b"\t", b"")
        signed = {one.strip() for one in names.split(b":")}
        assert {b"date", b"from"} <= signed, signed
        assert len(re.findall(rb"(?im)^(?:date|message-id):", message)) == 2
