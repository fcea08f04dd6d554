"""A section's run on servers that others set up: it is done, and says what was wrong before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab import host as lab_host
from lab.host import Host, Options
from tests.lab.program import ANSWERS, PYZ, wizard

pytestmark = pytest.mark.lab

MAIN, MASTER = "/etc/postfix/main.cf", "/etc/postfix/master.cf"
NAMED = "postconf -e myhostname=mail.example.com\n"

SHAPES = {
    "EL's own files and a name": "",
    "an MX without 587 and 465": "postconf -e inet_interfaces=all relay_domains=example.com mydestination=\n",
    "a null client": "postconf -e inet_interfaces=loopback-only mydestination= "
    "relayhost=[smtp.stranger.example] 'local_transport=error:no local mail'\n",
    "networks within another": "postconf -e 'mynetworks=127.0.0.0/8, 10.0.0.0/8, 10.1.2.0/24'\n",
    "one file for certificate and key": "cat /etc/pki/tls/certs/postfix.pem "
    "/etc/pki/tls/private/postfix.key >/etc/pki/tls/private/mail.pem\n"
    "postconf -e smtpd_tls_cert_file=/etc/pki/tls/private/mail.pem "
    "'smtpd_tls_key_file=$smtpd_tls_cert_file'\n",
    "a banner with a version": "postconf -e 'smtpd_banner=$myhostname ESMTP $mail_name ($mail_version)'\n",
    "virtual mailboxes and postscreen": "postconf -e virtual_mailbox_domains=example.com "
    "virtual_mailbox_base=/srv virtual_mailbox_maps=static:x virtual_uid_maps=static:99 "
    "virtual_gid_maps=static:99\n"
    "postconf -M smtpd/pass='smtpd pass - - n - - smtpd' "
    "smtp/inet='smtp inet n - n - 1 postscreen'\n",
    "a Postfix that is stopped": "systemctl stop postfix\n",
    "a table that is not there": "postconf -e transport_maps=hash:/etc/postfix/none\n",
}
"""What makes a server of EL's own files."""


@pytest.fixture(scope="module")
def stock(host_names: Iterator[str]) -> Iterator[Host]:
    host = lab_host.boot(next(host_names), Options(pyz=PYZ))
    host.run(["dnf", "-y", "install", "postfix"], check=True)
    host.run(["cp", "-p", MAIN, MASTER, "/root/"], check=True)
    yield host
    host.stop()


@pytest.mark.promise(40)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_section_run_is_done(shape: str, stock: Host) -> None:
    restored = (
        f"rm -rf /var/lib/postfix-wizard /etc/postfix-wizard; cp -p /root/main.cf {MAIN}\n"
        f"cp -p /root/master.cf {MASTER}\n"
    )
    stock.run(["sh", "-ec", restored + NAMED + SHAPES[shape]], check=True)
    if "stop" not in SHAPES[shape]:
        stock.run(["systemctl", "restart", "postfix"], check=True)
    stock.write(
        ANSWERS,
        '[hostname]\nmyhostname = "mail.example.com"\n[limits]\ndefault_process_limit = 61\n'
        '[certificate]\nsource = "self-signed"\n',
        0o600,
    )
    code, said = wizard(stock, "apply", "--section", "limits", "--answers", ANSWERS, "--yes")
    assert code == 0, said
    assert "it was so before this run" in " ".join(said.split())
    limit = stock.run(["postconf", "-h", "default_process_limit"], check=True)
    assert limit.stdout == "61\n"
    # The saved answers have what was read back, and are read again.
    assert wizard(stock, "check")[0] == 1
    code, said = wizard(stock, "apply", "--section", "limits", "--yes")
    assert (code, "Nothing to do" in said) == (0, True), said


@pytest.mark.promise(40)
@pytest.mark.parametrize("level", ["may", "none"])
def test_a_certificate_is_done_on_an_mx_without_465(level: str, stock: Host) -> None:
    """Nobody listens on 465, and with the level none nobody is shown the certificate on 25."""
    restored = f"rm -rf /var/lib/postfix-wizard /etc/postfix-wizard; cp -p /root/m*.cf /etc/postfix\n{NAMED}"
    stock.run(["sh", "-ec", f"{restored}postconf -e smtpd_tls_security_level={level}"], check=True)
    stock.run(["systemctl", "restart", "postfix"], check=True)
    answers = '[hostname]\nmyhostname = "mail.example.com"\n[certificate]\nsource = "self-signed"\n'
    stock.write(ANSWERS, answers, 0o600)
    code, said = wizard(stock, "apply", "--section", "certificate", "--answers", ANSWERS, "--yes")
    assert code == 0, said
    assert ("shows the certificate to nobody" in said) is (level == "none")
