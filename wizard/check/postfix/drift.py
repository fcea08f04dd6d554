"""Decide what a parameter that differs from the answers does by itself (docs/checking.md, the exit status).

A difference is a warning, because mail may flow all the same: the sessions and paths show whether it does.
A row of `HARMS` is a parameter whose difference opens the server, refuses or loses mail, or ends TLS
or the login at the relay host. In a run each difference is wrong, because the run wrote another value.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Mapping
from typing import Union

from wizard.check.postfix.trusted import network_of
from wizard.postfix.hazards import CLASSES
from wizard.postfix.settings import Settings

Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]
Harm = Callable[[Settings, str], str]
"""From the settings in force and the planned value to what the difference does, "" for no harm."""

_LOOPBACK = (ipaddress.ip_network("127.0.0.1/32"), ipaddress.ip_network("::1/128"))
_LISTENS_INSIDE = frozenset({"loopback-only", "localhost", "127.0.0.1", "::1"})
_PROTOCOLS = {"all": frozenset({"ipv4", "ipv6"})}
_RELAY_RULES = frozenset(
    {"reject_unauth_destination", "defer_unauth_destination", "reject", "defer"}
)
_PLANNED = ""
"""The name under which a planned value is expanded: no parameter has it."""


def harm(name: str, settings: Settings, planned: str) -> str:
    """Return what it does that a parameter is not as planned, "" if mail flows all the same.

    `settings` are those in force, and `planned` is the value of the answers (postconf(5)).
    """
    return HARMS[name](settings, planned) if name in HARMS else ""


def _words(settings: Settings, planned: str) -> tuple[str, ...]:
    """Return the items of a planned list with its `$names` expanded."""
    return Settings({**settings.own, _PLANNED: planned}, settings.defaults).words(_PLANNED)


def _is_within(network: Network, others: Iterable[Network]) -> bool:
    return any(
        network.version == one.version and network.subnet_of(one)  # type: ignore[arg-type]
        for one in others
    )


def _networks(listed: Iterable[str]) -> list[Network]:
    """Return the networks of a list, adjacent ones as one, without tables and names."""
    found = [one for one in map(network_of, listed) if one]
    by_version = (
        ipaddress.collapse_addresses([one for one in found if one.version == version])  # type: ignore[type-var]
        for version in (4, 6)
    )
    return [one for networks in by_version for one in networks]


def _trusts_others(settings: Settings, planned: str) -> str:
    """Networks of the answers may send without a password, and no others.

    Tables are not opened here: `networks.trusted` looks strangers up in them.
    """
    here, there = settings.words("mynetworks"), _words(settings, planned)
    live, known = _networks(here), _networks(there)
    for word in here:
        network = network_of(word)
        if network is None and word not in there and not word.startswith("!") and ":" not in word:
            return f"{word} is no network"
        if network is not None and not _is_within(network, known):
            return f"hosts in {word} relay without a password"
    for network in known:
        needed = [one for one in _LOOPBACK if _is_within(one, [network])] or [network]
        if not all(_is_within(one, live) for one in needed):
            return f"hosts in {network} cannot send without a password"
    return ""


def _lacks_domains(settings: Settings, planned: str) -> str:
    live = {word.lower() for word in settings.words("mydestination")}
    if any(":" in word or "/" in word for word in live):
        return ""  # A table may have the others; the session of a stranger tries each domain.
    others = {
        word.lower() for name in (*CLASSES[1:], "relay_domains") for word in settings.words(name)
    }
    lost = [word for word in _words(settings, planned) if word.lower() not in live | others]
    return f"mail for {', '.join(lost)} is refused" if lost else ""


def _ends_tls(settings: Settings, _planned: str) -> str:
    level = settings.value("smtpd_tls_security_level").lower()
    if not level and settings.is_on("smtpd_use_tls"):
        return ""
    if level == "encrypt":
        return "servers without TLS are refused"
    return "no TLS is offered" if level in {"", "none"} else ""


def _closes(settings: Settings, planned: str) -> str:
    live = {word.strip("[]").lower() for word in settings.words("inet_interfaces")}
    wanted = {word.strip("[]").lower() for word in _words(settings, planned)}
    is_closed = bool(live) and live <= _LISTENS_INSIDE and not wanted <= _LISTENS_INSIDE
    return "nobody outside can connect" if is_closed else ""


def _lacks_protocol(settings: Settings, planned: str) -> str:
    live, wanted = (
        frozenset().union(*(_PROTOCOLS.get(one, {one}) for one in listed))
        for listed in (settings.words("inet_protocols"), _words(settings, planned))
    )
    lost = sorted(wanted - live) if live else []
    return f"nobody can connect by {' and '.join(lost)}" if lost else ""


def _has_no_relay_rule(settings: Settings, _planned: str) -> str:
    lists = ("smtpd_recipient_restrictions", "smtpd_relay_restrictions")
    has_rule = any(_RELAY_RULES.intersection(settings.keywords(name)) for name in lists)
    return "" if has_rule else "no list refuses mail of strangers for others"


def _has_no_login(settings: Settings, planned: str) -> str:
    has_login = settings.is_on("smtp_sasl_auth_enable")
    return "" if planned != "yes" or has_login else "the relay host gets no password"


def _has_no_password(settings: Settings, planned: str) -> str:
    has_password = bool(settings.value("smtp_sasl_password_maps"))
    return "" if not planned or has_password else "the relay host gets no password"


def _forbids_plain(settings: Settings, planned: str) -> str:
    live = {word.lower() for word in settings.words("smtp_sasl_security_options")}
    is_forbidden = "noplaintext" in live and planned and "noplaintext" not in planned.lower()
    return "the relay host gets no password in plain text" if is_forbidden else ""


def _speaks_other_tls(settings: Settings, planned: str) -> str:
    is_same = settings.value("smtp_tls_wrappermode").lower() == (planned or "no")
    return "" if is_same else "the relay host does not get TLS as its port has it"


HARMS: Mapping[str, Harm] = {
    "mynetworks": _trusts_others,
    "mydestination": _lacks_domains,
    "inet_interfaces": _closes,
    "inet_protocols": _lacks_protocol,
    "smtpd_tls_security_level": _ends_tls,
    "smtpd_recipient_restrictions": _has_no_relay_rule,
    "smtp_sasl_auth_enable": _has_no_login,
    "smtp_sasl_password_maps": _has_no_password,
    "smtp_sasl_security_options": _forbids_plain,
    "smtp_tls_wrappermode": _speaks_other_tls,
}
"""The parameters whose difference alone may be wrong. Any other difference is a warning."""
