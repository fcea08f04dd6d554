"""The DNS records that a mail server needs, for operators whose zone is on another server.

A and MX (RFC 5321), PTR (RFC 1912, 2.1), SPF (RFC 7208), DMARC (RFC 7489), as a table and as a
fragment of a zone file. They follow from the answers alone; `wizard.dns.lookups` queries what is
published.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from wizard.answers.model import Answers
from wizard.answers.rules.names import is_public_name

UNKNOWN_ADDRESS = "PUBLIC.ADDRESS"
"""Placeholder on a host with inner addresses only, since the router's outer one is unknown."""

SPF = "v=spf1 mx -all"
SPF_OF_HOST = "v=spf1 a -all"


def dmarc(domain: str) -> str:
    """Return a first DMARC policy: it requests reports and refuses no mail."""
    return f"v=DMARC1; p=none; rua=mailto:postmaster@{domain}"


@dataclass(frozen=True)
class Published:
    """One record: `name` and `data` in presentation format, names in full with a final dot.

    `zone` is `own`, or `reverse` for the zone of the address's provider.
    """

    name: str
    kind: str
    data: str
    why: str
    zone: str = "own"


def to_publish(answers: Answers, addresses: Sequence[str]) -> tuple[Published, ...]:
    """Return the records for these answers; `addresses` are this host's public IPv4 addresses.

    None are returned for a name that cannot be public, such as localhost.localdomain.
    """
    host, domain = answers.hostname.myhostname, answers.hostname.mydomain
    if not is_public_name(host):
        return ()
    domains = tuple(dict.fromkeys((domain, *(one for one in answers.domains.local if one != host))))
    shown = tuple(addresses) or (UNKNOWN_ADDRESS,)
    return (
        *(Published(f"{host}.", "A", one, "Where this server is reached.") for one in shown),
        *(
            Published(f"{one}.", "MX", f"10 {host}.", "Where mail for the name goes.")
            for one in domains
        ),
        *(
            Published(
                _reverse(one),
                "PTR",
                f"{host}.",
                "Set by who gave you the address; many servers refuse mail without it.",
                "reverse",
            )
            for one in shown
        ),
        *(
            Published(
                f"{one}.", "TXT", f'"{SPF}"', "SPF: mail from the name comes from its MX alone."
            )
            for one in domains
        ),
        *(
            (Published(f"{host}.", "TXT", f'"{SPF_OF_HOST}"', "SPF of the server's own name."),)
            if host not in domains
            else ()
        ),
        Published(
            f"_dmarc.{domain}.",
            "TXT",
            f'"{dmarc(domain)}"',
            "DMARC: reports first; p=quarantine once they are clean.",
        ),
    )


def table(records: Sequence[Published]) -> tuple[str, ...]:
    """Return the records as lines: name, type, data in columns."""
    name = max((len(one.name) for one in records), default=0)
    return tuple(f"{one.name:<{name}}  {one.kind:<4} {one.data}" for one in records)


def fragment(records: Sequence[Published]) -> tuple[str, ...]:
    """Return the lines of a zone file (RFC 1035), with records of another zone as comments."""
    lines: list[str] = []
    for one in records:
        row = f"{one.name}\tIN {one.kind}\t{one.data}"
        if one.zone != "own":
            lines.append(f"; in the reverse zone: {row}")
        elif UNKNOWN_ADDRESS in one.data:
            lines.append(f"; put the outer address in: {row}")
        else:
            lines.append(row)
    return tuple(lines)


def _reverse(address: str) -> str:
    if address == UNKNOWN_ADDRESS:
        return f"({UNKNOWN_ADDRESS})"
    return f"{ipaddress.ip_address(address).reverse_pointer}."
