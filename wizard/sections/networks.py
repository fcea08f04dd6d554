"""The section `networks`: who may relay, where Postfix listens, and the firewall's zone."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from wizard.answers.model import Answers, Caution, Problem, host_problem
from wizard.answers.rules.addresses import is_address, plain_address
from wizard.answers.rules.networks import bracketed, is_loopback, is_public, parse_network
from wizard.answers.sections.networks import Networks
from wizard.host.facts import Host
from wizard.host.main_cf import words
from wizard.host.suggest import LOOPBACK
from wizard.plan import firewall
from wizard.plan.part import Part, Request
from wizard.postfix.meaning import Own
from wizard.postfix.parameters import ADDRESSES, NETWORKS
from wizard.sections.reading import is_set_up, items_of, main_cf, several, value_of, words_of
from wizard.sections.section import MISSING, NOT_YET, Issue, Section, TextByName

_START_FIREWALLD = (
    "run `systemctl start firewalld` (make sure that the zone lets ssh in first), or, where another "
    'firewall filters this host, `systemctl disable firewalld` or firewall_zone = ""'
)
_NO_FIREWALLD = "without systemd nothing starts it here: filter the ports outside this container"
_PROTOCOLS = {frozenset({"ipv4", "ipv6"}): "all"}


def _plan(request: Request) -> Part:
    answers, host, scope = request.answers, request.host, request.scope
    # The warnings are also about Dovecot's port, so they do not depend on this section.
    warnings = tuple(firewall.warnings(answers, host, scope))
    if "networks" not in scope:
        return Part(warnings=warnings)
    return Part(
        firewall=tuple(firewall.steps(answers, host, scope)),
        obstacles=tuple(_obstacles(answers, host)),
        cautions=(*cautions(answers), *_loopback_caution(request)),
        warnings=(*warnings, *_wide(request), *_not_public(answers.networks, host)),
    )


def _wide(request: Request) -> Iterator[str]:
    """Warn of new trusted networks that are wider than this host's own; public ones have a caution."""
    today = () if request.current is None else request.current.networks.mynetworks
    parsed = [parse_network(one) for one in request.host.network.networks if not is_loopback(one)]
    for text in request.answers.networks.mynetworks:
        if text in today or text.startswith("!") or is_loopback(text):
            continue
        one = parse_network(text)
        own = [each for each in parsed if each.version == one.version and not each.is_link_local]
        if own and not is_public(one) and all(each.prefixlen > one.prefixlen for each in own):
            yield (
                f"{text} in mynetworks is wider than this host's own network "
                f"({', '.join(map(bracketed, own))}): every computer in it may send mail to anybody "
                "without a password"
            )


def _not_public(networks: Networks, host: Host) -> Iterator[str]:
    """Warn of an address in proxy_interfaces that is not the one by which strangers connect."""
    here = {plain_address(one) for one in host.network.addresses}
    for text in networks.proxy_interfaces:
        address = plain_address(text)
        why = "one of this host's own addresses" if address in here else ""
        why = why or (_PRIVATE if _is_private(text) else "")
        if why:
            yield (
                f"{text} in proxy_interfaces is {why}, and not a public one: strangers connect to the "
                "address of the router on the internet. Write that one, or none without NAT"
            )


_PRIVATE = "a private address"
_SHARED = parse_network("100.64.0.0/10")
"""The addresses that a provider uses between its customers and its own NAT (RFC 6598)."""


def _is_private(text: str) -> bool:
    address = plain_address(text)
    return address in _SHARED or not is_public(parse_network(str(address)))


def cautions(answers: Answers) -> Iterator[Caution]:
    """Yield the caution about public networks that may relay."""
    public = [text for text in answers.networks.mynetworks if is_public(parse_network(text))]
    if public:
        yield Caution(
            "public-range",
            f"{', '.join(public)} in mynetworks {_IS_PUBLIC[len(public) > 1]} may relay mail through "
            "this server without a password. A provider's range is full of strangers.",
            tuple(public),
        )


_IS_PUBLIC = ("is a public range: every host in it", "are public ranges: every host in them")
"""For one range, and for several."""


def _loopback_caution(request: Request) -> Iterator[Caution]:
    """Yield a caution if the plan takes this host itself out of mynetworks."""
    networks, today = request.answers.networks, request.current
    if networks.inet_protocols == "ipv6" or _has_loopback(networks):
        return
    if today is None or _has_loopback(today.networks):
        yield Caution(
            "loopback-network",
            f"{LOOPBACK} is not in mynetworks: programs of this host that send mail to port 25 of "
            "127.0.0.1 are refused, unless they log in. Add it, unless that is what you want.",
            (LOOPBACK,),
        )


def _has_loopback(networks: Networks) -> bool:
    this = parse_network("127.0.0.1/32")
    parsed = (parse_network(one) for one in networks.mynetworks if not one.startswith("!"))
    return any(this.subnet_of(one) for one in parsed if one.version == this.version)  # type: ignore[arg-type]


def _obstacles(answers: Answers, host: Host) -> Iterator[Problem]:
    own = host.firewall
    yield from _excluded(answers, host)
    if not answers.networks.firewall_zone or own.is_given_up:
        return
    if own.state == "stopped":
        yield host_problem(
            "firewalld is installed but stopped, so its zones cannot be opened; "
            + (_START_FIREWALLD if host.systemd else _NO_FIREWALLD),
        )
    if own.state == "unknown" and host.root == "/" and host.systemd:
        yield host_problem(
            "firewalld runs and does not answer on D-Bus, so its zones cannot be opened; "
            "`busctl status` and `systemctl status dbus-broker firewalld` show why",
        )


def _excluded(answers: Answers, host: Host) -> Iterator[Problem]:
    networks, firewall_here = answers.networks, host.firewall
    if (
        networks.inet_protocols != "ipv4"
        and host.root == "/"
        and not host.network.has_ipv6_loopback
    ):
        yield Problem(
            "networks",
            "inet_protocols",
            f"{networks.inet_protocols} names IPv6, but this host has no ::1 on lo and every "
            "Postfix program would refuse to start; write ipv4 or turn IPv6 on",
        )
    yield from _interfaces(networks, host)
    zone = networks.firewall_zone
    if zone and firewall_here.state == "running" and firewall_here.zone(zone) is None:
        names = ", ".join(one.name for one in firewall_here.zones)
        yield Problem(
            "networks",
            "firewall_zone",
            f"firewalld has no zone {zone}; its zones are {names}",
        )


def _interfaces(networks: Networks, host: Host) -> Iterator[Problem]:
    """Yield a problem for each address of inet_interfaces that keeps Postfix from starting."""
    here = {plain_address(one) for one in host.network.addresses}
    if not here:
        return
    unspoken = {"ipv4": 6, "ipv6": 4}.get(networks.inet_protocols)
    for text in re.split(r"[,\s]+", networks.inet_interfaces):
        if not is_address(text):
            continue
        one = plain_address(text)
        if one not in here:
            why = f"{text} is no address of this host; `ip address` lists them"
        elif one.version == unspoken:
            why = f"{text} is no address for inet_protocols = {networks.inet_protocols}"
        else:
            continue
        yield Problem(
            "networks", "inet_interfaces", f"{why}. Every Postfix program would refuse to start"
        )


def _read_back(host: Host) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if is_set_up(host):
        found["inet_interfaces"] = ", ".join(words(value_of(host, "inet_interfaces")))
        protocols = words(value_of(host, "inet_protocols"))
        found["inet_protocols"] = _PROTOCOLS.get(frozenset(protocols), ", ".join(protocols))
        found["mynetworks"] = []
    live = main_cf(host).value("mynetworks")
    if live is None and is_set_up(host):
        live = host.postfix.in_force.get("mynetworks")
    networks = items_of(Own(), NETWORKS, words(live or ""))
    if networks:
        found["mynetworks"] = networks
    outer = items_of(Own(), ADDRESSES, words_of(host, "proxy_interfaces"))
    if outer:
        found["proxy_interfaces"] = outer
    zone = firewall.mail_zone(host)
    if zone or host.firewall.is_given_up:
        found["firewall_zone"] = zone
    return found


def _value(host: Host, _today: Answers) -> str:
    if main_cf(host).entry("mynetworks"):
        return several(words_of(host, "mynetworks"))
    return "Postfix's default"


def _issues(host: Host, today: Answers, reported: Collection[str]) -> Iterator[Issue]:
    name = today.networks.firewall_zone
    zone = host.firewall.zone(name)
    if host.firewall.state != "running" or zone is None:
        return
    closed = [
        service
        for service in firewall.SERVICES
        if service not in zone.permanent and f"firewall.{name}.{service}" not in reported
    ]
    if closed:
        why = f"The firewall's zone {name} does not open {', '.join(closed)}."
        yield Issue(MISSING, why)


def _preview(checked: Mapping[str, Any]) -> TextByName:
    zone = checked.get("firewall_zone", NOT_YET)
    opened = f"firewall-cmd --zone={zone} --add-service=smtp ..."
    hints = {
        "mynetworks": [
            one for one in _items(checked, "mynetworks") if is_public(parse_network(one))
        ],
        "proxy_interfaces": [
            one for one in _items(checked, "proxy_interfaces") if _is_private(one)
        ],
    }
    return {
        "firewall_zone": opened if zone else "no firewall is opened",
        **{
            name: f"{name}: {', '.join(_items(checked, name))}; {_HINTS[name].format(', '.join(found))}"
            for name, found in hints.items()
            if found
        },
    }


_HINTS = {
    "mynetworks": "{} is public, where strangers could send: Review asks about it",
    "proxy_interfaces": "{} is private: write the address that the router has on the internet",
}


def _items(checked: Mapping[str, Any], name: str) -> tuple[str, ...]:
    found = checked.get(name, ())
    return found if isinstance(found, tuple) else ()


NETWORKS_SECTION = Section(
    "networks",
    plan=_plan,
    read_back=_read_back,
    value=_value,
    drift=("firewall.*",),
    issues=_issues,
    preview=_preview,
    excluded=_excluded,
)
