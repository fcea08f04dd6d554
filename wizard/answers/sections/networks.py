"""The section `networks`: who may relay, and where Postfix listens."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.answers.field import Written, choice, items, text


@dataclass(frozen=True)
class Networks:
    """Who may relay without a password, where Postfix listens, which firewall zone is opened.

    `proxy_interfaces` are addresses of a router that forwards them to this host (postconf(5)).
    """

    mynetworks: tuple[str, ...] = items(
        "Networks that may relay",
        "Their hosts send anywhere without a password: only networks that are all yours.",
        ("127.0.0.0/8",),
        rule="network",
        required=True,
    )
    inet_interfaces: str = text(
        "Listen on",
        "all, loopback-only, or addresses of this host.",
        "all",
        unset="all",
        rule="interfaces",
    )
    inet_protocols: str = choice(
        "Protocols",
        "ipv4 unless this host's IPv6 address has a PTR record.",
        "ipv4",
        unset="all",
        choices=("ipv4", "all", "ipv6"),
        main_cf=Written(
            "IPv4 only: this host's IPv6 has no PTR record, and blocklists cover the narrower "
            "IPv4 better.",
            restart=True,
        ),
    )
    firewall_zone: str = text(
        "Firewall zone to open",
        "The zone that strangers come through; smtp, smtp-submission and smtps are added to "
        "it. Empty: the firewall is not ours.",
        "public",
        becomes="firewall-cmd --zone",
        rule="firewall_zone",
    )
    proxy_interfaces: tuple[str, ...] = items(
        "Outer addresses of the router",
        "Where a router passes mail on to this host (NAT): the address that others reach it by.",
        (),
        unset="",
        rule="address",
    )
