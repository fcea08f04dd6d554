"""A section's run on servers by other hands that run: mail comes and goes afterwards as before.

Each is one of tests/corpus, put on a host and started. A stranger's mail from outside and a user's,
from the LAN or by sendmail(1), are followed to their end before and after the run.
"""

from __future__ import annotations

import itertools
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import pytest

from lab import host as lab_host
from lab import network, sink
from lab.host import Host, Options
from tests.corpus import CORPUS, files
from tests.lab.program import ANSWERS, BAD, PYZ, accepting, wizard
from wizard.answers.fields import fields_of
from wizard.postfix.main_cf import MainCf

pytestmark = pytest.mark.lab

OUR_OWN = ("main.cf", "master.cf")
COMPILED_IN = (
    "alias_database",
    "alias_maps",
    "command_directory",
    "daemon_directory",
    "data_directory",
    "default_database_type",
    "mail_owner",
    "meta_directory",
    "queue_directory",
    "sendmail_path",
    "setgid_group",
    "shlib_directory",
)
"""What Postfix of EL has without main.cf; the lab's has Debian's, and needs the lines."""

KEEP = """
cp -a /etc/postfix /root/postfix
cp -p /etc/aliases /root/aliases
firewall-cmd -q --permanent --zone=public --add-service=smtp
firewall-cmd -q --reload
"""
FRESH = """
systemctl stop postfix dovecot 2>/dev/null
systemctl reset-failed postfix 2>/dev/null
rm -rf /etc/postfix /var/lib/postfix-wizard /etc/postfix-wizard /srv/vmail
cp -a /root/postfix /etc/postfix
cp -p /root/aliases /etc/aliases
postsuper -d ALL 2>/dev/null
"""
START = """
touch -d '1 minute ago' /etc/postfix/main.cf
newaliases
systemctl start postfix
"""
PAIR = "cd /etc/pki/tls; cat private/postfix.key certs/postfix.pem >/etc/postfix/pair.pem\n"
JAIL = """
mkdir -p /var/spool/postfix/etc
cp /etc/resolv.conf /etc/hosts /etc/services /etc/nsswitch.conf /var/spool/postfix/etc/
echo deb.example >/etc/mailname
printf '#!/bin/sh\\nexec cat >>"$HOME/procmailed"\\n' >/usr/local/bin/procmail
chmod 755 /usr/local/bin/procmail
ln -sf /usr/local/bin/procmail /usr/bin/procmail
"""

SEND = """
import smtplib, ssl, sys
server, sender, recipient, name = sys.argv[1:]
text = f"From: <{sender}>\\r\\nTo: <{recipient}>\\r\\nMessage-ID: <{name}>\\r\\n\\r\\nGood day.\\r\\n"
try:
    with smtplib.SMTP(server, 25, "mail.stranger.example", timeout=20) as talk:
        talk.ehlo()
        if talk.has_extn("starttls"):
            talk.starttls(context=ssl._create_unverified_context())
        talk.sendmail(sender, [recipient], text)
        print("accepted")
except smtplib.SMTPRecipientsRefused as refused:
    (code, why), = refused.recipients.values()
    print(code, why.decode())
except OSError as error:
    print("no answer" if isinstance(error, ConnectionError) else error)
"""
USER = "taro@zeke.ne.jp"
STRANGER = "hanako@stranger.example"
GOES_OUT = "accepted, mail.stranger.example: sent"
PATIENCE = 30.0
FATE = re.compile(
    r" ([0-9A-F]{6,}): to=<[^>]*>, (?:orig_to=<[^>]*>, )?relay=([^,\[]+).* status=(\w+)"
)


@dataclass(frozen=True)
class Shape:
    """What is changed on one configuration, and whose mail is sent.

    `moves` are the parameters that this changes, `moves_el9` further ones on EL9. `to` is who gets the stranger's mail, and `comes`
    and `goes` what becomes of it and of the user's. `cautions` are accepted.
    """

    section: str
    answers: str
    moves: frozenset[str]
    to: str
    prepare: str = ""
    by_sendmail: bool = False
    comes: str = "accepted, local: sent"
    goes: str = GOES_OUT
    cautions: tuple[str, ...] = ()
    suites: tuple[str, ...] = ("el9", "el10")
    dovecot: bool = False
    moves_el9: frozenset[str] = frozenset()


LIMIT = (
    "limits",
    "default_process_limit = 61",
    frozenset(one.name for one in fields_of("limits") if not one.optional)
    - {"anvil_rate_time_unit"},
)
"""All that are not Postfix's own today: the answers of a section are the whole of it."""
NETWORKS = frozenset({"mynetworks"})
NAMES = frozenset({"mydestination"})
PAIRS = frozenset({"smtpd_tls_cert_file", "smtpd_tls_key_file"})
SHAPES = {
    "el9-named-only": Shape(
        *LIMIT, "taro@mail.example.com", by_sendmail=True, comes="no answer", suites=("el9",)
    ),
    "el10-named-only": Shape(
        *LIMIT, "taro@mail.example.com", by_sendmail=True, comes="no answer", suites=("el10",)
    ),
    "mx-only": Shape(
        "blocklists",
        'use = []\nreject_senders = ["spam.example"]',
        frozenset({"smtpd_recipient_restrictions"}),
        "taro@incoming.example",
    ),
    "debian-layout": Shape(
        "hostname",
        'myhostname = "box.deb.example"\nmydomain = "deb.example"\nmyorigin = "$mydomain"',
        frozenset({"myorigin"}),
        "taro@deb.example",
        JAIL,
    ),
    "error-transport": Shape(
        *LIMIT,
        "taro@app1.null.example",
        by_sendmail=True,
        comes="no answer",
        goes="accepted, 203.0.113.9: sent",
    ),
    "virtual-hosting": Shape(
        "aliases",
        'root = "taro"',
        frozenset(),
        "info@second.example",
        "install -d -o taro /srv/vmail\n",
        comes="accepted, virtual: sent",
    ),
    "relay-with-transports": Shape(
        "domains",
        'local = ["new.example"]',
        NAMES,
        "taro@inside.example",
        comes="accepted, 203.0.113.9: sent",
    ),
    "postscreen-dnsblog": Shape(*LIMIT, "taro@zombie.example"),
    "folded-everywhere": Shape(
        "networks",
        'mynetworks = ["127.0.0.0/8", "192.168.1.0/24", "10.30.0.0/16"]',
        NETWORKS,
        "taro@before.folded.example",
    ),
    "tables-everywhere": Shape(
        "delivery",
        'recipient_delimiter = "+"\nhome_mailbox = ""\nmailbox_transport = ""',
        frozenset({"recipient_delimiter"}),
        "sales@tables.example",
    ),
    "overlapping-networks": Shape(
        "networks",
        'mynetworks = ["127.0.0.0/8", "192.168.1.0/24", "10.0.0.0/8"]',
        NETWORKS,
        "taro@over.example",
    ),
    "one-file-pair": Shape(
        "certificate",
        'source = "letsencrypt"\nname = "zeke.ne.jp"',
        PAIRS,
        "taro@onefile.example",
        PAIR,
        cautions=("certificate-name",),
    ),
    "chain-files": Shape(
        "certificate",
        'source = "self-signed"',
        PAIRS | {"smtpd_tls_chain_files"},
        "taro@chain.example",
        PAIR,
    ),
    "names-in-every-list": Shape(
        "relay",
        'host = "mail.stranger.example"\nport = 25\ntls = "may"',
        frozenset({"my_relay", "relayhost", "smtp_tls_policy_maps"}),
        "taro@www.names.example",
    ),
    "style-subnet": Shape(
        "networks",
        'mynetworks = ["127.0.0.0/8", "192.168.1.0/24"]',
        NETWORKS,
        "taro@subnet.example",
    ),
    "written-out": Shape(
        "domains", 'local = ["a.example"]', NAMES, "taro@localhost.written.example"
    ),
    "sasl-on-25": Shape(
        "hardening",
        'use = "on"',
        frozenset({"smtpd_client_auth_rate_limit", "smtpd_forbid_bare_newline"}),
        "taro@allinone.example",
        dovecot=True,
        # Newer versions of Postfix have it by default.
        moves_el9=frozenset({"smtpd_forbid_unauth_pipelining"}),
    ),
}
CASES = [(suite, name) for name, shape in SHAPES.items() for suite in shape.suites]
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def hosts(host_names: Iterator[str]) -> Iterator[Callable[[str], Host]]:
    """A host of each suite with Postfix and the program, which the shapes use one after another."""
    booted: dict[str, Host] = {}

    def of(suite: str) -> Host:
        if suite not in booted:
            host = lab_host.boot(next(host_names), Options(suite=suite, pyz=PYZ))
            booted[suite] = host
            host.run(["dnf", "-y", "install", "postfix"], check=True)
            host.run(["sh", "-ec", KEEP], check=True)
        return booted[suite]

    yield of
    for host in booted.values():
        host.stop()


def put(host: Host, name: str, shape: Shape) -> None:
    """Start Postfix with the files of one configuration."""
    host.run(["sh", "-c", FRESH], check=True)
    main, master = files(name)
    own = {one.name for one in MainCf.parse(main).entries}
    stock = MainCf.parse(host.read("/etc/postfix/main.cf").encode())
    lines = [
        f"{one.name} = {one.value}\n"
        for one in stock.entries
        if one.name in COMPILED_IN and one.name not in own
    ]
    host.write("/etc/postfix/main.cf", "".join(lines).encode() + main)
    host.write("/etc/postfix/master.cf", master)
    for table in (CORPUS / name).iterdir():
        if table.name not in OUR_OWN:
            host.write(f"/etc/postfix/{table.name}", table.read_bytes())
    host.run(["sh", "-ec", shape.prepare + START], check=True)
    if shape.dovecot:
        host.start_dovecot()


def answers(shape: Shape) -> str:
    """Return answers that are whole, with those of the section in them."""
    sections = {
        "hostname": 'myhostname = "mail.example.com"',
        "certificate": 'source = "self-signed"',
        shape.section: shape.answers,
    }
    return "".join(f"[{name}]\n{text}\n" for name, text in sections.items())


def fate(host: Host, said: str, name: str) -> str:
    """Return what a server said to a message and what became of it."""
    if said != "accepted":
        return said
    deadline = time.monotonic() + PATIENCE
    while True:
        log = host.read("/var/log/maillog")
        (queued,) = re.findall(rf" ([0-9A-F]{{6,}}): message-id=<{name}>", log)[:1] or [""]
        found = [one for one in FATE.findall(log) if one[0] == queued]
        if found:
            return f"{said}, {found[0][1]}: {found[0][2]}"
        assert time.monotonic() < deadline, log[-2000:]
        time.sleep(0.1)


def mail(host: Host, shape: Shape) -> tuple[str, str]:
    """Send a stranger's mail and a user's; return what became of each."""
    names = [f"{next(_numbers)}.{time.time_ns()}@probe.example" for _ in range(2)]
    words = [sys.executable, "-c", SEND, network.HOST_OUTSIDE, STRANGER, shape.to, names[0]]
    comes = fate(host, host.run_outside(words, check=True).stdout.strip(), names[0])
    if shape.by_sendmail:
        text = f"From: {USER}\nMessage-ID: <{names[1]}>\n\nGood day.\n"
        host.run(["sendmail", "-i", "-f", USER, STRANGER], input=text, check=True)
        return comes, fate(host, "accepted", names[1])
    words = [sys.executable, "-c", SEND, network.HOST_LAN, USER, STRANGER, names[1]]
    return comes, fate(host, host.run_operator(words, check=True).stdout.strip(), names[1])


def parameters(host: Host) -> dict[str, str]:
    """Return what Postfix reads."""
    lines = host.run(["postconf", "-n"], check=True).stdout.splitlines()
    return {name: value for name, _, value in (line.partition(" =") for line in lines)}


@pytest.mark.promise(40)
@pytest.mark.by_turns(3)
@pytest.mark.parametrize(("suite", "name"), CASES)
def test_mail_comes_and_goes_as_before(
    suite: str, name: str, hosts: Callable[[str], Host], tmp_path: Path
) -> None:
    """And the run ends well, moves what the section is about, and has nothing to do afterwards."""
    host, shape = hosts(suite), SHAPES[name]
    put(host, name, shape)
    host.write(ANSWERS, answers(shape), 0o600)
    before = parameters(host)
    words = ("--section", shape.section, "--answers", ANSWERS)
    with sink.serve(host, tmp_path):
        assert mail(host, shape) == (shape.comes, shape.goes)
        code, said = wizard(host, "apply", *words, "--yes")
        if shape.cautions:
            assert code == BAD, said
            accepted = accepting(said)
            assert {one.partition("=")[0] for one in accepted[1::2]} == set(shape.cautions), said
            code, said = wizard(host, "apply", *words, "--yes", *accepted)
        assert code == 0, said
        assert mail(host, shape) == (shape.comes, shape.goes)
    after = parameters(host)
    has_moved = {one for one in {*before, *after} if before.get(one) != after.get(one)}
    assert has_moved == shape.moves | (shape.moves_el9 if suite == "el9" else frozenset())
    code, said = wizard(host, "plan", *words)
    assert code == 0, said
