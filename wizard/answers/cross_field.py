"""Validate fields against each other, after each is valid by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Iterator

from wizard.answers.model import SMTPS, Answers, Caution, Problem
from wizard.answers.rules.addresses import is_address
from wizard.answers.rules.networks import Network, is_public, parse_network


def problems(answers: Answers) -> tuple[Problem, ...]:
    """Return the problems between fields."""
    rules = (_networks, _certificate, _senders, _dns, _relay, _repeated)
    return tuple(Problem(*found) for rule in rules for found in rule(answers))


def cautions(answers: Answers) -> Iterator[Caution]:
    """Yield the cautions that follow from the answers alone."""
    public = [text for text in answers.networks.mynetworks if is_public(parse_network(text))]
    if public:
        yield Caution(
            "public-range",
            f"{', '.join(public)} in mynetworks is a public range: every host in it may relay "
            "mail through this server without a password. A provider's range is full of "
            "strangers.",
            tuple(public),
        )


OF_A_LINEAGE = frozenset({"letsencrypt", "remote", "certbot"})
"""Sources of the certificate that name a lineage."""

_OWN_DOMAIN = (
    "whoever forges it would pass every blocklist; your own people send through 587 and need no row"
)

_Found = Iterator[tuple[str, str, str]]


def _networks(answers: Answers) -> _Found:
    parsed = [(text, parse_network(text)) for text in answers.networks.mynetworks]
    for narrow, wide in _within_another(parsed):
        yield "networks", "mynetworks", f"{narrow} lies within {wide}; keep one of them"
    speaks_ipv6 = answers.networks.inet_protocols != "ipv4"
    loopback = parse_network("::1/128")
    if speaks_ipv6 and not any(loopback.subnet_of(net) for _, net in parsed if net.version == 6):  # type: ignore[arg-type] # noqa: PLR2004
        yield (
            "networks",
            "mynetworks",
            "[::1]/128 is missing while IPv6 is on: this host itself could not send; add it",
        )


def _within_another(parsed: Sequence[tuple[str, Network]]) -> Iterator[tuple[str, str]]:
    """Yield (narrow, wide) for each network that is within another one; `wide` is the widest.

    Two networks overlap only if one contains the other. So sorting puts each after the one that
    contains it, and one pass is enough for ten thousand of them.
    """
    wide, outer = "", None
    for text, inner in sorted(
        parsed, key=lambda one: (one[1].version, int(one[1].network_address), one[1].prefixlen)
    ):
        if outer is not None and outer.version == inner.version and inner.network_address in outer:
            yield text, wide
        else:
            wide, outer = text, inner


def _certificate(answers: Answers) -> _Found:
    certificate = answers.certificate
    if certificate.source in OF_A_LINEAGE and not certificate.name:
        yield (
            "certificate",
            "name",
            f"is needed for source {certificate.source}: a name in /etc/letsencrypt/live",
        )
    if certificate.source == "files":
        for name in ("cert_file", "key_file"):
            if not getattr(certificate, name):
                yield "certificate", name, "is needed for source files: a path from the root, /..."
    needs_webroot = certificate.source == "certbot" and certificate.challenge == "webroot"
    if needs_webroot and not certificate.webroot:
        yield (
            "certificate",
            "webroot",
            "is needed for challenge webroot: the directory that your web server shows",
        )
    if certificate.source == "remote" and not certificate.host:
        yield (
            "certificate",
            "host",
            "is needed for source remote: the server that has the certificates today, [user@]host",
        )


def _senders(answers: Answers) -> _Found:
    both = set(answers.blocklists.allow_senders) & set(answers.blocklists.reject_senders)
    for key in sorted(both):
        yield "blocklists", "reject_senders", f"{key} is also allowed; keep it in one list"
    own = {
        answers.hostname.myhostname,
        answers.hostname.mydomain,
        *answers.domains.local,
    }
    for key in answers.blocklists.allow_senders:
        domain = key.rpartition("@")[2]
        if any(name == domain or name.endswith("." + domain) for name in own if domain):
            yield (
                "blocklists",
                "allow_senders",
                f"{key} is this server's own domain, or one above it: {_OWN_DOMAIN}",
            )


def _dns(answers: Answers) -> _Found:
    dns = answers.dns
    if dns.move_from and not dns.move_to:
        yield "dns", "move_to", f"is needed: which address replaces {dns.move_from}?"
    if dns.move_to and not dns.move_from:
        yield "dns", "move_from", f"is needed: which address is replaced by {dns.move_to}?"
    if dns.move_from and dns.move_from == dns.move_to:
        yield "dns", "move_to", f"{dns.move_to} is the old address too"
    if dns.move_from and not dns.zone_file:
        yield "dns", "zone_file", "is needed: addresses are moved in a zone file"


def _relay(answers: Answers) -> _Found:
    relay = answers.relay
    if relay.user and not relay.host:
        yield "relay", "host", f"is needed: where does {relay.user} log in?"
    if relay.tls == "secure" and relay.host and is_address(relay.host):
        yield "relay", "tls", "secure needs the relay's name: a certificate is for a name"
    if relay.tls == "may" and relay.host and relay.port == SMTPS:
        yield "relay", "tls", f"port {SMTPS} has TLS always: choose encrypt or secure"


def _repeated(answers: Answers) -> _Found:
    lists = (
        ("domains", "local", answers.domains.local),
        ("networks", "mynetworks", answers.networks.mynetworks),
        ("blocklists", "use", answers.blocklists.use),
        ("blocklists", "allow_senders", answers.blocklists.allow_senders),
        ("blocklists", "reject_senders", answers.blocklists.reject_senders),
    )
    for section, name, items in lists:
        seen: set[str] = set()
        for item in items:
            if item in seen and name != "mynetworks":
                yield section, name, f"{item} stands there twice; remove one"
            seen.add(item)
