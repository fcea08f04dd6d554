"""The kinds of hosts that are hit: the plain set-up, and one with every section that is optional.

Secrets of the second are searched for after each fault. They are in files below /root, which the
search leaves out, so that each place that it finds is one that a run made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lab.host import Host

ROOT = Path(__file__).resolve().parents[2]
_EXAMPLE = (ROOT / "examples/zeke.toml").read_text(encoding="utf-8")
_PLAIN = _EXAMPLE.replace(
    "reject_senders = []", 'reject_senders = ["spam.example", "junk@example.net"]'
)

PASSWORD = "canary-Pa55word-faults"
KEY = "canary0faults0canary0fault"
_PASSWORD_FILE, _KEY_FILE = "/root/keys/relay.password", "/root/keys/dqs.key"
_SECTIONS = (
    _PLAIN.replace(
        'use = ["spamcop", "spamhaus-zen", "spamhaus-dbl"]',
        f'use = ["spamcop", "spamhaus-dqs-zen", "spamhaus-dqs-dbl"]\ndqs_key_file = "{_KEY_FILE}"',
    )
    + f"""
[aliases]
root = "taro"

[relay]
host = "relay.zeke.ne.jp"
tls = "encrypt"
user = "taro"
password_file = "{_PASSWORD_FILE}"

[dovecot]
conf = "write"
imaps = "open"

[hardening]
use = "on"
"""
)
IN_FORCE = frozenset(
    {
        "/etc/postfix/main.cf",
        "/etc/postfix/sasl_passwd",
        "/etc/postfix/sasl_passwd.db",
        "/etc/postfix/sasl_passwd.lmdb",
    }
)
"""Where secrets are while a set-up is in force."""


@dataclass(frozen=True)
class Kind:
    """What is set up, what a host needs beforehand, and the secrets of its answers.

    CI takes one point where it takes `rarity` of the plain kind.
    """

    name: str
    answers: str
    prepare: Callable[[Host], None] | None = None
    rarity: int = 1
    secrets: tuple[str, ...] = ()


def _prepare(host: Host) -> None:
    """Give a host what the sections need: Dovecot, the key files, SASL's module for a relay."""
    host.unmask_dovecot()
    host.write(_PASSWORD_FILE, f"{PASSWORD}\n", 0o600)
    host.write(_KEY_FILE, f"{KEY}\n", 0o600)
    host.run(["chmod", "700", "/root/keys"], check=True)
    host.run(["dnf", "-y", "install", "cyrus-sasl-plain"], check=True)


PLAIN = Kind("plain", _PLAIN)
SECTIONS = Kind("sections", _SECTIONS, _prepare, rarity=8, secrets=(PASSWORD, KEY))
KINDS = {one.name: one for one in (PLAIN, SECTIONS)}
