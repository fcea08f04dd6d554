"""Which services of master.cf mail passes, so that their own `-o` options count (master(5)).

A service may be made for one purpose, such as the way back from a content filter. What is a fault
for mail of strangers is right there.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator

from wizard.answers.rules.networks import is_public
from wizard.check.network.ports import PORTS
from wizard.door import Door
from wizard.postfix.service_entry import Service
from wizard.postfix.settings import Settings
from wizard.postfix.tables import tables_in

OPENS = frozenset(
    {
        "smtpd_authorized_xclient_hosts",
        "smtpd_authorized_xforward_hosts",
        "smtpd_authorized_verp_clients",
        "allow_untrusted_routing",
    }
)
"""Parameters of smtpd that open each port on which strangers come in, not only 25, 587 and 465."""

_OF_ALL_SERVERS = frozenset({"smtp_tls_security_level"})
"""What may be demanded of the one server that a table leads to, and not of all others."""

_TRANSPORTS = (
    "default_transport",
    "relay_transport",
    "local_transport",
    "virtual_transport",
    "mailbox_transport",
    "fallback_transport",
    "content_filter",
)
_TABLES = ("transport_maps", "mailbox_transport_maps", "sender_dependent_default_transport_maps")
_ROW = re.compile(r"[^\s#]\S*\s+([\w.-]+):(\S*)")
_CLEANUP, _CLEANUP_NAME = "cleanup", "cleanup_service_name"


def is_judged(
    service: Service, name: str, settings: Settings, services: Iterable[Service], door: Door
) -> bool:
    """True if mail of strangers or of people passes a service, so that a value of `name` counts."""
    if service.command == "smtp" and name in _OF_ALL_SERVERS:
        used = (settings.value(one).partition(":")[0] for one in _TRANSPORTS[:2])
        return service.name in used
    if service.command == "smtp":
        return any(_is_outside(hop) for hop in _next_hops(service, settings, services, door))
    if service.command == "lmtp":
        return bool(tuple(_next_hops(service, settings, services, door)))
    if service.command == "smtpd":
        is_met = name in OPENS or service.port_number in PORTS or service.type == "pass"
        return is_met and not service.loopback
    if service.command == _CLEANUP:
        takers = (one for one in services if one.command in {"smtpd", "pickup"})
        names = {settings.of(one.values).value(_CLEANUP_NAME) for one in takers if not one.loopback}
        return service.name in (names - {""} or {_CLEANUP}) or service.name == _CLEANUP
    return not service.loopback


def _next_hops(
    service: Service, settings: Settings, services: Iterable[Service], door: Door
) -> Iterator[str]:
    """Yield the next hops of a transport, "" for the MX of a domain. () if nothing names it."""
    said = [settings.value(name) for name in _TRANSPORTS]
    said += [one.values[name] for one in services for name in _TRANSPORTS if one.values.get(name)]
    for value in said:
        transport, _, hop = value.partition(":")
        if transport == service.name:
            yield hop
    for name in _TABLES:
        for _, path in tables_in(settings.value(name)):
            for row in door.readable_text(path).splitlines():
                found = _ROW.match(row)
                if found and found[1] == service.name:
                    yield found[2]


def _is_outside(hop: str) -> bool:
    """True if a next hop is in the internet: not loopback, a socket or a private address."""
    if hop.startswith("unix:"):
        return False
    host = re.sub(r"^inet:|:\w+$", "", hop).strip("[]")
    if host == "localhost":
        return False
    try:
        return is_public(ipaddress.ip_network(host))
    except ValueError:
        return True
