"""People's programs on a server that signs: msmtp, mutt and Python send, and mutt reads by IMAPS.

Each verifies the certificate, logs in with the whole address, and what it sent has a signature that is right.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from lab import extras, sink
from lab.dovecot import PASSWORD
from lab.host import Host
from tests.lab.program import ANSWERS, PYZ, BootHost, accepting, apply
from tests.lab.test_dkim import BASE, FRIEND, ZONE, is_signed, messages

pytestmark = pytest.mark.lab

CLIENTS = (
    *("msmtp", "libgsasl7", "libidn11", "libntlm0", "libsecret-1-0"),
    *("mutt", "libtokyocabinet9", "libsasl2-modules"),
)
"""With the libraries that the host lacks."""
ME, SERVER, TRUST = "taro@zeke.ne.jp", "mail.zeke.ne.jp", "/etc/ssl/certs/ca-certificates.crt"
MORE = f"""
[dovecot]
conf = "write"
imaps = "open"
names = "local"
[dkim]
use = "on"
selector = "s1"
[dns]
zone_file = "{ZONE}"
publish = ["dkim"]
"""
MSMTP = f"""
defaults
auth on
tls on
tls_trust_file {TRUST}
host {SERVER}
from {ME}
user {ME}
password {PASSWORD}
account 587
port 587
account 465
port 465
tls_starttls off
"""
MUTT = f"""
set from = "{ME}"
set realname = "Taro"
set use_envelope_from = yes
set ssl_ca_certificates_file = "{TRUST}"
set ssl_force_tls = yes
set smtp_pass = "{PASSWORD}"
set imap_user = "{ME}"
set imap_pass = "{PASSWORD}"
set spoolfile = "imaps://{SERVER}/INBOX"
set copy = no
set quit = yes
set move = no
set wait_key = no
set pipe_decode = no
"""
MUTT_SENDS = {
    "587": f"smtp://taro%40zeke.ne.jp@{SERVER}:587/",
    "465": f"smtps://taro%40zeke.ne.jp@{SERVER}:465/",
}
READ = "/root/read"
MUTT_READS = (
    f"mutt -F /root/muttrc -e 'push \"<last-entry><pipe-message>cat >{READ}<enter><quit>\"'"
)
PYTHON = f"""
import smtplib, ssl, sys
port, to, text = sys.argv[1:]
context = ssl.create_default_context()
talk = (smtplib.SMTP_SSL("{SERVER}", 465, context=context) if port == "465"
        else smtplib.SMTP("{SERVER}", 587))
if port == "587":
    talk.starttls(context=context)
talk.login("{ME}", "{PASSWORD}")
talk.sendmail("{ME}", [to], text)
talk.quit()
"""


def text(subject: str, to: str = FRIEND) -> str:
    return f"From: {ME}\nTo: {to}\nSubject: {subject}\n\nHello.\n"


def set_up(boot_host: BootHost) -> Host:
    """A server that signs, and the clients on it."""
    host = boot_host(epel=True, pyz=PYZ)
    host.unmask_dovecot()
    host.write(ANSWERS, f"{BASE}{MORE}", 0o600)
    code, said = apply(host)
    code, said = apply(host, *accepting(said))
    assert code == 0, said
    code, said = apply(host, "--section", "dkim")
    assert code == 0, said
    extras.install(host, CLIENTS)
    host.write("/root/.msmtprc", MSMTP, 0o600)
    host.write("/root/muttrc", MUTT, 0o600)
    return host


def test_msmtp_mutt_and_python_send_and_mutt_reads(boot_host: BootHost, tmp_path: Path) -> None:
    host = set_up(boot_host)
    with sink.serve(host, tmp_path):
        for port in ("587", "465"):
            host.run(["msmtp", "-a", port, FRIEND], input=text(f"msmtp {port}"), check=True)
            sends = ["mutt", "-F", "/root/muttrc", "-e", f'set smtp_url = "{MUTT_SENDS[port]}"']
            host.run([*sends, "-s", f"mutt {port}", "--", FRIEND], input="Hello.\n", check=True)
            argv = ["python3", "-c", PYTHON, port, FRIEND, text(f"python {port}")]
            host.run(argv, check=True)
        found = messages(tmp_path, 6)
    assert len(found) == 6
    for subject, one in found.items():
        assert is_signed(host, one, "zeke.ne.jp"), subject

    # A program that gives another password sends nothing.
    wrong = MSMTP.replace(PASSWORD, "wrong")
    host.write("/root/.wrong", wrong, 0o600)
    refused = host.run(["msmtp", "-C", "/root/.wrong", "-a", "587", FRIEND], input=text("x"))
    assert refused.returncode != 0

    host.run(["msmtp", "-a", "465", ME], input=text("to read", ME), check=True)
    deadline, said = time.monotonic() + 60, ""
    while host.run(["test", "-s", READ]).returncode != 0:
        assert time.monotonic() < deadline, said
        said = host.run(["timeout", "15", "script", "-qec", MUTT_READS, "/dev/null"]).stdout
        time.sleep(1)
    read = host.read(READ)
    assert "Subject: to read" in read
    assert "\nHello." in read
    sys.stdout.write(f"mutt read {len(read)} bytes by IMAPS\n")
