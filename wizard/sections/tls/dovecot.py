"""The lines of a profile for Dovecot 2.3 and 2.4, in a file of their own (ssl_min_protocol).

The file has no line for a setting where Dovecot has a value of the operator's or a stricter one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Optional

from wizard.answers.sections.tls import INTERMEDIATE, MODERN
from wizard.postfix.dovecot import Settings, series
from wizard.postfix.lines import Lines, content
from wizard.postfix.proposal import Proposal
from wizard.postfix.tls_values import of_dovecot

HEAD = (
    "# Written by postfix-wizard: TLS versions and ciphers by the profile of its section tls. A rerun",
    "# of the section writes it anew.",
)
WHY = "TLS versions and ciphers of Dovecot, by the profile."
_OFF = "# The profile is policy, so nothing is set here."

PROTOCOL, CIPHERS = "ssl_min_protocol", "ssl_cipher_list"
_VERSIONS = ("SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
"""The values of ssl_min_protocol, the strictest last. ANY is as weak as the first."""
_MOZILLA = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"
    ":ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384"
    ":ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
    ":DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:DHE-RSA-CHACHA20-POLY1305"
)
_ORDER = {
    "2.3": ("ssl_prefer_server_ciphers", "yes"),
    "2.4": ("ssl_server_prefer_ciphers", "server"),
}
"""By series: the setting by which the server's own order of ciphers counts, and its value."""
_STOCK_CIPHERS = frozenset(
    {
        "",
        "PROFILE=SYSTEM",
        "ALL:!kRSA:!SRP:!kDHd:!DSS:!aNULL:!eNULL:!EXPORT:!DES:!3DES:!MD5:!PSK:!RC4:!ADH:!LOW@STRENGTH",
    }
)
"""Values of ssl_cipher_list that Dovecot or EL's package sets."""


def wanted(profile: str, version: str) -> dict[str, str]:
    """Return the settings of a profile for a Dovecot of this version; none for policy."""
    order, value = _ORDER[series(version)]
    return {
        INTERMEDIATE: {PROTOCOL: "TLSv1.2", CIPHERS: _MOZILLA, order: value},
        MODERN: {PROTOCOL: "TLSv1.3"},
    }.get(of_dovecot(profile, version), {})


def propose(
    live: Optional[bytes], profile: str, version: str, settings: Settings
) -> Optional[Proposal]:
    """Return the next text of the file, None if Dovecot needs no such file.

    `settings` are those in force, with the lines of the live file among them.
    """
    goal = wanted(profile, version)
    foreign = {name for name, _ in others(live, profile, version, settings)}
    own = written(live)
    texts = [
        f"{name} = {value}"
        for name, value in goal.items()
        if name not in foreign and (name in own or not _is_met(name, settings.get(name), value))
    ]
    if live is None and not texts:
        return None
    lines = Lines((), ()).insert(0, (*HEAD, *(texts if goal else (_OFF,))), WHY)
    return Proposal(bytes(lines), lines.reasons())


def others(
    live: Optional[bytes], profile: str, version: str, settings: Settings
) -> Iterator[tuple[str, str]]:
    """Yield the settings in force that are the operator's own and stay, with their values."""
    own = written(live)
    for name, value in wanted(profile, version).items():
        now = settings.get(name, "")
        if name in own or now == value:
            continue
        if name == CIPHERS and now not in _STOCK_CIPHERS:
            yield name, now
        if name == PROTOCOL and _rank(now) > _rank(value):
            yield name, now


def written(text: Optional[bytes]) -> Mapping[str, str]:
    """Return the settings in the wizard's file, by name."""
    lines = (content(one) for one in Lines.parse(text or b"").texts)
    pairs = (one.partition("=") for one in lines if not one.startswith("#"))
    return {name.strip(): value.strip() for name, equals, value in pairs if equals}


def _is_met(name: str, now: Optional[str], value: str) -> bool:
    return now == value or (name == PROTOCOL and _rank(now or "") > _rank(value))


def _rank(version: str) -> int:
    return _VERSIONS.index(version) if version in _VERSIONS else 0
