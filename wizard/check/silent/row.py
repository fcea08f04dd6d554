"""What a silent fault is: a parameter, when its value is one, what it does, and the words of such rules."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Callable, Optional, Union

from wizard.answers.rules.names import is_public_name
from wizard.answers.rules.networks import is_public
from wizard.answers.rules.parameters import UNIT_SECONDS
from wizard.check.postfix.columns import STOCK
from wizard.check.postfix.trusted import MOST_OF_ONE
from wizard.postfix.service_entry import PORT_NAMES
from wizard.postfix.settings import Settings

Applies = Callable[[Settings, str], bool]
_TIME = re.compile(r"(\d+)([smhdw]?)")
TLS_OR_NOTHING = frozenset({"encrypt", "secure", "verify", "fingerprint", "dane-only"})
_RELAYS = (
    "relayhost",
    "sender_dependent_relayhost_maps",
    "sender_dependent_default_transport_maps",
)
SAFE = "No stock main.cf has it: take `{name}` out, unless that is wanted; reload."


def seconds(text: str, unit: str = "s") -> Optional[int]:
    """Return the seconds of a time (postconf(5)), None for what is no plain one."""
    found = _TIME.fullmatch(text)
    return int(found[1]) * UNIT_SECONDS[found[2] or unit] if found else None


def below(least: int, unit: str = "s") -> Applies:
    """A time below so many seconds; `unit` is that of a number alone."""

    def applies(_: Settings, value: str) -> bool:
        found = seconds(value, unit)
        return found is not None and found < least

    return applies


def above(most: int, unit: str = "s") -> Applies:
    """A time above so many seconds."""

    def applies(_: Settings, value: str) -> bool:
        found = seconds(value, unit)
        return found is not None and found > most

    return applies


def fewer(least: int, *, zero: bool = False) -> Applies:
    """Fewer than so many; 0 means none where `zero`, else no limit."""
    return lambda _, value: value.isdecimal() and int(value) < least and (zero or int(value) > 0)


def more(most: int) -> Applies:
    """A number above this."""
    return lambda _, value: value.isdecimal() and int(value) > most


def is_(*values: str) -> Applies:
    """One of these values."""
    return lambda _, value: value.lower() in values


def set_(_: Settings, value: str) -> bool:
    """Any value."""
    return value != ""


def empty(_: Settings, value: str) -> bool:
    """No value."""
    return value == ""


def has(*words: str) -> Applies:
    """A list with one of these words."""
    return lambda _, value: bool({one.lower() for one in re.split(r"[,:\s]+", value)} & set(words))


def has_comment(_: Settings, value: str) -> bool:
    """A word that begins with #: inside a line it is part of the value (postconf(5))."""
    return any(one.startswith("#") for one in value.split())


def top_level(settings: Settings, value: str) -> bool:
    """A list of domains with a whole top-level domain, and so each domain below it."""
    below = has("relay_domains")(settings, settings.value("parent_domain_matches_subdomains"))
    return below and any(
        re.fullmatch(r"\.?[a-z][a-z0-9-]*", one, re.IGNORECASE) is not None
        and is_public_name(f"any.{one.lstrip('.')}")
        for one in re.split(r"[,\s]+", value)
    )


def below_ours(settings: Settings, value: str) -> bool:
    """True if a list relays for each name below a domain of mydestination, where none was set up."""
    below = has("relay_domains")(settings, settings.value("parent_domain_matches_subdomains"))
    ours = {one.lower() for one in settings.words("mydestination") if "." in one}
    listed = (one.lower() for one in re.split(r"[,\s]+", value))
    return "relay_domains" in settings.own and any(
        (below and one in ours) or (one.lstrip(".") in ours and one.startswith("."))
        for one in listed
    )


def strangers(settings: Settings, value: str) -> bool:
    """True if a list of hosts has strangers: `static:`, or a public network as large as a provider's.

    Networks of mynetworks do not count: `networks.trusted` judges them.
    """
    words = re.split(r"[,\s]+", value)
    trusted = set(map(_network, settings.words("mynetworks")))
    return any(one.startswith("static:") for one in words) or any(
        network is not None
        and is_public(network)
        and network.prefixlen < MOST_OF_ONE[network.version]
        for network in set(map(_network, words)) - trusted
    )


def _network(word: str) -> Union[ipaddress.IPv4Network, ipaddress.IPv6Network, None]:
    try:
        return ipaddress.ip_network(word.replace("[", "").replace("]", ""), strict=False)
    except ValueError:
        return None


def not_this_host(settings: Settings, value: str) -> bool:
    """An address that this host lacks."""
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return value != ""
    here = settings.here.addresses
    if address.is_unspecified:
        return False
    return bool(here) and not address.is_loopback and str(address) not in here


def no_public_name(_: Settings, value: str) -> bool:
    """A name without a domain, or localhost."""
    # A file has the name (postconf(5), myorigin).
    return not value.startswith("/") and (
        value.partition(".")[0] == "localhost" or "." not in value.strip(".")
    )


def demands_tls(settings: Settings, value: str) -> bool:
    """True if all servers of others must have TLS; of relay hosts that may be demanded."""
    has_relay = settings.value("default_transport").partition(":")[2] or any(
        map(settings.value, _RELAYS)
    )
    return value in TLS_OR_NOTHING and not has_relay


def without_aliases(settings: Settings, value: str) -> bool:
    """True if aliases do not count, but before a content filter, behind which they do."""
    return has("no_address_mappings")(settings, value) and not settings.value("content_filter")


def nobody_owns(settings: Settings, value: str) -> bool:
    """True if a list demands that a login owns the sender's address, and no table has owners."""
    demands = has("reject_sender_login_mismatch", "reject_authenticated_sender_login_mismatch")
    return (
        demands(settings, value)
        and settings.is_on("smtpd_sasl_auth_enable")
        and not settings.value("smtpd_sender_login_maps")
    )


def disables(settings: Settings, value: str) -> bool:
    """True if master(8) opens no port for strangers or people, or none of Postfix's own sockets."""
    del settings
    names = {one.rpartition(".")[0] or one for one in re.split(r"[,\s]+", value)}
    return not names.isdisjoint({"inet", "unix", *PORT_NAMES, "25", "465", "587", *STOCK})


@dataclass(frozen=True)
class Row:
    """A parameter, when its value is a fault, what it does, and the programs that read it.

    `programs` are those of master.cf whose `-o` count; () means main.cf alone, `ANY` all of them.
    """

    name: str
    applies: Applies
    verdict: str
    does: str
    programs: tuple[str, ...] = ()
    advice: str = SAFE


SMTPD, SMTP, LMTP, CLEANUP = ("smtpd",), ("smtp",), ("lmtp",), ("cleanup",)
QMGR, REWRITE = ("qmgr", "oqmgr", "nqmgr"), ("trivial-rewrite",)
"""The programs of master.cf that read a parameter. smtp(8) reads `lmtp_` where it runs as lmtp."""
ANY = ("*",)
"""All programs: those of Postfix's own library."""
LOW = "Set `{name}` to Postfix's own value or take it out; reload."
"""The advice for limits and times."""


def loopback(_: Settings, value: str) -> bool:
    """An address of loopback."""
    return value.startswith("127.") or value == "::1"
