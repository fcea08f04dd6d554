"""Three network namespaces a host: its own, the operator's LAN and the stranger's outside.

Nothing of the machine's own namespace is touched, so hosts with the same addresses run side by
side. See ip-netns(8) and veth(4).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lab.shell import LabError, run

HOST_LAN = "192.168.1.1"
HOST_OUTSIDE = "203.0.113.1"
OPERATOR = "192.168.1.2"
HOST_PREFIX6 = "2001:2c0:cd03:ca00::"
"""Of the zone's AAAA records; no link has it until `let_through`."""
STRANGER = "203.0.113.9"
LISTED_STRANGER = "203.0.113.66"
"""An address of the stranger's that zen.spamhaus.org lists."""
MISJUDGED_STRANGER = "203.0.113.67"
"""An address for which zen.spamhaus.org answers with an error code, 127.255.255.254."""


@dataclass(frozen=True)
class Network:
    """The names of one host's namespaces."""

    host: str
    operator: str
    outside: str

    @property
    def all(self) -> tuple[str, ...]:
        """Every namespace that belongs to the host."""
        return (self.host, self.operator, self.outside)


def network(name: str) -> Network:
    """Return the namespaces' names for the host called `name`."""
    return Network(f"pwlab-{name}", f"pwlab-{name}-operator", f"pwlab-{name}-outside")


def enter(namespace: str) -> list[str]:
    """Return the start of a command line that runs the rest inside `namespace`."""
    return ["nsenter", f"--net=/run/netns/{namespace}", "--"]


def lay_cables(net: Network, *, ipv6: bool) -> None:
    """Create the namespaces and the two veth pairs, addresses set and links up.

    Without `ipv6` the host's namespace has it disabled, so that even ::1 is absent.
    """
    for namespace in net.all:
        run(["ip", "netns", "add", namespace])
    if not ipv6:
        knob = "/proc/sys/net/ipv6/conf/all/disable_ipv6"
        run([*enter(net.host), "sh", "-c", f"echo 1 >{knob}"])
    for far, inner in ((net.operator, "enp0s3"), (net.outside, "enp0s8")):
        peer = ["peer", "name", inner, "netns", net.host]
        run(["ip", "-n", far, "link", "add", "eth0", "type", "veth", *peer])
    _configure(net.host, {"enp0s3": [HOST_LAN], "enp0s8": [HOST_OUTSIDE]})
    _configure(net.operator, {"eth0": [OPERATOR]})
    _configure(net.outside, {"eth0": [STRANGER, LISTED_STRANGER, MISJUDGED_STRANGER]})


def _configure(namespace: str, links: dict[str, list[str]]) -> None:
    """Give each link its /24 addresses and bring it up, the loopback too."""
    lines = ["link set lo up"]
    for link, addresses in links.items():
        lines += [f"address add {address}/24 dev {link}" for address in addresses]
        lines.append(f"link set {link} up")
    run(["ip", "-n", namespace, "-batch", "-"], data="\n".join(lines) + "\n")


def join(first: str, second: str, *, link: str, addresses: tuple[str, str]) -> None:
    """Put one more cable between two hosts' namespaces, with `addresses` such as 10.0.0.1/24."""
    peer = ["peer", "name", link, "netns", second]
    run(["ip", "-n", first, "link", "add", link, "type", "veth", *peer])
    for namespace, address in zip((first, second), addresses):
        run(["ip", "-n", namespace, "address", "add", address, "dev", link])
        run(["ip", "-n", namespace, "link", "set", link, "up"])


def let_through(net: Network) -> None:
    """Let the stranger reach the addresses that the zone has for the host, through enp0s8."""
    through = ["via", HOST_OUTSIDE]
    run(["ip", "-n", net.outside, "route", "replace", HOST_LAN, *through])
    for namespace, link, last in ((net.host, "enp0s8", "ace"), (net.outside, "eth0", "9")):
        own = f"{HOST_PREFIX6}{last}/64"
        run(["ip", "-n", namespace, "address", "replace", own, "dev", link, "nodad"])


def remove(net: Network) -> None:
    """Delete the namespaces that exist; their veth pairs go with them."""
    for namespace in net.all:
        if Path("/run/netns", namespace).exists():
            try:
                run(["ip", "netns", "delete", namespace])
            except LabError:
                # The file of a namespace whose creation was cut short is no mount point.
                Path("/run/netns", namespace).unlink(missing_ok=True)
