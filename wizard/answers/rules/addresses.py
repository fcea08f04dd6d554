"""Rules for IP addresses."""

from __future__ import annotations

import ipaddress
import re
from typing import Union

from wizard.answers.rules.characters import printable

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]
_INTERFACE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}")


def is_address(text: str) -> bool:
    """True if it is an IP address, with or without brackets."""
    try:
        parse_address(unbracketed(text))
    except ValueError:
        return False
    return True


def plain_address(text: str) -> Address:
    """Return a valid address without its brackets and its interface."""
    return ipaddress.ip_address(unbracketed(text).partition("%")[0])


def unbracketed(text: str) -> str:
    """Return a text without the brackets around it."""
    return text[1:-1] if text[:1] + text[-1:] == "[]" else text


def parse_address(text: str) -> Address:
    """Parse an IP address; an interface after '%' is a plain name. Raises ValueError."""
    bare, mark, interface = text.partition("%")
    # Python takes any text behind the '%'.
    if mark and not _INTERFACE.fullmatch(interface):
        raise ValueError("Write the interface's name after the '%', such as fe80::1%eth0.")
    found = ipaddress.ip_address(bare)
    if mark and not found.is_link_local:
        raise ValueError("Leave out the interface after the '%': only an fe80:: address has one.")
    return ipaddress.ip_address(text)


def address(text: str) -> str:
    """Accept one IP address without brackets and length (postconf(5) proxy_interfaces)."""
    given = printable(text)
    try:
        found = parse_address(given)
    except ValueError:
        raise ValueError("This is not an IP address. Write one such as 203.0.113.1.") from None
    if found.is_loopback or found.is_unspecified or found.is_multicast or found.is_link_local:
        raise ValueError(
            "Others cannot reach this address. Write a public one such as 203.0.113.1."
        )
    return str(found)


def interfaces(text: str) -> str:
    """Accept all, loopback-only, or addresses separated by a comma and a blank."""
    printable(text)
    if text in {"all", "loopback-only", "localhost", "$myhostname", "$myhostname, localhost"}:
        return text
    items = [item for item in re.split(r"[,\s]+", text) if item]
    if not items or not all(is_address(item) for item in items):
        raise ValueError(
            "Write all, loopback-only, or addresses of this host such as 192.0.2.1, 127.0.0.1."
        )
    return ", ".join(items)


def ipv4_or_none(text: str) -> str:
    """Accept an IPv4 address, or nothing."""
    printable(text)
    if not text:
        return text
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError as error:
        raise ValueError("This is not an IPv4 address. Write one such as 203.0.113.25.") from error
