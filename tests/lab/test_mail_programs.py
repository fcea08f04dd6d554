"""What people's mail programs need, with real clients: full addresses, AUTH LOGIN, missing headers."""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path

import pytest

from lab import extras, sink
from lab.dovecot import PASSWORD
from lab.host import Host
from tests.lab.program import ANSWERS, PROGRAM, PYZ, ZEKE, BootHost, accepting, apply, wizard
from wizard.paths import DOVECOT_CONF

pytestmark = pytest.mark.lab

WRITE = f'{ZEKE}\n[aliases]\nroot = "taro"\n[dovecot]\nconf = "write"\nimaps = "open"\n'
NAMES = 'names = "local"\n'
LOGIN = 'auth_login = "offer"\n'
FOREIGN = "taro@bank.example"
NOT_OFFERED = "Auth not attempted, requested type not available"
SWAKS = {
    "el9": ("swaks", "libnet-ssleay-perl", "perl-openssl-defaults"),
    "el10": ("swaks", "libnet-ssleay-perl", "perl-modules-5.40", "libperl5.40"),
}
STAYS = {"el9": {"235"}, "el10": {"535"}}
"""What a login with the whole address gets without `names`: 2.3 takes any domain, 2.4 none."""

TALK = """
import imaplib, smtplib, ssl, sys
blind = ssl._create_unverified_context()
password, *names = sys.argv[1:]
for name in names:
    for port in (587, 465, 993):
        if port == 993:
            talk = imaplib.IMAP4_SSL("127.0.0.1", port, ssl_context=blind)
            try:
                talk.login(name, password)
                code = 235
            except imaplib.IMAP4.error:
                code = 535
            talk.shutdown()
        else:
            talk = (smtplib.SMTP_SSL("127.0.0.1", port, context=blind) if port == 465
                    else smtplib.SMTP("127.0.0.1", port))
            if port == 587:
                talk.starttls(context=blind)
            talk.ehlo()
            talk.user, talk.password = name, password
            try:
                code = talk.auth("PLAIN", talk.auth_plain)[0]
            except smtplib.SMTPAuthenticationError as refused:
                code = refused.smtp_code
            talk.close()
        print(name, port, code)
"""
SEND = """
import smtplib, ssl, sys
port, recipient, password, text = sys.argv[1:]
blind = ssl._create_unverified_context()
talk = (smtplib.SMTP_SSL("203.0.113.1", 465, "scanner.example", context=blind) if port == "465"
        else smtplib.SMTP("203.0.113.1", int(port), "scanner.example"))
if port == "587":
    talk.starttls(context=blind)
if password:
    talk.login("taro", password)
talk.sendmail("taro@zeke.ne.jp" if password else "hanako@stranger.example", [recipient], text)
talk.quit()
"""


def logins(host: Host, *names: str) -> dict[str, set[str]]:
    """The reply to a login by each name, on 587, 465 and 993."""
    found: dict[str, set[str]] = {}
    argv = ["python3", "-c", TALK, PASSWORD, *names]
    for line in host.run(argv, check=True, timeout=180).stdout.splitlines():
        name, _, code = line.split()
        found.setdefault(name, set()).add(code)
    return found


def turned(host: Host, answers: str, section: str = "dovecot") -> str:
    """Run the section with these answers; the mailbox's place is accepted."""
    host.write(ANSWERS, answers, 0o600)
    code, said = apply(host, "--section", section)
    if "--accept" in said:
        code, said = apply(host, "--section", section, *accepting(said))
    assert code == 0, said
    return said


def right(host: Host, *names: str) -> dict[str, str]:
    """The verdicts of these findings of `check`."""
    told = json.loads(host.run([PROGRAM, "check", "--json"]).stdout)["findings"]
    return {one["id"]: one["verdict"] for one in told if one["id"] in names}


def delivered(host: Host, count: int) -> list[str]:
    """The messages in taro's mailbox, once there are so many."""
    place = host.root / "home/taro/Maildir/new"
    deadline = time.monotonic() + 20
    while not place.is_dir() or len(list(place.iterdir())) < count:
        assert time.monotonic() < deadline, host.run(["postqueue", "-p"]).stdout
        time.sleep(0.1)
    return [one.read_text(errors="replace") for one in sorted(place.iterdir())]


def set_up(boot_host: BootHost, suite: str) -> Host:
    """The example's server with Dovecot as its package has it."""
    host = boot_host(suite=suite, pyz=PYZ)
    host.unmask_dovecot()
    host.write(ANSWERS, WRITE, 0o600)
    code, said = apply(host)
    code, said = apply(host, *accepting(said))
    assert code == 0, said
    return host


@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_the_full_address_logs_in_and_a_foreign_one_does_not(
    boot_host: BootHost, suite: str
) -> None:
    host = set_up(boot_host, suite)
    full = ("taro@zeke.ne.jp", "TARO@Mail.Zeke.ne.jp", "taro@ace.zeke.ne.jp")
    assert logins(host, "taro") == {"taro": {"235"}}
    assert logins(host, full[0], FOREIGN) == {full[0]: STAYS[suite], FOREIGN: STAYS[suite]}
    before = host.run(["cat", DOVECOT_CONF], check=True).stdout

    said = turned(host, WRITE + NAMES)
    assert ("takes any domain after a name today" in said) == (suite == "el9"), said
    assert logins(host, "taro", "Taro", *full) == {one: {"235"} for one in ("taro", "Taro", *full)}
    refused = (FOREIGN, "taro@zekexne.jp", "@zeke.ne.jp", "taro@zeke.ne.jp@bank.example")
    assert not any("235" in codes for codes in logins(host, *refused).values())
    assert right(host, "dovecot.names", "dovecot.settings", "dovecot.recipient") == {
        "dovecot.names": "right",
        "dovecot.settings": "right",
        "dovecot.recipient": "right",
    }
    assert "Nothing to do" in turned(host, WRITE + NAMES)

    # LMTP takes whatever domain Postfix has for local, also one that no answer names.
    odd = host.run(["postconf", "-h", "mydestination"], check=True).stdout.strip()
    host.run(["postconf", "-e", f"mydestination = {odd}, odd.example"], check=True)
    host.run(["systemctl", "reload", "postfix"], check=True)
    for to in ("taro", "taro@localhost", "taro@odd.example", "Taro+x@zeke.ne.jp"):
        assert host.run(["sendmail", to], input="Subject: x\n\nx\n").returncode == 0
    # The first one is the run's own to postmaster.
    assert sum("Subject: x\n" in one for one in delivered(host, 5)) == 4
    host.run(["postconf", "-e", f"mydestination = {odd}"], check=True)

    # Broken by hand, in a file that is read later.
    host.write("/etc/dovecot/conf.d/99-z.conf", "auth_username_format = %{user}\n")
    host.run(["systemctl", "restart", "dovecot"], check=True)
    assert right(host, "dovecot.login-name") == {"dovecot.login-name": "wrong"}
    host.run(["rm", "/etc/dovecot/conf.d/99-z.conf"], check=True)
    host.run(["systemctl", "restart", "dovecot"], check=True)

    turned(host, WRITE)
    assert logins(host, FOREIGN) == {FOREIGN: STAYS[suite]}
    turned(host, WRITE + NAMES)
    assert wizard(host, "undo", "--yes")[0] == 0
    assert wizard(host, "undo", "--yes")[0] == 0
    assert wizard(host, "undo", "--yes")[0] == 0
    assert host.run(["cat", DOVECOT_CONF], check=True).stdout == before


@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_users_of_dovecots_own_keep_their_names(boot_host: BootHost, suite: str) -> None:
    host = boot_host(suite=suite, pyz=PYZ)
    host.write(ANSWERS, ZEKE, 0o600)
    assert apply(host)[0] == 0
    host.start_dovecot()
    host.write(ANSWERS, WRITE + NAMES, 0o600)
    code, said = apply(host, "--section", "dovecot")
    assert code != 0
    assert "Dovecot has users of its own (passdb passwd-file)" in said


@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_auth_login_is_offered(boot_host: BootHost, suite: str) -> None:
    host = set_up(boot_host, suite)
    extras.install(host, SWAKS[suite])
    swaks = ["swaks", "--server", "127.0.0.1", "--to", "taro@zeke.ne.jp", "--quit-after", "AUTH"]
    swaks += ["--auth-user", "taro", "--auth-password", PASSWORD, "--auth"]
    doors = {587: "-tls", 465: "-tlsc"}
    ports = {port: [*swaks, "LOGIN", "-p", str(port), tls] for port, tls in doors.items()}
    for argv in ports.values():
        assert NOT_OFFERED in host.run(argv).stderr
    turned(host, WRITE + LOGIN)
    for argv in ports.values():
        done = host.run(argv)
        assert (done.returncode, "~> AUTH LOGIN" in done.stdout) == (0, True), done.stdout
        assert host.run([word if word != "LOGIN" else "PLAIN" for word in argv]).returncode == 0
    url = "smtps://203.0.113.1:465"
    curl = ["curl", "-sS", "-k", url, "--login-options", "AUTH=LOGIN", "-u", f"taro:{PASSWORD}"]
    curl += ["--mail-from", "taro@zeke.ne.jp", "--mail-rcpt", "taro@zeke.ne.jp"]
    host.run_outside([*curl, "-T", "/etc/hostname"], check=True)
    assert right(host, "dovecot.passwords", "dovecot.settings") == {
        "dovecot.passwords": "right",
        "dovecot.settings": "right",
    }
    host.write("/etc/dovecot/conf.d/99-z.conf", "auth_mechanisms = plain\n")
    host.run(["systemctl", "restart", "dovecot"], check=True)
    assert right(host, "dovecot.login-mechanism") == {"dovecot.login-mechanism": "wrong"}
    host.run(["rm", "/etc/dovecot/conf.d/99-z.conf"], check=True)
    turned(host, WRITE)
    for argv in ports.values():
        assert NOT_OFFERED in host.run(argv).stderr


COMPLETE = f'{ZEKE}\n[hardening]\nheaders = "complete"\n'


def send(host: Host, port: int, recipient: str, text: str) -> None:
    """Send a message from outside, with a login where that is not port 25."""
    password = "" if port == 25 else PASSWORD
    argv = [sys.executable, "-c", SEND, str(port), recipient, password, text]
    host.run_outside(argv, check=True)


def heads(directory: Path, count: int) -> list[str]:
    """The headers of the messages that left, once there are so many."""
    deadline = time.monotonic() + 20
    while len(found := sorted(directory.glob("*.eml"))) < count:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return [one.read_text(errors="replace") for one in found]


@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_missing_headers_are_added_for_logins_alone(
    boot_host: BootHost, suite: str, tmp_path: Path
) -> None:
    host = boot_host(suite=suite, pyz=PYZ)
    host.write(ANSWERS, ZEKE, 0o600)
    assert apply(host)[0] == 0
    host.start_dovecot()
    files = [(host.root / "etc/postfix" / name).read_bytes() for name in ("main.cf", "master.cf")]
    with sink.serve(host, tmp_path):
        send(host, 587, "a@stranger.example", "Subject: none\n\nx\n")
        (bare,) = heads(tmp_path, 1)
        assert not re.search(r"(?im)^(Date|Message-ID|From):", bare), bare
        turned(host, COMPLETE, "hardening")
        send(host, 587, "a@stranger.example", "Subject: none\n\nx\n")
        send(host, 465, "b@stranger.example", "From: taro\nSubject: short\n\nx\n")
        own = "From: x@zeke.ne.jp\nDate: Mon, 1 Jan 2024 00:00:00 +0000\nMessage-ID: <1@x>\n\nx\n"
        send(host, 587, "c@stranger.example", own)
        _, added, short, same = heads(tmp_path, 4)
    for name in ("Date", "Message-ID", "From"):
        assert len(re.findall(rf"(?im)^{name}:", added)) == 1, added
        assert len(re.findall(rf"(?im)^{name}:", same)) == 1, same
    assert re.search(r"(?m)^From: taro@mail\.zeke\.ne\.jp$", short), short
    assert "<1@x>" in same
    # A stranger's mail stays as it is.
    send(host, 25, "taro@zeke.ne.jp", "Subject: strange\n\nx\n")
    (strange,) = delivered(host, 1)
    assert not re.search(r"(?im)^(Date|Message-ID|From):", strange), strange

    assert right(host, "hardening.headers") == {"hardening.headers": "right"}
    assert "Nothing to do" in turned(host, COMPLETE, "hardening")
    master = host.root / "etc/postfix/master.cf"
    whole = master.read_bytes()
    line = b"  -o local_header_rewrite_clients=permit_sasl_authenticated\n"
    assert whole.count(line) == 2
    master.write_bytes(whole.replace(line, b"", 1))
    host.run(["systemctl", "reload", "postfix"], check=True)
    assert right(host, "hardening.headers") == {"hardening.headers": "wrong"}
    master.write_bytes(whole)
    turned(host, COMPLETE.replace('"complete"', '"leave"'), "hardening")
    assert [
        (host.root / "etc/postfix" / name).read_bytes() for name in ("main.cf", "master.cf")
    ] == files, "every byte is back"
    turned(host, COMPLETE, "hardening")
    assert wizard(host, "undo", "--yes")[0] == 0
    assert master.read_bytes() == files[1]
