"""Validators: each takes a text and returns the value for main.cf.

Each raises ValueError with what is wrong and what to write instead, and repairs nothing. One
exception: a name in its own script is converted to its A-label (RFC 5891), the same name.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
import unicodedata
from functools import lru_cache
from typing import Callable, Union

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]
Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", re.IGNORECASE)
_TRANSPORT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*:[A-Za-z0-9_./:\[\]-]*")
_MAILBOX = re.compile(r"[A-Za-z0-9._][A-Za-z0-9._-]*(/[A-Za-z0-9._-]+)*/?")
_PATH = re.compile(r"(?:/[A-Za-z0-9._+@-]+)+")
_TIME = re.compile(r"([1-9][0-9]{0,9})([smhdw]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_LONGEST_TIME = 2**31 - 1
"""Seconds; Postfix's programs do not start with a longer time."""
_BRACKETED = re.compile(r"\[([0-9A-Fa-f:.]+)\](/[0-9]+)?")
_ZONE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_/-]*")
_LINEAGE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_INTERFACE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_SSH_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?")
_KEY_FILE = re.compile(r"(/[A-Za-z0-9_][A-Za-z0-9._-]*)+")
_READER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,63}")
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#%&'*+/=?^_|~-]+(\.[A-Za-z0-9!#%&'*+/=?^_|~-]+)*")
_ZONE_FILE = re.compile(r"(/[A-Za-z0-9_@%+=,.-]+)+")
_ACME_SERVER = re.compile(
    r"https://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?"
)
_REPLIES = re.compile(r"127(?:\.(?:[0-9]{1,3}|\[[0-9.;]+\])){3}")
_OCTETS = re.compile(r"([0-9]{1,3})(?:\.\.([0-9]{1,3}))?")

_LONGEST_STEP, _LONGEST_PATH = 255, 4095
"""Bytes of one name in a path, and of the whole path (Linux: NAME_MAX, PATH_MAX)."""

LONGEST_ADDRESS = 254
"""Characters of a mail address (RFC 5321 section 4.5.3.1.3); a key of LMDB has at most 511 bytes."""

LONGEST_LABEL = 63
LONGEST_NAME = 253
"""Characters (RFC 1035 section 2.3.4; the name as text, without the root's dot)."""

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


def printable(text: str) -> str:
    """Refuse control, invisible and full-width characters, which are invalid in every value."""
    if text.isascii() and text.isprintable():
        return text
    for character in text:
        category = unicodedata.category(character)
        if category[0] == "C" or category in {"Zl", "Zp"}:
            raise ValueError(f"holds the control character U+{ord(character):04X}; remove it")
        if category == "Zs" and character != " ":
            raise ValueError(
                f"holds a blank that is not a plain space (U+{ord(character):04X}, as a "
                "full-width keyboard types it); Postfix would not see it as a blank: "
                "type it again in half-width"
            )
        wide = unicodedata.normalize("NFKC", character)
        if wide != character and wide.isascii() and wide:
            raise ValueError(
                f"holds the full-width character U+{ord(character):04X} where {wide!r} is meant; "
                "type it again in half-width"
            )
        if character == "\u3002":
            raise ValueError("holds the full-width full stop U+3002 where '.' is meant")
    return text


def _ascii_name(text: str) -> str:
    """Return the A-labels of a name without full-width characters."""
    if text.isascii():
        return text
    import idna  # noqa: PLC0415 - its tables cost 10 ms, and most names never need them

    try:
        return idna.encode(text, uts46=False, std3_rules=True).decode("ascii")
    except (idna.IDNAError, UnicodeError) as error:
        raise ValueError(f"is no valid internationalised name: {error}") from error


def readable_name(name: str) -> str:
    """Return a name for people: `xn--...` with its own script in brackets."""
    if "xn--" not in name.lower():
        return name
    import idna  # noqa: PLC0415 - see above

    try:
        return f"{name} ({idna.decode(name)})"
    except (idna.IDNAError, UnicodeError):
        return name


def is_address(text: str) -> bool:
    """True if it is an IP address, with or without brackets."""
    try:
        _interface_address(_unbracketed_address(text))
    except ValueError:
        return False
    return True


def plain_address(text: str) -> Address:
    """Return a valid address without its brackets and its interface."""
    return ipaddress.ip_address(_unbracketed_address(text).partition("%")[0])


def _unbracketed_address(text: str) -> str:
    return text[1:-1] if text[:1] + text[-1:] == "[]" else text


def _interface_address(text: str) -> Address:
    """Parse an IP address; an interface after '%' is a plain name. Raises ValueError."""
    bare, mark, interface = text.partition("%")
    # Python takes any text behind the '%'.
    if mark and not _INTERFACE.fullmatch(interface):
        raise ValueError("has no interface's name after the '%'")
    found = ipaddress.ip_address(bare)
    if mark and not found.is_link_local:
        raise ValueError("names an interface, which only an fe80:: address has")
    return ipaddress.ip_address(text)


def address(text: str) -> str:
    """Accept one IP address without brackets and length (postconf(5) proxy_interfaces)."""
    given = printable(text)
    try:
        found = _interface_address(given)
    except ValueError:
        raise ValueError("is no IP address; write one such as 203.0.113.1") from None
    if found.is_loopback or found.is_unspecified or found.is_multicast or found.is_link_local:
        raise ValueError("is no address that others could reach")
    return str(found)


_NAME_FAULTS: tuple[tuple[Callable[[str], bool], str], ...] = (
    (lambda name: not name, "is empty; write a full name such as mail.example.com"),
    (lambda name: name[0] == "-", "begins with '-'; a name begins with a letter or a digit"),
    (lambda name: name[-1] == ".", "ends in a dot; Postfix wants names without it"),
    (lambda name: "_" in name, "holds an underscore, which no host name may (RFC 1123); use '-'"),
    (
        is_address,
        "is an IP address; write the host's name, such as mail.example.com",
    ),
    (
        lambda name: "" in name.split("."),
        "has an empty label: two dots in a row or one in front",
    ),
    (lambda name: "." not in name, "is one label only; write the full name: mail.example.com"),
    (
        lambda name: name.rpartition(".")[2].isdigit(),
        "ends in a number; a top-level domain is never one",
    ),
)
"""Faults of a whole name, each with its message. The first fault that matches is reported."""


def fqdn(text: str) -> str:
    """Accept a fully qualified domain name; return A-labels in lower case (RFC 1123 section 2.1)."""
    name = printable(text)
    for is_faulty, message in _NAME_FAULTS:
        if is_faulty(name):
            raise ValueError(message)
    for label in name.split("."):
        if label.isascii() and not _LABEL.fullmatch(label):
            bad = next((c for c in label if not (c.isalnum() or c == "-")), "-")
            raise ValueError(
                f"has {bad!r} in a place where no name may have it; "
                "letters, digits and inner hyphens only"
            )
        if len(label) > LONGEST_LABEL:
            raise ValueError(f"has a label of {len(label)} characters; {LONGEST_LABEL} is the most")
    name = _ascii_name(name).lower()
    if len(name) > LONGEST_NAME:
        raise ValueError(f"is {len(name)} characters long; {LONGEST_NAME} is the most")
    return name


def server(text: str) -> str:
    """Accept the name or the address, without brackets, of a server."""
    try:
        return str(_interface_address(printable(text)))
    except ValueError:
        return fqdn(text)


def origin(text: str) -> str:
    """Accept $myhostname, $mydomain or a full name (postconf(5) myorigin)."""
    return text if text in {"$myhostname", "$mydomain"} else fqdn(text)


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
            "is no network; write one such as 192.168.1.0/24 or [2001:db8::]/64"
        ) from error
    parsed = host.network
    if host.ip != parsed.network_address:
        raise ValueError(
            f"has host bits set; write {bracketed(parsed)} for the whole network, or "
            f"/{parsed.max_prefixlen} for the one host"
        )
    return parsed


def _unbracketed(text: str) -> str:
    """Return an IPv6 network without its brackets, which Postfix needs and ipaddress refuses."""
    match = _BRACKETED.fullmatch(text)
    if match:
        return match.group(1) + (match.group(2) or "")
    if ":" in text:
        address, _, length = text.partition("/")
        suffix = f"/{length}" if length else ""
        raise ValueError(f"is an IPv6 network without brackets; write [{address}]{suffix}")
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
            "would let strangers relay mail through this server (an open relay); "
            "name only networks whose every host is yours"
        )


@lru_cache(maxsize=1 << 15)
def is_public(parsed: Network) -> bool:
    """True if strangers' hosts may be in it: it is not completely within PRIVATE."""
    return not any(
        parsed.subnet_of(private)  # type: ignore[arg-type]
        for private in PRIVATE
        if private.version == parsed.version
    )


def interfaces(text: str) -> str:
    """Accept all, loopback-only, or addresses separated by a comma and a blank."""
    printable(text)
    if text in {"all", "loopback-only", "localhost", "$myhostname", "$myhostname, localhost"}:
        return text
    items = [item for item in re.split(r"[,\s]+", text) if item]
    if not items or not all(is_address(item) for item in items):
        raise ValueError("is no list of addresses; write all, loopback-only or addresses")
    return ", ".join(items)


def firewall_zone(text: str) -> str:
    """Accept the name of a firewalld zone (firewalld.zone(5)), at most 17 characters, or nothing."""
    if (text and not _ZONE.fullmatch(printable(text))) or len(text) > 17:  # noqa: PLR2004
        raise ValueError(
            "is no zone's name; `firewall-cmd --get-zones` lists them. Leave it empty where "
            "another firewall filters this host"
        )
    return text


def lineage(text: str) -> str:
    """Accept a directory's name in /etc/letsencrypt/live, or nothing."""
    if text and not _LINEAGE.fullmatch(printable(text)):
        raise ValueError("is no lineage's name; `ls /etc/letsencrypt/live` lists them")
    return text


def server_or_none(text: str) -> str:
    """Accept the name or the address of another server, or nothing."""
    return server(text) if text else text


def ssh_host(text: str) -> str:
    """Accept [user@]host as scp(1) takes it, an IPv6 address in brackets; or nothing.

    It is used as a word of argv: so no option (`-oProxyCommand=...`), no blank, nothing that a
    shell or ssh_config(5) expands.
    """
    printable(text)
    if not text:
        return text
    if text.startswith("-"):
        raise ValueError("begins with '-', which scp would take for an option")
    user, at, host = text.rpartition("@")
    if at and not _USER.fullmatch(user):
        raise ValueError("has no plain user name before the '@'; write root@old.example.com")
    if host.startswith("[") or host.count(":") > 1:
        return f"{user}{at}{_bracketed_address(host)}"
    if not _SSH_HOST.fullmatch(host):
        raise ValueError("is no [user@]host; write one such as root@old.example.com")
    return text


def _bracketed_address(host: str) -> str:
    address, _, zone = host.strip("[]").partition("%")
    try:
        ipaddress.IPv6Address(address)
    except ValueError as error:
        raise ValueError("has no IPv6 address in its brackets") from error
    if not (host.startswith("[") and host.endswith("]")):
        raise ValueError(f"is an IPv6 address without brackets; write [{host.strip('[]')}]")
    if zone and not _LINEAGE.fullmatch(zone):
        raise ValueError("has no interface's name after the '%'")
    return host


def _of_a_length(path: str) -> str:
    """Refuse a path that is too long for a file."""
    step = max(map(len, path.split("/")))
    if step > _LONGEST_STEP:
        raise ValueError(f"has a name of {step} characters in it; {_LONGEST_STEP} is the most")
    if len(path) > _LONGEST_PATH:
        raise ValueError(f"is {len(path)} characters long; {_LONGEST_PATH} is the most")
    return path


def zone_file(text: str) -> str:
    """Accept an absolute path to a file, or nothing.

    It is used as a word of argv and next to other names: so plain characters, no `..`.
    """
    printable(text)
    if text and not (_ZONE_FILE.fullmatch(text) and ".." not in text.split("/")):
        raise ValueError("is no absolute path; write one such as /var/named/example.com.zone")
    return _of_a_length(text)


def _mail_address(local: str, domain: str) -> str:
    found = f"{local}@{fqdn(domain)}" if domain else f"{local}@"
    if len(found) > LONGEST_ADDRESS:
        raise ValueError(f"is {len(found)} characters long; {LONGEST_ADDRESS} is the most")
    return found


def email(text: str) -> str:
    """Accept an e-mail address, or nothing."""
    printable(text)
    if not text:
        return text
    local, at, domain = text.rpartition("@")
    if not at or local.startswith("-") or not _LOCAL_PART.fullmatch(local):
        raise ValueError("is no e-mail address; write one such as hostmaster@example.com")
    if not domain:
        raise ValueError("has no domain after the '@'; write one such as hostmaster@example.com")
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
            "is no user's name and no e-mail address; write one such as taro or taro@example.com"
        )
    if not at and name.lower() in {"root", "postmaster", "abuse"}:
        raise ValueError(f"{name} is whose mail this is about; name the person who reads it")
    if at and not domain:
        raise ValueError("has no domain after the '@'; write one such as taro@example.com")
    return _mail_address(local, domain) if at else text


def acme_server(text: str) -> str:
    """Accept the https URL of an ACME server's directory (RFC 8555, 7.1.1), or nothing."""
    if printable(text) and not _ACME_SERVER.fullmatch(text):
        raise ValueError("is no https URL; write one such as https://acme.example.com/directory")
    return text


def ipv4_or_none(text: str) -> str:
    """Accept an IPv4 address, or nothing."""
    printable(text)
    if not text:
        return text
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError as error:
        raise ValueError("is no IPv4 address; write one such as 203.0.113.25") from error


def key_file(text: str) -> str:
    """Accept the absolute path of a file with a secret."""
    if not _KEY_FILE.fullmatch(printable(text)) or ".." in text.split("/"):
        raise ValueError("is no absolute path of a file; write one such as /root/dqs.key")
    return _of_a_length(text)


def relay_host(text: str) -> str:
    """Accept a host's full name or its IPv4 address, or nothing."""
    printable(text)
    if not text:
        return text
    try:
        return str(ipaddress.IPv4Address(_unbracketed_address(text)))
    except ValueError:
        return fqdn(text)


_RELAY_USER = re.compile(r"[A-Za-z0-9._+@=/%~][A-Za-z0-9._+@=/%~-]*")


def relay_user(text: str) -> str:
    """Accept a login name without a colon, which would end it in sasl_passwd; or nothing."""
    if set(printable(text)) & set(": "):
        raise ValueError("holds a colon or a blank, which no user name in sasl_passwd can")
    if text and not _RELAY_USER.fullmatch(text):
        raise ValueError("is no user name; use letters, digits and . _ + @ = / % ~ -")
    return text


def sender(text: str) -> str:
    """Accept a key of sender_access (access(5)): user@domain, user@, or a domain and its subdomains."""
    printable(text)
    local, at, domain = text.rpartition("@")
    if not at:
        return fqdn(text)
    if not _LOCAL_PART.fullmatch(local):
        raise ValueError("has no plain user name before the '@'; write user@example.com")
    if local.startswith("#"):
        raise ValueError(
            "begins with '#', and postmap reads such a row as a comment; write the domain alone, "
            "such as example.net, which matches all of its senders"
        )
    return _mail_address(local.lower(), domain)


def absolute_path(text: str) -> str:
    """Accept a file's absolute path, of characters without a meaning in main.cf; or nothing."""
    if text and (not _PATH.fullmatch(printable(text)) or ".." in text.split("/")):
        raise ValueError(
            "is no path that main.cf can have: begin with / and use letters, digits, . _ + @ -"
        )
    return _of_a_length(text)


def recipient_delimiter(text: str) -> str:
    """Accept up to four punctuation characters, or nothing (postconf(5) recipient_delimiter)."""
    if not re.fullmatch(r"[+=._#~^!%&*|-]{0,4}", printable(text)):
        raise ValueError("is no delimiter; the usual one is +")
    return text


def home_mailbox(text: str) -> str:
    """Accept a path below the home directory, with a / at the end for Maildir; or nothing."""
    if text and (not _MAILBOX.fullmatch(printable(text)) or ".." in text.split("/")):
        raise ValueError("is no path below a home directory; the usual one is Maildir/")
    return _of_a_length(text)


def mailbox_transport(text: str) -> str:
    """Accept TRANSPORT:NEXTHOP of master(5), or nothing for Postfix's own local delivery."""
    if text and not _TRANSPORT.fullmatch(printable(text)):
        raise ValueError("is no transport; Dovecot's is lmtp:unix:private/dovecot-lmtp")
    return text


def time_unit(text: str) -> str:
    """Accept a time of postconf(5): a number and s, m, h, d or w."""
    found = _TIME.fullmatch(printable(text))
    if not found:
        raise ValueError("is no time; write a number and a unit, such as 60s")
    if int(found[1]) * _SECONDS[found[2]] > _LONGEST_TIME:
        raise ValueError("is longer than Postfix can count (68 years); write one such as 60s")
    return text


def replies(text: str) -> str:
    """Accept a reply filter of reject_rbl_client (postconf(5)), or nothing for any reply.

    With a filter that it cannot parse, smtpd ends with "RBL reply error" and refuses nobody.
    """
    if text and not (
        _REPLIES.fullmatch(printable(text))
        and all(map(_are_octets, re.findall(r"\[([^]]*)\]|([0-9]+)", text)))
    ):
        raise ValueError("is no reply filter; write one such as 127.0.0.2 or 127.0.0.[2..11]")
    return text


def _are_octets(part: tuple[str, str]) -> bool:
    """True if an octet, or the items between two brackets, are numbers and ranges up to 255."""
    for item in (part[1] or part[0]).split(";"):
        found = _OCTETS.fullmatch(item)
        if not found or not int(found[1]) <= int(found[2] or found[1]) <= 255:  # noqa: PLR2004
            return False
    return True
