"""Rules for mail addresses: senders, and readers of mail."""

from __future__ import annotations

import re

from wizard.answers.rules.characters import printable
from wizard.answers.rules.names import fqdn

_READER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,63}")
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#%&'*+/=?^_|~-]+(\.[A-Za-z0-9!#%&'*+/=?^_|~-]+)*")
LONGEST_ADDRESS = 254
"""Characters of a mail address (RFC 5321 section 4.5.3.1.3); a key of LMDB has at most 511 bytes."""


def _mail_address(local: str, domain: str) -> str:
    found = f"{local}@{fqdn(domain)}" if domain else f"{local}@"
    if len(found) > LONGEST_ADDRESS:
        raise ValueError(
            f"The address has {len(found)} characters. At most {LONGEST_ADDRESS} are allowed."
        )
    return found


def email(text: str) -> str:
    """Accept an e-mail address, or nothing."""
    printable(text)
    if not text:
        return text
    local, at, domain = text.rpartition("@")
    if not at or local.startswith("-") or not _LOCAL_PART.fullmatch(local):
        raise ValueError("This is not an e-mail address. Write one such as hostmaster@example.com.")
    if not domain:
        raise ValueError(
            "The domain after the '@' is missing. Write one such as hostmaster@example.com."
        )
    return _mail_address(local, domain)


def mail_reader(text: str) -> str:
    """Accept a user of this host or a mail address, as a target in aliases(5); or nothing.

    Mail is delivered to it, so it has no character that begins a command, a file, a list or an
    option there.
    """
    printable(text)
    if not text:
        return text
    local, at, domain = text.rpartition("@")
    name = local if at else text
    if not _READER.fullmatch(name):
        raise ValueError(
            "This is not a user and not an e-mail address. "
            "Write one such as taro or taro@example.com."
        )
    if not at and name.lower() in {"root", "postmaster", "abuse"}:
        raise ValueError(
            f"Mail for {name} is what gets a reader here. Write who reads it, such as taro."
        )
    if at and not domain:
        raise ValueError("The domain after the '@' is missing. Write one such as taro@example.com.")
    return _mail_address(local, domain) if at else text


def sender(text: str) -> str:
    """Accept a key of sender_access (access(5)): user@domain, user@, or a domain and its subdomains."""
    printable(text)
    local, at, domain = text.rpartition("@")
    if not at:
        return fqdn(text)
    if not _LOCAL_PART.fullmatch(local):
        raise ValueError(
            "The name before the '@' is not a plain one. Write one such as user@example.com."
        )
    if local.startswith("#"):
        raise ValueError(
            "postmap reads a row that begins with '#' as a comment. Write the domain alone, "
            "such as example.net, which matches all of its senders."
        )
    return _mail_address(local.lower(), domain)
