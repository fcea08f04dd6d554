"""The corpus as hosts: configurations of other hands, below a root directory of their own."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Callable

from wizard.answers.model import Answers, narrowed
from wizard.door import Door
from wizard.host.facts import Host
from wizard.host.read import read_host

CORPUS = Path(__file__).parent
NAMES = tuple(sorted(path.parent.name for path in CORPUS.glob("*/main.cf")))

CHANGES: dict[str, Callable[[Answers], Answers]] = {
    "hostname": lambda a: replace(a, hostname=replace(a.hostname, myorigin="origin.example")),
    "domains": lambda a: replace(
        a, domains=replace(a.domains, local=(*a.domains.local, "new.example"))
    ),
    "networks": lambda a: replace(
        a,
        networks=replace(a.networks, mynetworks=(*a.networks.mynetworks, "10.99.0.0/16")),
    ),
    "certificate": lambda a: replace(
        a, certificate=replace(a.certificate, source="letsencrypt", name="new.example")
    ),
    "blocklists": lambda a: replace(
        a, blocklists=replace(a.blocklists, reject_senders=("spam.example",))
    ),
    "delivery": lambda a: replace(a, delivery=replace(a.delivery, recipient_delimiter="_")),
    "limits": lambda a: replace(a, limits=replace(a.limits, message_size_limit=31457280)),
}
"""A change for each section that answers have and a main.cf can show."""

MOVES = {
    "hostname": {"myorigin"},
    "domains": {"mydestination"},
    "networks": {"mynetworks"},
    "certificate": {"smtpd_tls_cert_file", "smtpd_tls_key_file"},
    "blocklists": {"smtpd_recipient_restrictions"},
    "delivery": {"recipient_delimiter"},
    "limits": {"message_size_limit"},
}
"""The parameters that each of these changes may move; blocklists adds its table where it is not."""


def files(name: str) -> tuple[bytes, bytes]:
    """Return the main.cf and master.cf of one configuration."""
    own = CORPUS / name / "master.cf"
    master = own if own.exists() else CORPUS / "master.cf"
    return (CORPUS / name / "main.cf").read_bytes(), master.read_bytes()


def host_of(name: str, root: Path, release: str = "9.4") -> Host:
    """Return the facts of a copied /etc with this configuration."""
    postfix = root / "etc/postfix"
    shutil.rmtree(root, ignore_errors=True)
    postfix.mkdir(parents=True)
    for file, text in zip(("main.cf", "master.cf"), files(name)):
        (postfix / file).write_bytes(text)
    (root / "etc/os-release").write_text(f'ID=rhel\nVERSION_ID="{release}"\nNAME="Red Hat"\n')
    return read_host(Door(root))


def changed(section: str, today: Answers) -> Answers:
    """Return today's answers with one section changed, and no other."""
    return narrowed(CHANGES[section](today), today, (section,))
