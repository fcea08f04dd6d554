"""The section `networks`: who may relay, and where Postfix listens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wizard.answers.field import Written, choice, items, text
from wizard.answers.rules.networks import Network, parse_network


@dataclass(frozen=True)
class Networks:
    """Who may relay without a password, where Postfix listens, which firewall zone is opened.

    `proxy_interfaces` are addresses of a router that forwards them to this host (postconf(5)).
    """

    mynetworks: tuple[str, ...] = items(
        "Trusted networks",
        "Computers here may send mail without a password. List only networks where every computer "
        "is yours.",
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
        says=(
            "mail goes by IPv4 only; right unless the IPv6 address has a PTR record.",
            "IPv4 and IPv6; other servers refuse IPv6 without a PTR record.",
            "IPv6 only; most mail servers cannot be reached then.",
        ),
        main_cf=Written(
            "IPv4 only is the wizard's own value: many servers refuse mail from an IPv6 address "
            "without a PTR record, and blocklists cover IPv4 better.",
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
        "Public address (only behind NAT)",
        "If a router forwards mail to this server, write the router's public address.",
        (),
        unset="",
        rule="address",
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield the field and the message of each broken rule."""
        parsed = [(text, parse_network(text)) for text in self.mynetworks]
        for narrow, wide in _within_another(parsed):
            yield "mynetworks", f"{narrow} lies within {wide}. Keep one of them."
        loopback = parse_network("::1/128")
        if self.inet_protocols != "ipv4" and not any(
            loopback.subnet_of(net)  # type: ignore[arg-type]
            for _, net in parsed
            if net.version == 6  # noqa: PLR2004
        ):
            yield (
                "mynetworks",
                "[::1]/128 is missing while IPv6 is on: this host itself could not send. Add it.",
            )


def _within_another(parsed: Sequence[tuple[str, Network]]) -> Iterator[tuple[str, str]]:
    """Yield (narrow, wide) for each network that is within another one; `wide` is the widest.

    Two networks overlap only if one contains the other. So sorting puts each after the one that
    contains it, and one pass is enough for ten thousand of them.
    """
    wide, outer = "", None
    for network, inner in sorted(
        parsed, key=lambda one: (one[1].version, int(one[1].network_address), one[1].prefixlen)
    ):
        if outer is not None and outer.version == inner.version and inner.network_address in outer:
            yield network, wide
        else:
            wide, outer = network, inner
