"""Options of an smtpd entry of master.cf that stop mail on its port, or open it to all (smtpd(8)).

`check` applies these rules, and so does a plan, to what master.cf will be (`wizard.check.before_run`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from wizard.postfix.service_entry import Service, port_of_entry
from wizard.postfix.settings import Settings

_SMTP, _SMTPS, _SUBMISSION = 25, 465, 587
_RESTRICTIONS = tuple(
    f"smtpd_{one}_restrictions" for one in ("client", "helo", "sender", "relay", "recipient")
)
_WHO_RELAYS = ("smtpd_relay_restrictions", "smtpd_recipient_restrictions")
_EVERYBODY = frozenset({"0.0.0.0/0", "[::]/0", "::/0", "static:all"})


@dataclass(frozen=True)
class Fault:
    """An option of an entry, and what it does. `is_wrong` is False if mail flows all the same."""

    name: str
    value: str
    does: str
    is_wrong: bool


@dataclass(frozen=True)
class _Rule:
    """An option, the ports where it does harm with some values, and what it does."""

    names: tuple[str, ...]
    ports: frozenset[int]
    applies: Callable[[Settings, str], bool]
    does: str
    is_wrong: bool = True


def _is(*values: str) -> Callable[[Settings, str], bool]:
    return lambda settings, name: settings.value(name).lower() in values


def _demands_by_the_old_name(settings: Settings, name: str) -> bool:
    """True if TLS is demanded; smtpd_tls_security_level replaces the old name (postconf(5))."""
    return settings.is_on(name) and not settings.value("smtpd_tls_security_level")


def _has_everybody(settings: Settings, name: str) -> bool:
    return not _EVERYBODY.isdisjoint(settings.words(name))


def _refuses_strangers(settings: Settings, name: str) -> bool:
    """True if the list ends with `reject` and lets nobody pass by the recipient alone."""
    listed = settings.keywords(name)
    return listed[-1:] == ("reject",) and "permit_auth_destination" not in listed


def _differs(settings: Settings, name: str) -> bool:
    """True if an option has other items than main.cf."""
    return settings.words(name) != settings.of({}).words(name)


def _permits_all(settings: Settings, name: str) -> bool:
    """True if `permit` comes first in a list that decides who relays, and no other one refuses."""
    other = next(one for one in _WHO_RELAYS if one != name)
    refuses = {"reject", "defer", "reject_unauth_destination", "defer_unauth_destination"}
    is_first = settings.keywords(name)[:1] == ("permit",)
    return is_first and refuses.isdisjoint(settings.keywords(other))


_RULES = (
    _Rule(
        ("smtpd_sasl_auth_enable",),
        frozenset({_SMTP}),
        _is("yes"),
        "port 25 offers logins to everybody who guesses passwords; they belong to 587 and 465",
    ),
    _Rule(
        ("smtpd_tls_wrappermode",),
        frozenset({_SMTP, _SUBMISSION}),
        _is("yes"),
        "TLS begins with the first byte, and who connects here expects a greeting: nobody gets in",
    ),
    _Rule(
        ("smtpd_tls_security_level",),
        frozenset({_SMTP}),
        _is("encrypt"),
        "other mail servers without TLS cannot deliver (RFC 3207)",
    ),
    _Rule(
        ("smtpd_enforce_tls",),
        frozenset({_SMTP}),
        _demands_by_the_old_name,
        "other mail servers without TLS cannot deliver (RFC 3207)",
    ),
    _Rule(
        ("smtpd_tls_security_level",),
        frozenset({_SMTPS}),
        _is("none"),
        "it contradicts TLS from the first byte",
        is_wrong=False,
    ),
    _Rule(
        _RESTRICTIONS,
        frozenset({_SMTP}),
        _refuses_strangers,
        "it refuses the mail of other servers",
    ),
    _Rule(
        ("smtpd_recipient_restrictions",),
        frozenset({_SMTP}),
        lambda settings, name: _differs(settings, name) and not _refuses_strangers(settings, name),
        "main.cf's own list, with its blocklists, is not used there",
        is_wrong=False,
    ),
    _Rule(("mynetworks",), frozenset(), _has_everybody, "everybody may send to anyone through it"),
    _Rule(_WHO_RELAYS, frozenset(), _permits_all, "everybody may send to anyone through it"),
)
"""The rules; one without ports is for every port."""


def faults(service: Service, settings: Settings) -> Iterator[Fault]:
    """Yield each option of an smtpd entry that does harm on its port; none where only this host connects.

    `settings` are those of main.cf.
    """
    if service.loopback:
        return
    options = service.values
    own, port = settings.of(options), port_of_entry(service.key)
    for rule in _RULES:
        for name in rule.names:
            if name not in options or (rule.ports and port not in rule.ports):
                continue
            if rule.applies(own, name):
                yield Fault(name, options[name], rule.does, rule.is_wrong)
