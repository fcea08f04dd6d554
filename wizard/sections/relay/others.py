"""Other settings that take part in mail to the relay host, and that answers cannot express.

They stay. A plan says what each does to the relay host of the answers (postconf(5), smtp(8)).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from wizard.answers.sections.relay import SMTPS, Relay
from wizard.host.facts import Host
from wizard.host.main_cf import own_parameters
from wizard.paths import MAIN_CF, MASTER_CF
from wizard.postfix.master_cf import MasterCf
from wizard.postfix.parameters import PARAMETERS
from wizard.postfix.relayhost import RELAY
from wizard.postfix.settings import Settings

_CLIENT = "smtp/unix"
"""The service that sends mail to the relay host (master(5))."""
_BETWEEN = re.compile(r"[,:\s]+")
_KNOWN_TLS = {"tlsv1.2", "tlsv1.3"}


@dataclass(frozen=True)
class _Other:
    """A parameter, the values that concern the relay host, and what they do.

    With `logs_in` it concerns only a relay host that wants a password.
    """

    name: str
    applies: Callable[[str], bool]
    does: str
    logs_in: bool = False


def _words(value: str) -> set[str]:
    return set(filter(None, _BETWEEN.split(value.lower())))


def _has_no(*words: str) -> Callable[[str], bool]:
    return lambda value: bool(value) and _words(value).isdisjoint(words)


def _has(*words: str) -> Callable[[str], bool]:
    return lambda value: not _words(value).isdisjoint(words)


def _is_old_tls(value: str) -> bool:
    """True if the value names versions to use, and none that a relay host still has."""
    named = {one for one in _words(value) if not one.startswith(("!", ">=", "<="))}
    return bool(named) and named.isdisjoint(_KNOWN_TLS)


_ELSEWHERE = "goes another way, and not to the relay host"

_OTHERS = (
    _Other(
        "smtp_sasl_mechanism_filter",
        _has_no("plain", "login", "all"),
        "Postfix logs in with these mechanisms alone, and most relay hosts know PLAIN and LOGIN alone:"
        " all mail would wait. Take it out",
        logs_in=True,
    ),
    _Other(
        "smtp_sasl_type",
        _has_no("cyrus"),
        "Postfix's client logs in by cyrus alone: all mail would wait. Take it out",
        logs_in=True,
    ),
    _Other("transport_maps", bool, f"mail for what it names {_ELSEWHERE}"),
    _Other("sender_dependent_relayhost_maps", bool, f"mail of the senders in it {_ELSEWHERE}"),
    _Other(
        "sender_dependent_default_transport_maps", bool, f"mail of the senders in it {_ELSEWHERE}"
    ),
    _Other(
        "default_transport",
        lambda value: value.rstrip(":") not in {"", "smtp"},
        "it overrules relayhost, so mail for others does not go to the relay host. Take it out",
    ),
    _Other(
        "relay_transport",
        lambda value: value.rstrip(":") not in {"", "relay", "smtp", "$default_transport"},
        "it overrules relayhost for the domains of relay_domains",
    ),
    _Other("smtp_fallback_relay", bool, "mail goes there if the relay host does not answer"),
    _Other("fallback_relay", bool, "mail goes there if the relay host does not answer"),
    _Other(
        "defer_transports",
        _has("smtp"),
        "mail for the relay host waits in the queue. Take smtp out of it",
    ),
    _Other(
        "smtp_never_send_ehlo",
        _has("yes"),
        "Postfix sees neither STARTTLS nor AUTH of the relay host: all mail would wait. Take it out",
    ),
    _Other(
        "smtp_discard_ehlo_keywords",
        _has("auth", "starttls"),
        "Postfix does not see that the relay host offers this: all mail would wait. Take it out",
    ),
    _Other(
        "smtp_discard_ehlo_keyword_address_maps",
        bool,
        "Postfix may not see what the relay host offers, such as STARTTLS and AUTH",
    ),
    _Other(
        "smtp_bind_address",
        lambda value: value.startswith("127."),
        "the relay host cannot be reached from there. Take it out",
    ),
    *(
        _Other(name, _is_old_tls, "most relay hosts have no such TLS. Take it out")
        for name in ("smtp_tls_mandatory_protocols", "smtp_tls_protocols")
    ),
    *(
        _Other(
            name, _has("all", "high"), "no cipher remains for TLS with the relay host. Take it out"
        )
        for name in ("smtp_tls_mandatory_exclude_ciphers", "smtp_tls_exclude_ciphers")
    ),
)
_OWN = tuple(one.name for one in PARAMETERS if one.section == RELAY and one.name != "relayhost")
_ANOTHER_WAY = ("transport_maps", "sender_dependent_default_transport_maps", "relay_domains")
"""Parameters by which the smtp client may also have other servers to deliver to."""


def warnings(relay: Relay, host: Host) -> Iterator[str]:
    """Yield a sentence for each setting that works against the relay host, and for port 465."""
    services = MasterCf.parse(host.text(MASTER_CF))
    client = services.service(_CLIENT)
    options = client.values if client else {}
    settings = Settings(own_parameters(host.text(MAIN_CF)), {}, options)
    if services.services and client is None:
        yield f"master.cf has no service {_CLIENT}, so nothing is sent to the relay host: add it."
    for other in _OTHERS:
        value = settings.value(other.name)
        if other.applies(value) and (relay.user or not other.logs_in):
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


def _shown(name: str, value: str, options: Mapping[str, str]) -> str:
    return f"master.cf, {_CLIENT}: -o {name}={value}" if name in options else f"{name} = {value}"
