"""Rules for a second MX: its list of recipients, and the addresses of other servers' backups."""

from __future__ import annotations

import ipaddress

from wizard.answers.rules.addresses import unbracketed
from wizard.answers.rules.characters import printable
from wizard.answers.rules.paths import key_file

VERIFY = "verify"
"""Instead of a file: the primary confirms each recipient (ADDRESS_VERIFICATION_README)."""


def recipients_file(text: str) -> str:
    """Accept the absolute path of a file, or `verify`."""
    if printable(text).lower() == VERIFY:
        return VERIFY
    try:
        return key_file(text)
    except ValueError:
        raise ValueError(
            "Write the full path of a file with one address on each line, such as "
            f"/etc/postfix-wizard/recipients, or {VERIFY}."
        ) from None


def backup_address(text: str) -> str:
    """Accept one IP address, also as people paste it: `[2001:db8::25]`, `IPv6:...`, `.../32`."""
    given = printable(text)
    bare = unbracketed(given)
    if bare.lower().startswith("ipv6:"):
        bare = bare[len("ipv6:") :]
    try:
        found = ipaddress.ip_interface(bare)
    except ValueError:
        raise ValueError(
            "This is not an IP address. Write the address from which the backup sends, such as "
            "198.51.100.25 or 2001:db8::25: its name is not looked up."
        ) from None
    if found.network.num_addresses > 1:
        raise ValueError(
            "This is a range. Write the address of each backup by itself, such as 198.51.100.25."
        )
    # An IPv6 socket shows an IPv4 client so, and Postfix writes it as IPv4.
    address = getattr(found.ip, "ipv4_mapped", None) or found.ip
    if address.is_loopback or address.is_unspecified or address.is_multicast or "%" in bare:
        raise ValueError(
            "No other server has this address. Write the one from which the backup sends, such as "
            "198.51.100.25."
        )
    return str(address)
