"""The section `dns`: the records of this server, and the zone file that gets them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wizard.answers.field import items, text

PUBLISHABLE = ("spf", "dmarc", "tls-rpt", "srv", "caa", "dkim")
"""Kinds of records that a run can write into our own zone."""


@dataclass(frozen=True)
class Dns:
    """The BIND zone file of this host's named in which each name gets its MX; "" for none.

    If both are given, A records with the address `move_from` get `move_to`. `publish` are the kinds of
    further records that the zone gets where it has none. `reports` is the address that reads reports,
    "" for the postmaster of each domain. `relay_spf` is the name in the `include:` of the relay host's
    provider, "" if it is not known.
    """

    zone_file: str = text(
        "Zone file of named",
        "A BIND zone file of this host: each name with an address and no MX gets one. Empty: none.",
        "",
        becomes="MX records",
        rule="zone_file",
        saved_only=True,
    )
    move_from: str = text(
        "Old server's address",
        "Names of the zone that have this address get the one below. Empty: none is moved.",
        "",
        becomes="A records",
        rule="ipv4_or_none",
        saved_only=True,
    )
    move_to: str = text(
        "New address",
        "What those names have afterwards: this server's address as others reach it.",
        "",
        becomes="A records",
        rule="ipv4_or_none",
        saved_only=True,
    )

    publish: tuple[str, ...] = items(
        "Further records",
        "Records that the zone gets where it has none. `check` prints all of them.",
        (),
        choices=PUBLISHABLE,
        says=(
            "which servers send mail of your domains.",
            "other servers send reports on forged mail.",
            "other servers report when TLS fails.",
            "where mail programs send, and read if imaps is open.",
            "who may issue certificates for the whole domain, web shop too.",
            "the keys that sign mail, once they are made (section DKIM).",
        ),
        becomes="TXT, SRV and CAA records",
        saved_only=True,
        unique=True,
    )
    reports: str = text(
        "Who reads reports",
        "The address in DMARC and TLS-RPT records. Empty: postmaster of each domain.",
        "",
        becomes="rua=mailto:",
        rule="email",
        saved_only=True,
    )
    relay_spf: str = text(
        "SPF of the relay host",
        "The name in the include: that the relay host's provider says, such as spf.example.net.",
        "",
        becomes="include:",
        rule="spf_name",
        saved_only=True,
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield the field and the message of each broken rule."""
        if self.move_from and not self.move_to:
            yield (
                "move_to",
                f"Write the address that replaces {self.move_from}, such as 203.0.113.25.",
            )
        if self.move_to and not self.move_from:
            yield (
                "move_from",
                f"Write the address that {self.move_to} replaces, such as 203.0.113.24.",
            )
        if self.move_from and self.move_from == self.move_to:
            yield "move_to", f"{self.move_to} is also the old address. Write the new one."
        if self.publish and not self.zone_file:
            yield (
                "zone_file",
                "Write the zone file that gets the further records, such as /var/named/example.com.zone.",
            )
        if self.move_from and not self.zone_file:
            yield (
                "zone_file",
                "Write the zone file in which addresses are moved, such as /var/named/example.com.zone.",
            )
