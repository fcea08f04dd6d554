"""Cures of lists: restrictions of smtpd(8) and mynetworks (postconf(5)).

The planned list is where a cure begins, since a plan keeps items of the operator's; so it may have the
faulty one too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from wizard.check.cures.known import Known
from wizard.check.cures.words import RELOAD, in_main_cf
from wizard.check.postfix.restrictions import RECIPIENT, RELAY, items
from wizard.finding import NO_CURE, Cure, Finding
from wizard.host.main_cf import words
from wizard.postfix.service_entry import Service

_GUARD = "permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination"
_MISSPELT = re.compile(r"(?:^|\s)(\w+_restrictions) has ([^\s,]+)")
_BEHIND = re.compile(r"(?:^|\s)(\w+_restrictions): nothing behind `(\w+)`")
_LAST = re.compile(r"^(\w+_restrictions) ends with (\w+):")
_PERMITS = re.compile(r"(\w+_restrictions): (\S+)(?: (\S+))? permits strangers")
_BEFORE = re.compile(r"^(\S+): (\w+_restrictions) ")
_NETWORK = re.compile(r"^(\S+)(?: \(of (\S+)\))?(?:: [\d,]+ address| has )")

Items = list[tuple[str, str]]


def _begin(known: Known, name: str) -> Items:
    """Return the restrictions with which a cure begins, none if the list cannot be edited as words."""
    text = known.planned.get(name, known.settings.own.get(name, ""))
    if "{" in text or "$" in text:
        return []
    return list(items(words(text)))


def _set(name: str, listed: Sequence[tuple[str, str]]) -> Cure:
    text = ", ".join(f"{one} {argument}".strip() for one, argument in listed)
    return Cure((("postconf", "-e", f"{name}={text}"), RELOAD))


def _without(known: Known, name: str, restriction: str, argument: str = "") -> Cure:
    """Return the list without this restriction; its first occurrence of several.

    A planned list may be without it already: Postfix does not know it.
    """
    listed = _begin(known, name)
    for at, (one, its) in enumerate(listed):
        if one == restriction.lower() and (not argument or its == argument):
            start = at - 1 if at and listed[at - 1][0] == "warn_if_reject" else at
            rest = [*listed[:start], *listed[at + 1 :]]
            return _set(name, rest) if rest else NO_CURE
    return in_main_cf(known, [name]) if listed and name in known.planned else NO_CURE


def of_restriction(finding: Finding, known: Known, _: re.Match[str]) -> Cure:
    """A restriction that a list should not have goes out of it."""
    if re.match(r"\S+: \w+_restrictions", finding.seen) and "permits" not in finding.seen:
        return NO_CURE  # an -o of master.cf
    for pattern in (_MISSPELT, _BEHIND, _LAST):
        found = pattern.search(finding.seen)
        if found:
            return _without(known, found[1], found[2])
    return NO_CURE


def of_order(finding: Finding, known: Known, _: re.Match[str]) -> Cure:
    """Nobody but networks and logins relays: what permits strangers goes out, and the rule is set."""
    if "permit" not in finding.seen:
        return NO_CURE
    commands = [
        argv
        for name, restriction, argument in _PERMITS.findall(finding.seen)
        for argv in _without(known, name, restriction, argument).commands[:1]
    ]
    planned = known.planned.get(RECIPIENT, "")
    has_rule = "reject_unauth_destination" in planned and any(
        RECIPIENT in one[2] for one in commands
    )
    if RELAY in known.planned:
        commands.append(("postconf", "-e", f"{RELAY}={known.planned[RELAY]}"))
    elif not has_rule or RELAY in known.settings.own:
        commands = [one for one in commands if not one[2].startswith(f"{RELAY}=")]
        commands.append(("postconf", "-e", f"{RELAY}={_GUARD}"))
    return Cure((*commands, RELOAD))


def of_before_login(finding: Finding, known: Known, _: re.Match[str]) -> Cure:
    """`restrictions.before-login`: no port for people has such a list before the login counts."""
    found = _BEFORE.match(finding.seen)
    if found is None:
        return NO_CURE
    if found[2] in {RECIPIENT, RELAY}:
        return _login_first(known, found[2]) if _INHERITED in finding.seen else NO_CURE
    if "has reject_plaintext_session" in finding.seen and _INHERITED in finding.seen:
        # Servers without TLS come to port 25, and none of them may be refused for that (RFC 3207).
        return _without(known, found[2], "reject_plaintext_session") or in_main_cf(
            known, [found[2]]
        )
    options = [
        ("postconf", "-P", f"{one.key}/{found[2]}=")
        for one in known.services
        if one.type == "inet" and (one.name == found[1] or _inherits(one, found[2]))
    ]
    return Cure((*options, RELOAD)) if options else NO_CURE


_INHERITED = "of main.cf, which it inherits,"


def _login_first(known: Known, name: str) -> Cure:
    """Return the list of main.cf as planned, else with the login before what refuses first."""
    planned = in_main_cf(known, [name]) if name in known.planned else NO_CURE
    listed = _begin(known, name)
    at = next((at for at, (one, _) in enumerate(listed) if one.startswith(("reject", "defer"))), 0)
    if planned or not at:
        return planned
    return _set(name, [*listed[:at], ("permit_sasl_authenticated", ""), *listed[at:]])


def _inherits(service: Service, name: str) -> bool:
    """True for a port on which people log in, and which has the list from main.cf too."""
    return service.port_number in {587, 465} and name not in service.values


_NO_TYPE = re.compile(r"^(\w+) has (\w+):(/[^\s:]+): this Postfix has no such type")
_TYPE = "default_database_type"
_OF_TABLES = ("_maps", "_database", "_domains", "_restrictions", "mydestination", "_checks")
_ABSENT = re.compile(r"^(\w+:/\S+): .*No such file")
_LISTS = re.compile(r"\b\w+_restrictions\b")


def of_table(finding: Finding, known: Known, _: re.Match[str]) -> Cure:
    """`tables`: a list does not ask a table that is not there; one of no type gets Postfix's own."""
    misspelt = _NO_TYPE.match(finding.seen)
    if misspelt:
        return _of_own_type(known, *misspelt.groups())
    found = _ABSENT.match(finding.seen)
    if found is None:
        return NO_CURE
    for name in _LISTS.findall(finding.advice):
        for restriction, argument in _begin(known, name):
            if argument == found[1]:
                return _without(known, name, restriction, argument)
    return NO_CURE


def _of_own_type(known: Known, name: str, kind: str, path: str) -> Cure:
    """Return what builds and names a table of the default type, none where main.cf does not have it."""
    text, default = known.settings.own.get(name, ""), known.settings.value(_TYPE)
    if f"{kind}:{path}" not in text or not default or not name.endswith(_OF_TABLES):
        return NO_CURE
    said = text.replace(f"{kind}:{path}", f"${_TYPE}:{path}")
    return Cure((("postmap", f"{default}:{path}"), ("postconf", "-e", f"{name}={said}"), RELOAD))


def of_networks(finding: Finding, known: Known, _: re.Match[str]) -> Cure:
    """`networks.trusted`: mynetworks without the item, file or table that has strangers."""
    found = _NETWORK.match(finding.seen)
    if found is None or finding.verdict != "wrong":
        return NO_CURE
    guilty = found[2] or found[1]
    text = known.planned.get("mynetworks", known.settings.own.get("mynetworks", ""))
    rest = [one for one in words(text) if one != guilty]
    if not rest or rest == list(words(known.settings.own.get("mynetworks", ""))):
        return NO_CURE
    return Cure((("postconf", "-e", f"mynetworks={', '.join(rest)}"), RELOAD))
