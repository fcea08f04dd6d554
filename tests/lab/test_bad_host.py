"""Whatever is wrong with the host is told before anything is begun, and nothing is changed.

And what only looks wrong, a main.cf by somebody else's hand, is understood and kept.
"""

from __future__ import annotations

import difflib
from typing import Callable

import pytest

from lab.host import Host
from tests.lab.program import ANSWERS, BAD, PENDING, PYZ, ZEKE, BootHost, apply, state, wizard

pytestmark = pytest.mark.lab

MAIN_CF = "/etc/postfix/main.cf"


def install(host: Host) -> None:
    host.run(["dnf", "-y", "install", "postfix"], check=True)


def in_shell(host: Host, script: str) -> None:
    host.run(["sh", "-ec", script], check=True)


def break_multi_instance(host: Host) -> None:
    install(host)
    in_shell(host, f"echo multi_instance_directories = /etc/postfix-out >>{MAIN_CF}")


def break_syntax(host: Host) -> None:
    install(host)
    in_shell(host, f"echo this is no parameter >>{MAIN_CF}")


def break_links(host: Host) -> None:
    install(host)
    in_shell(host, "cd /etc/postfix && mv main.cf main.real && ln -s main.real main.cf")


def break_hard_links(host: Host) -> None:
    install(host)
    in_shell(host, "cd /etc/postfix && ln master.cf master.too")


def fill_tmp(host: Host) -> None:
    in_shell(host, "mount -t tmpfs -o size=64k tmpfs /tmp")


def break_port(host: Host) -> None:
    host.write(
        "/root/hold.py", "import socket,time\ns=socket.create_server(('',25))\ntime.sleep(999)"
    )
    host.run(["systemd-run", "--unit=hold", "python3", "/root/hold.py"], check=True)
    host.run(
        ["sh", "-c", "until ss -Hnlt sport = :25 | grep -q .; do sleep 0.05; done"], check=True
    )


def break_key(host: Host) -> None:
    for name in ("zeke.ne.jp",):
        archive = f"/etc/letsencrypt/archive/{name}"
        host.run(["openssl", "genrsa", "-out", f"{archive}/privkey1.pem", "2048"], check=True)
        host.run(["cp", f"{archive}/privkey1.pem", f"/etc/letsencrypt/live/{name}/privkey.pem"])


def renew(host: Host, name: str, ends: str) -> None:
    """Put a certificate for `name` alone, over at a date, in place of the seed's."""
    script = (
        "cd /etc/letsencrypt/archive/zeke.ne.jp && openssl genrsa -out privkey1.pem 2048 && "
        f"openssl req -new -key privkey1.pem -subj /CN={name} -addext subjectAltName=DNS:{name} "
        "-out /root/request && mkdir -p /root/ca/new && touch /root/ca/index.txt && "
        "printf '[ca]\\ndefault_ca=d\\n[d]\\ndatabase=/root/ca/index.txt\\nserial=/root/ca/serial\\n"
        "new_certs_dir=/root/ca/new\\ndefault_md=sha256\\npolicy=p\\ncopy_extensions=copy\\n"
        "[p]\\ncommonName=supplied\\n' >/root/ca/conf && echo 01 >/root/ca/serial && "
        "openssl ca -batch -selfsign -config /root/ca/conf -keyfile privkey1.pem -in /root/request "
        f"-startdate 20200101000000Z -enddate {ends} -notext -out cert1.pem && "
        "cp cert1.pem fullchain1.pem && "
        "for k in cert chain fullchain privkey; do cp ${k}1.pem ../../live/zeke.ne.jp/$k.pem; done"
    )
    host.run(["sh", "-c", script], check=True)


BAD_HOSTS: dict[str, tuple[Callable[[Host], object], int, str]] = {
    "no lineage": (
        lambda host: host.run(["rm", "-r", "/etc/letsencrypt/live/zeke.ne.jp"], check=True),
        65,
        "/etc/letsencrypt/live/zeke.ne.jp does not exist; the lineages here: zeke.jp",
    ),
    "a key that does not match": (break_key, 65, "lineage zeke.ne.jp cannot be used"),
    "an expired certificate": (
        lambda host: renew(host, "mail.zeke.ne.jp", "20240101000000Z"),
        65,
        "expired on",
    ),
    "a certificate without myhostname": (
        lambda host: renew(host, "other.example.com", "20400101000000Z"),
        65,
        "--accept certificate-name=mail.zeke.ne.jp",
    ),
    "several instances": (break_multi_instance, 1, "several instances"),
    "a main.cf that Postfix refuses": (break_syntax, 1, "missing '=' after attribute name"),
    "a symbolic link": (break_links, 1, f"{MAIN_CF} is a symbolic link"),
    "a hard link": (break_hard_links, 1, "master.cf is a hard link to another file"),
    "a full /tmp": (fill_tmp, 1, "directory for temporary files is full"),
    "not an EL family": (
        lambda host: host.write("/etc/os-release", 'ID=debian\nNAME="Debian"\nVERSION_ID="12"\n'),
        1,
        "not a RHEL 9 or 10",
    ),
    "no repository": (
        lambda host: host.run(["rm", "/etc/yum.repos.d/lab.repo"], check=True),
        1,
        "repositor",
    ),
    "firewalld stopped": (
        lambda host: host.run(["systemctl", "stop", "firewalld"], check=True),
        1,
        "systemctl start firewalld",
    ),
    "port 25 held": (break_port, 1, "port 25 (smtp) is used by python3"),
}


@pytest.mark.by_turns(3)
@pytest.mark.parametrize("name", BAD_HOSTS)
def test_a_bad_host_is_told_and_nothing_is_changed(fresh: Host, name: str) -> None:
    breaks, code, told = BAD_HOSTS[name]
    breaks(fresh)
    before = state(fresh)
    ended, said = apply(fresh)
    assert told in said, said
    assert ended == code, said
    assert state(fresh) == before
    # The plan says the same, and is as innocent.
    ended, said = wizard(fresh, "plan", "--answers", ANSWERS)
    assert told in said or "--accept" in told, said
    assert ended == (PENDING if "--accept" in told else code), said
    assert state(fresh) == before


@pytest.mark.promise(23)
def test_cautions_are_accepted_with_their_values(fresh: Host) -> None:
    renew(fresh, "other.example.com", "20400101000000Z")
    answers = ZEKE.replace('"192.168.1.0/24"', '"192.168.1.0/24", "198.51.100.0/24"')
    fresh.write(ANSWERS, answers, 0o600)
    before = state(fresh)
    name = ("--accept", "certificate-name=mail.zeke.ne.jp")
    code, said = apply(fresh, *name)
    assert code == BAD, said
    assert said.rstrip().endswith("add: --accept public-range=198.51.100.0/24")
    assert state(fresh) == before
    code, said = apply(fresh, *name, "--accept", "public-range=198.51.100.0/24")
    assert code == 0, said
    assert "is for other.example.com and not for mail.zeke.ne.jp" in said
    assert "198.51.100.0/24 in mynetworks is a public range" in said


def test_ipv6_asked_for_and_absent(boot_host: BootHost) -> None:
    host = boot_host(pyz=PYZ, ipv6=False)
    answers = ZEKE.replace('"ipv4"', '"all"').replace('"127.0.0.0/8"', '"127.0.0.0/8", "[::1]/128"')
    host.write(ANSWERS, answers, 0o600)
    code, said = apply(host)
    assert code == 65, said
    assert "no ::1 on lo" in said


BEFORE = b"""\
  begins = with a blank
# caf\xe9, in Latin-1
"""
AFTER = b"""\
lan = 192.168.1.0/24
mynetworks = $lan,
# a comment between
\t127.0.0.0/8

message_size_limit = 1
message_size_limit = 1
mydomain = old.example.org
mydomain = zeke.ne.jp
smtpd_banner = $myhostname caf\xe9 $(id) `id`
inet_interfaces =
    all
nul = a\0b
mailbox_size_limit = 1"""
GONE = {
    "inet_protocols = all",
    "mydestination = $myhostname, localhost.$mydomain, localhost",
    "#recipient_delimiter = +",
    "#home_mailbox = Maildir/",
    "smtpd_tls_cert_file = /etc/pki/tls/certs/postfix.pem",
    "smtpd_tls_key_file = /etc/pki/tls/private/postfix.key",
    "message_size_limit = 1",
    "smtpd_banner = $myhostname caf\xe9 $(id) `id`",
    "mailbox_size_limit = 1",
}
"""Lines that the answers and the policy contradict; no other is touched."""


def gone(old: bytes, new: bytes) -> set[str]:
    """The lines of the old text that do not stand in the new one, in their order."""
    before, after = (text.decode("latin-1").split("\n") for text in (old, new))
    diff = difflib.ndiff(before, after)
    return {line[2:].rstrip("\r") for line in diff if line.startswith("- ")}


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_main_cf_by_another_hand_is_understood_and_kept(fresh: Host, ends: str) -> None:
    """Doubled, folded and unused parameters, odd bytes, CR LF: Postfix reads it, and so do we."""
    install(fresh)
    stock = (fresh.root / MAIN_CF[1:]).read_bytes()
    foreign = (BEFORE + stock + AFTER).replace(b"\n", ends.encode())
    fresh.write(MAIN_CF, foreign)
    stranger = fresh.run(["postconf", "-n"])
    assert stranger.returncode == 0
    assert stranger.stderr
    code, said = apply(fresh)
    assert code == 0, said
    new = (fresh.root / MAIN_CF[1:]).read_bytes()
    assert (fresh.root / f"{MAIN_CF[1:]}.orig").read_bytes() == foreign
    assert gone(foreign, new) == GONE
    assert new.count(ends.encode()) == new.count(b"\n")
    code, said = wizard(fresh, "plan")
    assert (code, said.count("Nothing to do")) == (0, 1), said
