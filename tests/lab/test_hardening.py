"""Hardening on real hosts: on, proven, and off again to the byte."""

from __future__ import annotations

import re

import pytest

from lab import dovecot
from lab.host import Host
from tests.lab.program import ANSWERS, PYZ, ZEKE, BootHost, apply, wizard

pytestmark = pytest.mark.lab

FILES = ("etc/postfix/main.cf", "etc/postfix/master.cf")
MAPS = "smtpd_sender_login_maps = regexp:/etc/postfix/senders\n"
ROW = r"/^([^@+]+)(\+[^@]*)?@zeke\.ne\.jp$/ $1" + "\n"
"""As docs/howto/protection.md has it."""
ON = '\n[aliases]\nroot = "taro"\n[hardening]\nuse = "on"\n'

SUBMIT = """
import smtplib, ssl, sys
context = ssl._create_unverified_context()
for sender in ("taro@zeke.ne.jp", "taro+shop@zeke.ne.jp", "hana@zeke.ne.jp"):
    with smtplib.SMTP_SSL("127.0.0.1", 465, "here.example.com", context=context) as talk:
        talk.login(sys.argv[1], sys.argv[2])
        talk.mail(sender)
        print(talk.rcpt("taro@zeke.ne.jp")[0])
"""


def files(host: Host) -> list[bytes]:
    return [(host.root / name).read_bytes() for name in FILES]


def turned(host: Host, answers: str) -> str:
    """Run the section alone with these answers, and return what was said."""
    host.write(ANSWERS, ZEKE + answers, 0o600)
    code, said = apply(host, "--section", "hardening")
    assert code == 0, said
    return said


@pytest.mark.promise(13, 17)
@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_on_proven_and_off_to_the_byte(boot_host: BootHost, suite: str) -> None:
    host = boot_host(suite=suite, pyz=PYZ)
    host.write(ANSWERS, ZEKE, 0o600)
    assert apply(host)[0] == 0
    host.start_dovecot()
    before = files(host)
    said = turned(host, ON)
    assert "reject_sender_login_mismatch is left out on 587 and 465" in said
    assert "+smtpd_forbid_bare_newline = normalize" in said
    assert files(host)[1] == before[1]
    assert "smtpd_forbid_bare_newline = normalize" in host.run(["postconf", "-n"]).stdout
    code, said = wizard(host, "check", "--stranger")
    assert re.search(r"right +hardening", said), said
    assert not re.search(r"(wrong|warning) .*bare newline", said), said
    turned(host, ON.replace('"on"', '"off"'))
    assert files(host) == before, "every byte is back"

    host.write("/etc/postfix/senders", ROW)
    main = host.root / FILES[0]
    main.write_bytes(before[0] + MAPS.encode())
    with_maps = files(host)
    turned(host, ON)
    assert files(host)[1].count(b"=reject_sender_login_mismatch,permit_sasl_authenticated") == 2
    login = ["python3", "-c", SUBMIT, dovecot.USER, dovecot.PASSWORD]
    assert host.run(login, check=True).stdout.split() == ["250", "250", "553"]
    code, said = wizard(host, "check")
    assert code == 0, said
    assert re.search(r"right +hardening +all parts are there", said), said
    turned(host, ON.replace('"on"', '"off"'))
    assert files(host) == with_maps, "every byte is back"
