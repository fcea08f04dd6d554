"""Other settings that take part in mail to the relay host, and that answers cannot express.

They stay. A plan says what each does to the relay host of the answers (postconf(5), smtp(8)).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from wizard.answers.sections.relay import SMTPS, Relay
from wizard.host.facts import Host
from wizard.host.main_cf import own_parameters
from wizard.paths import MAIN_CF, MASTER_CF
from wizard.postfix.master_cf import MasterCf
from wizard.postfix.parameters import PARAMETERS
from wizard.postfix.relay_logins import BARS, Bar, has, words
from wizard.postfix.relayhost import RELAY
from wizard.postfix.settings import Settings

_CLIENT = "smtp/unix"
"""The service that sends mail to the relay host (master(5))."""
_KNOWN_TLS = {"tlsv1.2", "tlsv1.3"}


def _is_old_tls(value: str) -> bool:
    """True if the value names versions to use, and none that a relay host still has."""
    named = {one for one in words(value) if not one.startswith(("!", ">=", "<="))}
    return bool(named) and named.isdisjoint(_KNOWN_TLS)


_ELSEWHERE = "goes another way, and not to the relay host"

_OTHERS = (
    *(replace(one, does=f"{one.does}. Take it out") for one in BARS),
    Bar("transport_maps", bool, f"mail for what it names {_ELSEWHERE}"),
    Bar("sender_dependent_relayhost_maps", bool, f"mail of the senders in it {_ELSEWHERE}"),
    Bar("sender_dependent_default_transport_maps", bool, f"mail of the senders in it {_ELSEWHERE}"),
    Bar(
        "default_transport",
        lambda value: value.rstrip(":") not in {"", "smtp"},
        "it overrules relayhost, so mail for others does not go to the relay host. Take it out",
    ),
    Bar(
        "relay_transport",
        lambda value: value.rstrip(":") not in {"", "relay", "smtp", "$default_transport"},
        "it overrules relayhost for the domains of relay_domains",
    ),
    Bar("smtp_fallback_relay", bool, "mail goes there if the relay host does not answer"),
    Bar("fallback_relay", bool, "mail goes there if the relay host does not answer"),
    Bar(
        "defer_transports",
        has("smtp"),
        "mail for the relay host waits in the queue. Take smtp out of it",
    ),
    Bar(
        "smtp_discard_ehlo_keyword_address_maps",
        bool,
        "Postfix may not see what the relay host offers, such as STARTTLS and AUTH",
    ),
    Bar(
        "smtp_bind_address",
        lambda value: value.startswith("127."),
        "the relay host cannot be reached from there. Take it out",
    ),
    *(
        Bar(name, _is_old_tls, "most relay hosts have no such TLS. Take it out")
        for name in ("smtp_tls_mandatory_protocols", "smtp_tls_protocols")
    ),
    *(
        Bar(name, has("all", "high"), "no cipher remains for TLS with the relay host. Take it out")
        for name in ("smtp_tls_mandatory_exclude_ciphers", "smtp_tls_exclude_ciphers")
    ),
)
_OWN = tuple(one.name for one in PARAMETERS if one.section == RELAY and one.name != "relayhost")
_ANOTHER_WAY = ("transport_maps", "sender_dependent_default_transport_maps", "relay_domains")
"""Parameters by which the smtp client may also have other servers to deliver to."""


def warnings(relay: Relay, host: Host, removed: Collection[str] = ()) -> Iterator[str]:
    """Yield a sentence for each setting that works against the relay host, and for port 465.

    `removed` are parameters that the plan removes from main.cf.
    """
    services = MasterCf.parse(host.text(MASTER_CF))
    client = services.service(_CLIENT)
    options = client.values if client else {}
    settings = Settings(own_parameters(host.text(MAIN_CF)), {}, options)
    if services.services and client is None:
        yield f"master.cf has no service {_CLIENT}, so nothing is sent to the relay host: add it."
    for other in _OTHERS:
        value = settings.value(other.name)
        is_out = other.name in removed and other.name not in options
        if not is_out and other.applies(value) and (relay.user or not other.logs_in):
            yield f"{_shown(other.name, value, options)} stays: {other.does}."
    for name in _OWN:
        if name in options:
            yield (
                f"{_shown(name, options[name], options)} stays: it overrules what the section relay writes to"
                " main.cf. Take it out."
            )
    if relay.port == SMTPS:
        others = ", ".join(name for name in _ANOTHER_WAY if settings.value(name))
        named = f" (see {others})" if others else ""
        yield (
            f"Port {SMTPS} has TLS from the first byte, and smtp_tls_wrappermode = yes is for all that"
            " the smtp client sends, not for the relay host alone: mail to another server would wait"
            f"{named}. Port 587, if the provider has it,"
            " does without."
        )


_WITHOUT = {
    **dict.fromkeys(_ANOTHER_WAY[:2], "mail for what it names goes where it says"),
    "sender_dependent_relayhost_maps": "mail of the senders in it goes to the relay host there",
    "default_transport": "mail for others goes there, so that there is a relay host all the same",
    "smtp_fallback_relay": "mail that cannot be delivered goes there",
    "fallback_relay": "mail that cannot be delivered goes there",
}


def without_relay(host: Host) -> Iterator[str]:
    """Yield a sentence for each setting that sends mail to other servers without a relay host."""
    own = own_parameters(host.text(MAIN_CF))
    for name, does in _WITHOUT.items():
        value = own.get(name, "")
        if value and value.rstrip(":") != "smtp":
            yield f"{name} = {value} stays: {does}."


def _shown(name: str, value: str, options: Mapping[str, str]) -> str:
    return f"master.cf, {_CLIENT}: -o {name}={value}" if name in options else f"{name} = {value}"
