"""Rules for the networks of mynetworks."""

from __future__ import annotations

import contextlib
import ipaddress
import re
from functools import lru_cache
from typing import Union

from wizard.answers.rules.characters import printable

Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]

_BRACKETED = re.compile(r"\[([0-9A-Fa-f:.]+)\](/[0-9]+)?")

PRIVATE: tuple[Network, ...] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "10.0.0.0/8",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
)
"""Ranges without strangers. 100.64.0.0/10 is not one: a provider's customers share it."""

WIDEST_PUBLIC = {4: 8, 6: 19}
"""Prefix lengths of the widest public range that one owner can have, by IP version."""


def network(text: str) -> str:
    """Accept one item of mynetworks: IPv4 or [IPv6] in CIDR notation, without host bits.

    Raises ValueError for ranges that would make an open relay, too.
    """
    printable(text)
    parsed = _whole_network(_unbracketed(text), text)
    refuse_the_world(parsed)
    return bracketed(parsed)


def _whole_network(bare: str, text: str) -> Network:
    """Parse a network. One in main.cf's form is parsed only once: there may be ten thousand."""
    with contextlib.suppress(ValueError):
        written = parse_network(text)
        if bracketed(written) == text:
            return written
    try:
        host = ipaddress.ip_interface(bare)
    except ValueError as error:
        raise ValueError(
            "This is not a network. Write one such as 192.168.1.0/24 or [2001:db8::]/64."
        ) from error
    parsed = host.network
    if host.ip != parsed.network_address:
        raise ValueError(
            f"This is one host's address with a network's length. Write {bracketed(parsed)} for the "
            f"whole network, or /{parsed.max_prefixlen} for the one host."
        )
    return parsed


def _unbracketed(text: str) -> str:
    """Return an IPv6 network without its brackets, which Postfix needs and ipaddress refuses."""
    match = _BRACKETED.fullmatch(text)
    if match:
        return match.group(1) + (match.group(2) or "")
    if ":" in text:
        address, _, length = text.strip("[]").partition("/")
        suffix = f"/{length}" if length else ""
        raise ValueError(f"An IPv6 network needs brackets. Write [{address}]{suffix}.")
    return text


def bracketed(parsed: Network) -> str:
    """Return a network in main.cf's form: IPv6 addresses in brackets."""
    if parsed.version == 4:  # noqa: PLR2004
        return str(parsed)
    return f"[{parsed.network_address}]/{parsed.prefixlen}"


@lru_cache(maxsize=1 << 15)
def parse_network(text: str) -> Network:
    """Return the network of an item of mynetworks. Raises ValueError when it is not a network."""
    return ipaddress.ip_network(text.replace("[", "").replace("]", ""))


def refuse_the_world(parsed: Network) -> None:
    """Raise ValueError when this network in mynetworks would make an open relay."""
    widest = WIDEST_PUBLIC[parsed.version]
    mapped = (
        isinstance(parsed, ipaddress.IPv6Network) and parsed.network_address.ipv4_mapped is not None
    )
    if parsed.prefixlen == 0 or (parsed.prefixlen < widest and is_public(parsed)) or mapped:
        raise ValueError(
            "This network would let strangers send mail through this server (an open relay). "
            "List only networks where every computer is yours, such as 192.168.1.0/24."
        )


@lru_cache(maxsize=1 << 15)
def is_public(parsed: Network) -> bool:
    """True if strangers' hosts may be in it: it is not completely within PRIVATE."""
    return not any(
        parsed.subnet_of(private)  # type: ignore[arg-type]
        for private in PRIVATE
        if private.version == parsed.version
    )


def is_loopback(text: str) -> bool:
    """True if the network of an item of mynetworks has this host's own address in it."""
    return any(has_address(text, one) for one in ("127.0.0.1", "::1"))


def has_address(text: str, address: str) -> bool:
    """True if an address is in the network of an item; False for what is not a network."""
    try:
        return ipaddress.ip_address(address) in parse_network(text)
    except ValueError:
        return False
