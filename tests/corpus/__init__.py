"""The corpus as hosts: configurations of other hands, below a root directory of their own.

README.md says in a line what each of them stands for.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Callable

from wizard.answers.model import Answers, narrowed
from wizard.answers.sections.relay import Relay
from wizard.door import Door
from wizard.host.facts import Host
from wizard.host.read import read_host
from wizard.postfix.parameters import PARAMETERS
from wizard.postfix.served import TAKEN_OUT
from wizard.sections.registry import NEEDS

CORPUS = Path(__file__).parent
NAMES = tuple(sorted(path.parent.name for path in CORPUS.glob("*/main.cf")))

CHANGES: dict[str, Callable[[Answers], Answers]] = {
    "hostname": lambda a: replace(a, hostname=replace(a.hostname, myorigin="origin.example")),
    "domains": lambda a: replace(
        a, domains=replace(a.domains, local=(*a.domains.local, "new.example"))
    ),
    "networks": lambda a: replace(
        a,
        networks=replace(a.networks, mynetworks=(*a.networks.mynetworks, "192.168.99.0/24")),
    ),
    "certificate": lambda a: replace(
        a, certificate=replace(a.certificate, source="letsencrypt", name="new.example")
    ),
    "blocklists": lambda a: replace(
        a, blocklists=replace(a.blocklists, reject_senders=("spam.example",))
    ),
    "delivery": lambda a: replace(a, delivery=replace(a.delivery, recipient_delimiter="_")),
    "limits": lambda a: replace(a, limits=replace(a.limits, message_size_limit=31457280)),
    "aliases": lambda a: replace(a, aliases=replace(a.aliases, root="taro")),
    "relay": lambda a: replace(
        a, relay=Relay(host="relay.example", port=465, tls="encrypt", user="")
    ),
    "hardening": lambda a: replace(a, hardening=replace(a.hardening, use="on")),
    "dns": lambda a: replace(a, dns=replace(a.dns, zone_file="/var/named/example.zone")),
    "dovecot": lambda a: replace(a, dovecot=replace(a.dovecot, imaps="open")),
    "move": lambda a: replace(a, move=replace(a.move, old_server="192.0.2.1")),
}
"""A change for each section that answers have."""

NOT_OF_POSTFIX = frozenset({"aliases", "dns", "dovecot", "move"})
"""Sections whose change moves nothing in main.cf and master.cf."""

MOVES = {
    "hostname": {"myorigin"},
    "domains": {"mydestination"},
    "networks": {"mynetworks"},
    "certificate": {"smtpd_tls_cert_file", "smtpd_tls_key_file", *TAKEN_OUT},
    "blocklists": {"smtpd_recipient_restrictions"},
    "delivery": {"recipient_delimiter"},
    "limits": {"message_size_limit"},
    "relay": {one.name for one in PARAMETERS if one.section == "relay"},
    "hardening": {one.name for one in PARAMETERS if one.section == "hardening"},
}
"""The parameters that each of these changes may move; blocklists adds its table where it is not."""


def files(name: str) -> tuple[bytes, bytes]:
    """Return the main.cf and master.cf of one configuration."""
    own = CORPUS / name / "master.cf"
    master = own if own.exists() else CORPUS / "master.cf"
    return (CORPUS / name / "main.cf").read_bytes(), master.read_bytes()


def host_of(
    name: str, root: Path, release: str = "9.4", door: Callable[[Path], Door] = Door
) -> Host:
    """Return the facts of a copied /etc with this configuration, read through such a door."""
    postfix = root / "etc/postfix"
    shutil.rmtree(root, ignore_errors=True)
    postfix.mkdir(parents=True)
    for file, text in zip(("main.cf", "master.cf"), files(name)):
        (postfix / file).write_bytes(text)
    (root / "etc/os-release").write_text(f'ID=rhel\nVERSION_ID="{release}"\nNAME="Red Hat"\n')
    return read_host(door(root), NEEDS)


def changed(section: str, today: Answers) -> Answers:
    """Return today's answers with one section changed, and no other."""
    return narrowed(CHANGES[section](today), today, (section,))
