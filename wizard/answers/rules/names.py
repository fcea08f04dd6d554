"""Rules for names of hosts and domains."""

from __future__ import annotations

import ipaddress
import re
from typing import Callable

from wizard.answers.rules.addresses import is_address, parse_address, unbracketed
from wizard.answers.rules.characters import printable

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", re.IGNORECASE)
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_IPV6_ZONE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_SSH_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?")

LONGEST_LABEL = 63
LONGEST_NAME = 253
"""Characters (RFC 1035 section 2.3.4; the name as text, without the root's dot)."""


_INNER = re.compile(
    r"(.+\.)?(localhost|localdomain|local|internal|intranet|lan|home|corp|invalid|home\.arpa)\.?",
    re.IGNORECASE,
)


def is_public_name(name: str) -> bool:
    """True if the DNS of the internet can have records for a name (RFC 6761, RFC 6762, RFC 8375)."""
    return "." in name.strip(".") and not _INNER.fullmatch(name)


def _ascii_name(text: str) -> str:
    """Return the A-labels of a name without full-width characters."""
    if text.isascii():
        return text
    import idna  # noqa: PLC0415 - its tables cost 10 ms, and most names never need them

    try:
        return idna.encode(text, uts46=False, std3_rules=True).decode("ascii")
    except (idna.IDNAError, UnicodeError) as error:
        raise ValueError(f"This is not a valid internationalised name: {error}.") from error


def readable_name(name: str) -> str:
    """Return a name for people: `xn--...` with its own script in brackets."""
    if "xn--" not in name.lower():
        return name
    import idna  # noqa: PLC0415 - see above

    try:
        return f"{name} ({idna.decode(name)})"
    except (idna.IDNAError, UnicodeError):
        return name


def _stray(name: str) -> str:
    """Return the first ASCII character that no name has, as a message calls it; "" for none."""
    found = next((c for c in name if c.isascii() and not (c.isalnum() or c in "-.")), "")
    return "a blank" if found == " " else repr(found) if found else ""


_NAME_FAULTS: tuple[tuple[Callable[[str], bool], str], ...] = (
    (lambda name: not name, "The name is empty. Write a full name, such as mail.example.com."),
    (lambda name: name[0] == "-", "A name cannot begin with '-'. Begin with a letter or a digit."),
    (lambda name: name[-1] == ".", "Remove the dot at the end: Postfix wants names without it."),
    (lambda name: "_" in name, "A host name cannot contain '_' (RFC 1123). Use '-' instead."),
    (
        lambda name: "@" in name,
        "This is a mail address. Write the name of a host, such as mail.example.com.",
    ),
    (
        is_address,
        "This is an IP address. Write the host's name, such as mail.example.com.",
    ),
    (
        lambda name: bool(_stray(name)),
        "A host name cannot contain {stray}. Use letters, digits, hyphens and dots.",
    ),
    (
        lambda name: "" in name.split("."),
        "Remove the extra dot: there are two dots together, or one at the start.",
    ),
    (
        lambda name: "." not in name,
        "The name has no dot. Write the full name, such as mail.example.com.",
    ),
    (
        lambda name: name.rpartition(".")[2].isdigit(),
        "A name cannot end in a number. Write one such as mail.example.com.",
    ),
)
"""Faults of a whole name, each with its message. The first fault that matches is reported.

A stray character comes before a missing dot: the first thing to repair in `a b` is the blank.
"""


def fqdn(text: str) -> str:
    """Accept a fully qualified domain name; return A-labels in lower case (RFC 1123 section 2.1)."""
    name = printable(text)
    for is_faulty, message in _NAME_FAULTS:
        if is_faulty(name):
            raise ValueError(message.format(stray=_stray(name)))
    for label in name.split("."):
        if label.isascii() and not _LABEL.fullmatch(label):
            raise ValueError("A part of a name cannot begin or end with '-'. Remove that hyphen.")
        if len(label) > LONGEST_LABEL:
            raise ValueError(
                f"A part of the name has {len(label)} characters. At most {LONGEST_LABEL} are allowed."
            )
    name = _ascii_name(name).lower()
    if len(name) > LONGEST_NAME:
        raise ValueError(
            f"The name has {len(name)} characters. At most {LONGEST_NAME} are allowed."
        )
    return name


def server(text: str) -> str:
    """Accept the name or the address, without brackets, of a server."""
    try:
        return str(parse_address(printable(text)))
    except ValueError:
        return fqdn(text)


def origin(text: str) -> str:
    """Accept $myhostname, $mydomain or a full name (postconf(5) myorigin)."""
    if text in {"$myhostname", "$mydomain"}:
        return text
    if text.startswith("$"):
        raise ValueError("Write $myhostname, $mydomain or a full name, such as mail.example.com.")
    return fqdn(text)


def selector(text: str) -> str:
    """Accept the selector of a DKIM key (RFC 6376, 3.1) as one label in lower case, or nothing."""
    printable(text)
    name = text.lower()
    if name and (len(name) > LONGEST_LABEL or not name.isascii() or not _LABEL.fullmatch(name)):
        raise ValueError("A selector is one word of a-z, 0-9 and '-'. Write one such as s202611.")
    return name


def server_or_none(text: str) -> str:
    """Accept the name or the address of another server, or nothing."""
    return server(text) if text else text


_SPF_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?", re.IGNORECASE)


def spf_name(text: str) -> str:
    """Accept the name of a provider's SPF record, or nothing: `_` is common there (RFC 7208, 7.1)."""
    name = printable(text)
    if not name:
        return name
    if name.lower().startswith("include:"):
        raise ValueError("Write the name alone, without include:, such as spf.example.net.")
    labels = name.split(".")
    fqdn(".".join(label.replace("_", "x") if label.isascii() else label for label in labels))
    if not all(_SPF_LABEL.fullmatch(label) for label in labels if label.isascii()):
        raise ValueError("This is no name of an SPF record. Write one such as spf.example.net.")
    return ".".join(label if label.isascii() else _ascii_name(label) for label in labels).lower()


def ssh_host(text: str) -> str:
    """Accept [user@]host as scp(1) takes it, an IPv6 address in brackets; or nothing.

    It is used as a word of argv: so no option (`-oProxyCommand=...`), no blank, nothing that a
    shell or ssh_config(5) expands.
    """
    printable(text)
    if not text:
        return text
    if text.startswith("-"):
        raise ValueError("The host cannot begin with '-': scp would read it as an option.")
    user, at, host = text.rpartition("@")
    if at and not _USER.fullmatch(user):
        raise ValueError(
            "The user before the '@' is not a plain name. Write one such as root@old.example.com."
        )
    if host.startswith("[") or host.count(":") > 1:
        return f"{user}{at}{_bracketed_address(host)}"
    if not _SSH_HOST.fullmatch(host):
        raise ValueError("This is not [user@]host. Write one such as root@old.example.com.")
    return text


def _bracketed_address(host: str) -> str:
    address, _, zone = host.strip("[]").partition("%")
    try:
        ipaddress.IPv6Address(address)
    except ValueError as error:
        raise ValueError(
            "There is no IPv6 address in the brackets. Write one such as [2001:db8::25]."
        ) from error
    if not (host.startswith("[") and host.endswith("]")):
        raise ValueError(f"An IPv6 address needs brackets. Write [{host.strip('[]')}].")
    if zone and not _IPV6_ZONE.fullmatch(zone):
        raise ValueError("Write the interface's name after the '%', such as [fe80::1%eth0].")
    return host


def relay_host(text: str) -> str:
    """Accept a host's full name or its IPv4 address, or nothing."""
    printable(text)
    if not text:
        return text
    try:
        return str(ipaddress.IPv4Address(unbracketed(text)))
    except ValueError:
        return fqdn(text)
