"""Suggest values for answers from the facts of the host, with their origin, best first.

These are pure functions, for the screens' lists of suggestions. A suggestion is an answer only
after the operator has chosen it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from wizard.certificates.model import Lineage
from wizard.certificates.names import covers
from wizard.host.facts import Host, Network
from wizard.host.firewall_facts import Zone

MAIL_LABELS = ("mail", "mx", "smtp")
"""First labels that are typical of a mail server."""

LOOPBACK = "127.0.0.0/8"

PRIVATE = tuple(map(ipaddress.IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
"""RFC 1918; ipaddress's `is_private` also includes documentation networks and more."""

FIRST_PERSON, NOBODY = 1000, 65534
"""The UIDs of people are between these (login.defs(5), UID_MIN; the overflow user)."""

TRUSTED = "ACCEPT"
"""The target of a firewalld zone that accepts everything (firewalld.zone(5))."""

FEWEST_LABELS = 2
"""Labels of a domain to suggest; `jp` of `mail.jp` is nobody's own domain."""


@dataclass(frozen=True)
class Suggestion:
    """A value for a field and, in a few words, why it is suggested."""

    value: str
    why: str


@dataclass(frozen=True)
class CertificateSuggestion:
    """A lineage to choose.

    `covers` is True if its names cover myhostname, `expired` if its lifetime is over.
    """

    lineage: Lineage
    covers: bool
    expired: bool


def hostnames(host: Host) -> tuple[Suggestion, ...]:
    """Suggest myhostname: today's value, the host's own name, mail names of certificates."""
    found = [Suggestion(_literal(host.parameters.get("myhostname", "")), "main.cf has it today")]
    own = host.network.hostname
    if _is_mail_name(own):
        found.append(Suggestion(own, "the host's own name"))
    found += [
        Suggestion(name, f"in the certificate of {lineage.name}")
        for lineage in host.lineages
        for name in lineage.names
        if _is_mail_name(name)
    ]
    domains = [lineage.name for lineage in host.lineages if not lineage.problem]
    for domain in (own.partition(".")[2], *domains):
        if len(domain.split(".")) >= FEWEST_LABELS and not _is_mail_name(domain):
            found.append(Suggestion(f"mail.{domain}", f"the usual name in {domain}"))
    found.append(Suggestion(own, "the host's own name"))
    return _distinct(found)


def domains(host: Host, myhostname: str) -> tuple[Suggestion, ...]:
    """Suggest mydomain: myhostname without its first label, and main.cf's value."""
    return _distinct(
        [
            Suggestion(_literal(host.parameters.get("mydomain", "")), "main.cf has it today"),
            Suggestion(myhostname.partition(".")[2], "myhostname less its first label"),
        ]
    )


def mail_names(host: Host, myhostname: str, zone_file: str = "") -> tuple[Suggestion, ...]:
    """Suggest items of domains.local: names in this host's zones whose MX is this host.

    In `zone_file` also those that get their MX by the plan. A zone that cannot be read suggests
    nothing. A large one takes a second, so call this in a thread.
    """
    # Imported here, since a host without zones does not need dnspython (70 ms).
    from wizard.dns.zone import ZoneFault  # noqa: PLC0415
    from wizard.dns.zone_edits import Wanted, edit, names_with_mx  # noqa: PLC0415

    found: list[Suggestion] = []
    for zone in host.zones:
        text = zone.file.live if zone.file is not None else None
        if text is None or not myhostname:
            continue
        try:
            there = names_with_mx(text, zone.name, myhostname)
            if zone.path == zone_file:
                text = edit(text, Wanted(zone.name, myhostname, host.read_at)).text
            then = names_with_mx(text, zone.name, myhostname)
        except ZoneFault:
            continue
        found += [
            Suggestion(
                name,
                "its MX leads here" if name in there else f"gets its MX in the zone {zone.name}",
            )
            for name in then
        ]
    return _distinct(found)


def networks(host: Host) -> tuple[Suggestion, ...]:
    """Suggest items of mynetworks: the firewall's trusted sources, private networks, loopback.

    Only IPv4, as the policy's inet_protocols, and only private networks (RFC 1918), since a
    provider's network is full of strangers.
    """
    found = [
        Suggestion(source, f"in the firewall's zone {zone.name}")
        for zone in host.firewall.zones
        if zone.target == TRUSTED
        for source in zone.sources
    ]
    found += [Suggestion(network, "a network of this host") for network in private(host.network)]
    found.append(Suggestion(LOOPBACK, "this host itself"))
    return _distinct(
        Suggestion(_private4(one.value) or one.value, one.why)
        for one in found
        if _private4(one.value) or one.value == LOOPBACK
    )


LOOPBACK_BY_IPV6 = Suggestion("[::1]/128", "this host itself, by IPv6")
"""The item of mynetworks that is needed once Postfix speaks IPv6."""


def private(network: Network) -> tuple[str, ...]:
    """Return the interfaces' private IPv4 networks, without loopback and link-local ones."""
    return tuple(text for text in network.networks if _private4(text))


def certificates(host: Host, myhostname: str, now: int) -> tuple[CertificateSuggestion, ...]:
    """Return the lineages: those that fit first, of these the one with the longest lifetime."""
    listed = [
        CertificateSuggestion(
            one, covers(one.names, myhostname), bool(one.not_after) and one.not_after <= now
        )
        for one in host.lineages
    ]
    return tuple(sorted(listed, key=_rank))


def readers(host: Host) -> tuple[Suggestion, ...]:
    """Suggest readers of root's mail: the people in passwd(5)."""
    return tuple(
        Suggestion(one.name, f"a user of this host, UID {one.uid}")
        for one in host.users
        if FIRST_PERSON <= one.uid < NOBODY
    )


def zones(host: Host) -> tuple[Suggestion, ...]:
    """Suggest the firewall zone: the default first, then those with interfaces.

    A zone that accepts everything is no suggestion, since an opened service changes nothing there.
    """
    default = host.firewall.default_zone
    found = [
        (zone.name != default, not zone.interfaces, zone.name, _zone_words(zone, default))
        for zone in host.firewall.zones
        if zone.target != TRUSTED
    ]
    return tuple(Suggestion(name, why) for _, _, name, why in sorted(found))


def _zone_words(zone: Zone, default: str) -> str:
    words = ["the default zone"] if zone.name == default else []
    if zone.interfaces:
        words.append(f"interfaces {', '.join(zone.interfaces)}")
    return "; ".join(words) or "no interface"


def _rank(one: CertificateSuggestion) -> tuple[bool, bool, bool, int]:
    return bool(one.lineage.problem), one.expired, not one.covers, -one.lineage.not_after


def _is_mail_name(name: str) -> bool:
    head, _, rest = name.partition(".")
    return head.lower() in MAIL_LABELS and "." in rest


def _literal(value: str) -> str:
    """Return a parameter's value, "" if it refers to another parameter."""
    return "" if "$" in value else value


def _private4(text: str) -> str:
    """Return a private IPv4 network in its usual form, "" for any other text."""
    try:
        network = ipaddress.IPv4Network(text, strict=False)
    except ValueError:
        return ""
    return str(network) if any(map(network.subnet_of, PRIVATE)) else ""


def _distinct(found: Iterable[Suggestion]) -> tuple[Suggestion, ...]:
    first: dict[str, Suggestion] = {}
    for one in found:
        if one.value:
            first.setdefault(one.value, one)
    return tuple(first.values())
