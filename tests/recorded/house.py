"""What a recorded host needs: keys that were made for it, and the names that its answers ask for.

Whatever /etc does not hold (the zones of named) is prepared before a recording and before a
restore alike.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from lab import certificates
from lab.host import Host
from tests.lab.program import ZEKE
from tests.lab.test_blocklists import bash

MADE_FOR_TESTS = "Made for tests and never in use"
"""The organization of each certificate in a recording."""
KEY = "madefortests0neverinuse000"
"""The key of the blocklists."""
PASSWORD = "made-for-tests-never-in-use"
"""The password at the relay host."""
KEY_FILE = "/etc/postfix-wizard/dqs.key"
PASSWORD_FILE = "/etc/postfix-wizard/relay.password"
_DAYS = 36500

ANSWERS = (
    ZEKE.replace(
        'use = ["spamcop", "spamhaus-zen", "spamhaus-dbl"]',
        'use = ["spamhaus-dqs-zen", "spamhaus-dqs-dbl"]',
    ).replace("reject_senders = []", 'reject_senders = ["spam.example"]')
    + f"""
[aliases]
root = "taro"

[relay]
host = "relay.zeke.ne.jp"
tls = "encrypt"
user = "taro"
password_file = "{PASSWORD_FILE}"
"""
)
SECTION_ANSWERS = ANSWERS.replace("cafe.zeke", "kafe.zeke").replace(
    '"spam.example"', '"spam.example", "junk@example.net"'
)
"""What the section run changes: a local domain, and a row of sender_access."""

_ZONE = f"""$TTL 60
@ IN SOA ns.zeke.ne.jp. root.zeke.ne.jp. ( 1 3600 900 604800 60 )
  IN NS ns.zeke.ne.jp.
2.0.0.127.{KEY}.zen IN A 127.0.0.2
dbltest.com.{KEY}.dbl IN A 127.0.1.2
"""
_NAMED = """
zone "dq.spamhaus.net" { type master; file "dq.spamhaus.net.zone"; };
"""


def zones(host: Host) -> None:
    """Serve the keyed blocklists and the relay's name; named reads them at its next start."""
    host.write("/var/named/dq.spamhaus.net.zone", _ZONE)
    bash(host, "echo 'relay IN A 203.0.113.9' >>/var/named/zeke.ne.jp.zone")


def operators_files(host: Host) -> None:
    """Give a fresh host its zones and the files of secrets that the answers name."""
    zones(host)
    bash(host, f"echo '{_NAMED}' >>/etc/named.conf; mkdir -p -m 700 /etc/postfix-wizard")
    host.write(KEY_FILE, f"{KEY}\n", 0o600)
    host.write(PASSWORD_FILE, f"{PASSWORD}\n", 0o600)


def prepare(host: Host) -> None:
    """Give a fresh host its zones, the operator's files, and keys of its own."""
    operators_files(host)
    comment = MADE_FOR_TESTS.replace(" ", "-")
    for kind in ("rsa", "ecdsa", "ed25519"):
        file = f"/etc/ssh/ssh_host_{kind}_key"
        bash(host, f"rm -f {file}*; ssh-keygen -q -t {kind} -N '' -C {comment} -f {file}")
    bash(
        host,
        "rm -f /etc/ssl/private/ssl-cert-snakeoil.key /etc/ssl/certs/ssl-cert-snakeoil.pem;"
        "rndc-confgen -a -A hmac-sha256 -c /etc/bind/rndc.key; chgrp named /etc/bind/rndc.key;"
        "chmod 640 /etc/bind/rndc.key; systemctl restart named;"
        "dnf -y install postfix >/dev/null",
    )
    _lineages(host)


def _lineages(host: Host) -> None:
    """Put certificates of an authority of their own in place of the lab's; the host trusts it."""
    etc = host.root / "etc"
    with tempfile.TemporaryDirectory() as made:
        authority = Path(made, "authority")
        certificates.make_authority(authority, MADE_FOR_TESTS, _DAYS)
        root = (authority / "root.pem").read_text()
        shutil.rmtree(etc / "letsencrypt")
        certificates.issue_lineages(authority, host.root, _DAYS)
    (etc / "ssl/certs/made-for-tests.pem").write_text(root)
    for bundle in ("ssl/certs/ca-certificates.crt", "pki/tls/certs/ca-bundle.crt"):
        with (etc / bundle).open("a") as stream:
            stream.write(root)
    bash(
        host,
        "cd /etc/ssl/certs; ln -s made-for-tests.pem $(openssl x509 -hash -noout -in made-for-tests.pem).0",
    )
