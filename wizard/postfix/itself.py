"""Find mail routes back to this host: by its names, its addresses, and Postfix's ports."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from wizard.host.facts import Network
from wizard.postfix.service_entry import Service, port_number

_LOCALHOST = frozenset({"localhost", "localhost.localdomain", "localhost4", "localhost6"})
_NEXTHOP = re.compile(r"(?:\[(?P<literal>[^\]]*)\]|(?P<name>[^:\[\]]*))(?::(?P<port>\w+))?")
_SMTP = 25


@dataclass(frozen=True)
class Itself:
    """The names, addresses and ports of this host.

    `names` are in lower case. `targets` has the results of DNS lookups by name: the mail
    exchangers of the best preference, and addresses. It has no names that were not queried.
    """

    names: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()
    ports: frozenset[int] = frozenset({_SMTP})
    targets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """True if a name or address is this host's own."""
        text = name.lower().rstrip(".").removeprefix("ipv6:")
        if text in _LOCALHOST or text in self.names:
            return True
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None) or address
        return mapped.is_loopback or mapped.is_unspecified or str(mapped) in self.addresses


NOWHERE = Itself()


def itself(
    network: Network, services: Sequence[Service], targets: Mapping[str, tuple[str, ...]]
) -> Itself:
    """Return this host, from its facts."""
    listening = {one.port_number for one in services} - {0}
    return Itself(
        frozenset({network.hostname.lower()} - {""}),
        frozenset(network.addresses),
        frozenset(listening) or frozenset({_SMTP}),
        targets,
    )


def nexthops(value: str) -> Iterator[tuple[str, bool, int]]:
    """Yield (name, True if Postfix uses its MX records, port) for each item of relayhost."""
    for word in re.split(r"[,\s]+", value.strip()):
        found = _NEXTHOP.fullmatch(word)
        if not found or not word:
            continue
        literal, name, port = found["literal"], found["name"], found["port"]
        yield literal or name or "", literal is None, port_number(port) if port else _SMTP


def leads_back(value: str, here: Itself) -> bool:
    """True if a relayhost sends mail back to this host, by name, address or DNS records."""
    return any(
        here.has(name) or any(map(here.has, here.targets.get(name.lower(), ())))
        for name, _, port in nexthops(value)
        if port in here.ports
    )
