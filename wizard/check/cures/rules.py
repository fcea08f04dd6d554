"""Which cure a finding has, as a table of rules: the first that gives one counts.

A check that knows the command itself makes the cure; these rules are for the others. A rule takes what
the finding names: parameters that were set by hand are set as planned, or taken out where nobody
planned them and Postfix's default is safe (`wizard.check.cures.words.is_free`).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Callable

from wizard.check.counting import about
from wizard.check.cures.entries import (
    of_chroot,
    of_columns,
    of_entry,
    of_harm,
    of_loopback,
    of_options,
    of_other_port,
    of_processes,
    of_service,
    of_transport,
    of_twice,
)
from wizard.check.cures.known import Known
from wizard.check.cures.lists import (
    of_before_login,
    of_networks,
    of_order,
    of_restriction,
    of_table,
)
from wizard.check.cures.words import (
    RELOAD,
    RESTART,
    apply,
    in_main_cf,
    is_as_planned,
    is_free,
    joined,
    option_out,
    said,
)
from wizard.check.postfix.restrictions import RECIPIENT
from wizard.check.silent.rewriting import INDEXED
from wizard.finding import NO_CURE, Cure, Finding, cure
from wizard.paths import ALIASES
from wizard.postfix.served import CHAINS, PAIR, TAKEN_OUT

Rule = Callable[[Finding, Known, "re.Match[str]"], Cure]

_WORD = re.compile(r"\b[a-z][a-z0-9]*(?:_[a-zA-Z0-9]+)+\b")
_REPLIES = (
    (re.compile(r"Client host rejected: Access denied"), "smtpd_client_restrictions"),
    (re.compile(r"Helo command rejected: Access denied"), "smtpd_helo_restrictions"),
    (re.compile(r"Sender address rejected: Access denied"), "smtpd_sender_restrictions"),
    (re.compile(r"Data command rejected"), "smtpd_data_restrictions"),
    (re.compile(r"End-of-data rejected"), "smtpd_end_of_data_restrictions"),
    (re.compile(r"Recipient address rejected: Access denied"), "smtpd_recipient_restrictions"),
)
"""The words of smtpd(8) before the reason, and the list that refuses so."""

_ASKS_OTHERS = ("path.", "relay.", "outbound.", "delivery.", "behind.", "queue.")
_REPLY = re.compile(r"\b[245][0-9][0-9][ -]")

_PASSED_ON = frozenset(
    {"smtpd_tls_security_level", "smtpd_sasl_auth_enable", "smtpd_tls_wrappermode"}
)
"""Options that a port must have: a run of the policy sets them."""


def named(finding: Finding) -> tuple[str, ...]:
    """Return the parameters that a finding names, in its order, and the list that its reply means.

    Another server decides the words of its reply: what they name is not for a cure to take out.
    """
    is_of_others = finding.id.startswith(_ASKS_OTHERS)
    seen = _REPLY.split(finding.seen)[0] if is_of_others else finding.seen
    text = f"{finding.looked_at} {seen} {finding.advice}"
    lists = [name for pattern, name in _REPLIES if pattern.search(seen)]
    return tuple(dict.fromkeys((*_WORD.findall(text), *lists)))


def of_parameters(finding: Finding, known: Known, _: re.Match[str]) -> Cure:
    """What the finding names goes back to the plan or to Postfix's default, in main.cf and by -o."""
    names = named(finding)
    port = re.search(r"\.(25|587|465)\b", finding.id)
    options = [
        argv
        for one in known.services
        if one.type == "inet" and (port is None or one.port_number == int(port[1]))
        for argv in option_out(one, [name for name in names if _is_spare(name)])
    ]
    main = in_main_cf(known, names, finding.advice)
    return joined(Cure((*options, RELOAD)) if options else NO_CURE, main)


def _is_spare(name: str) -> bool:
    return is_free(name) and name not in _PASSED_ON and not name.endswith("_restrictions")


def of_main_cf(finding: Finding, known: Known, found: re.Match[str]) -> Cure:
    """`main.cf.NAME`: the planned value, whole."""
    del finding
    return in_main_cf(known, [found[1]])


_NAMES = frozenset({"myhostname", "mydomain", "myorigin", "virtual_uid_maps"})
"""Parameters whose values only the answers or the operator know."""
_PLACE = re.compile(r"master\.cf: (\S+): ")


def of_hazard(finding: Finding, known: Known, found: re.Match[str]) -> Cure:
    """`parameters.NAME`: as planned, or Postfix's own value."""
    name = found[1]
    place = _PLACE.match(finding.looked_at)
    if place:
        commands = [
            argv
            for one in known.services
            if one.name == place[1]
            for argv in option_out(one, [name])
        ]
        return Cure((*commands, RELOAD)) if commands else NO_CURE
    if known.settings.own.get(name) == known.planned.get(name):
        # A plan leaves it as it is. If it is in the answers, another value is not what they say.
        if known.fresh.get(name) == known.settings.own.get(name) is not None:
            return NO_CURE
        others = {one: value for one, value in known.planned.items() if one != name}
        fresh = {one: value for one, value in known.fresh.items() if one == name}
        known = replace(known, planned={**others, **fresh})
    names = [*said(finding.advice), name, *(_ERRORS if name in _ERRORS else ())]
    has_default = name not in {"myhostname", "mydomain", "myorigin", "virtual_uid_maps"}
    cured = in_main_cf(known, names, finding.advice, any_name=has_default)
    return joined(cured, cure("postqueue -f")) if cured and name == "defer_transports" else cured


_ERRORS = ("smtpd_soft_error_limit", "smtpd_hard_error_limit", "smtpd_error_sleep_time")
"""Together they say what errors cost a client (smtpd(8)): each alone is harmless or not by the others."""


def of_alias_database(finding: Finding, known: Known, found: re.Match[str]) -> Cure:
    """`parameters.alias_database`: what alias_maps names is built. Postfix's own value may be of a type that it lacks."""
    tables = [one for one in known.settings.words("alias_maps") if INDEXED.match(one)]
    if not tables or known.planned.get("alias_database"):
        cured = of_hazard(finding, known, found)
        return joined(cured, cure("newaliases")) if cured else cured
    sets = ("postconf", "-e", f"alias_database={', '.join(tables)}")
    return Cure((sets, ("newaliases",), RELOAD))


def of_complaint(finding: Finding, known: Known, _: re.Match[str]) -> Cure:
    """`main.cf.complaints`: a name that is there twice once, one that nobody reads not at all."""
    twice = re.findall(r"overriding earlier entry: (\w+)=", finding.seen)
    unused = re.findall(r"main\.cf: unused parameter: (\w+)=", finding.seen)
    own = known.settings.own
    commands = [
        *(
            ("postconf", "-e", f"{name}={known.planned.get(name, own[name])}")
            for name in dict.fromkeys(twice)
            if name in own
        ),
        *(("postconf", "-X", name) for name in dict.fromkeys(unused)),
    ]
    return Cure((*commands, RELOAD)) if commands else NO_CURE


def of_port(finding: Finding, known: Known, found: re.Match[str]) -> Cure:
    """`port.PORT`: bound to one address, used by another program, with older files, or without an entry."""
    if finding.advice.startswith("master.cf binds it"):
        return of_loopback(known, int(found[1]))
    if "master on " in finding.seen or "reload postfix" in finding.advice:
        return joined(in_main_cf(known, ["inet_interfaces", "inet_protocols"]), Cure((RESTART,)))
    if finding.advice.startswith("End "):
        return NO_CURE
    entries = [one for one in known.services if one.port_number == int(found[1])]
    return NO_CURE if entries else apply(known, "policy")


_IN_ADVICE = re.compile(
    r"`((?:systemctl (?:unmask|enable|enable --now|start|restart|reload) [\w@][\w@.-]*)|newaliases"
    r"|postfix set-permissions|chmod (?:755|600|o\+x) /[\w./-]+|post(?:map|alias) \w+:/[\w./-]+|dnf install \w[\w.-]*"
    r"|certbot renew(?: --cert-name \w[\w.-]*)?|postfix-wizard apply --section [a-z]+)`"
)
"""Commands of advice that are whole: words without spaces or signs of a shell in them."""


_COMMAND = re.compile(
    r"`((?:systemctl|chmod|chown|newaliases|post\w+|dnf|certbot|rm|semanage)\b[^`]*)`"
)
_SHOWS = re.compile(
    r"systemctl (?:cat|status|list-)|postconf\b|postqueue|postfix check|postfix-wizard check|.*--dry-run"
)
"""Commands in advice, and those of them that only show something or try again."""


def of_advice(finding: Finding, known: Known, _: re.Match[str]) -> Cure:
    """The commands that the advice has, in its order; a run of the wizard needs saved answers.

    This is for advice that has nothing else to do than these commands: there are none if one is not whole.
    """
    every = [found[1] for found in _COMMAND.finditer(finding.advice) if not _SHOWS.match(found[1])]
    if not all(_IN_ADVICE.fullmatch(f"`{one}`") for one in every):
        return NO_CURE
    cures = [
        apply(known, one.rpartition(" ")[2])
        if one.startswith("postfix-wizard")
        else cure(one.replace("dnf install", "dnf -y install"))
        for one in _IN_ADVICE.findall(finding.advice)
    ]
    return joined(*cures)


def of_index(finding: Finding, known: Known, found: re.Match[str]) -> Cure:
    """An index is built anew; smtpd, which failed to open it, does not try again without a reload."""
    if RECIPIENT in known.planned and not is_as_planned(known, RECIPIENT):
        return NO_CURE  # the list may name another type of table than the planned one
    built = of_advice(finding, known, found)
    return joined(built, Cure((RELOAD,))) if built else NO_CURE


def section(name: str) -> Rule:
    """A run of this section writes it."""
    return lambda _finding, known, _found: apply(known, name)


def of_senders(finding: Finding, known: Known, _: re.Match[str]) -> Cure:
    """`senders.table`: a run adds the rows that are missing. It stops before rows of another hand."""
    only_missing = finding.seen.startswith("no row for") and "other logins" not in finding.seen
    return apply(known, "senders") if only_missing else NO_CURE


def of_writable(finding: Finding, known: Known, _: re.Match[str]) -> Cure:
    """`aliases.rows`: a list that anybody may write belongs to its owner alone."""
    del known
    found = re.search(r"anybody may write (/[^\s;]+)$", finding.seen)
    return Cure((("chmod", "go-w", found[1]),)) if found else NO_CURE


def of_alias(finding: Finding, known: Known, found: re.Match[str]) -> Cure:
    """`aliases.NAME` that is not there: root reads it, whose own mail has a finding (aliases(5))."""
    del known
    if not finding.seen.startswith("no such alias"):
        return NO_CURE
    added = ("sed", "-i", "--follow-symlinks", f"$a {found[1]}: root", ALIASES)
    return Cure((added, ("newaliases",)))


def of_expiry(finding: Finding, known: Known, found: re.Match[str]) -> Cure:
    """`certificate.expiry`: certbot renews what ends; a run leads to the answers' own, if another is served."""
    if "certbot renew`" in finding.advice:
        return NO_CURE if "not valid yet" in finding.seen else of_advice(finding, known, found)
    return apply(known, "certificate")


def of_last_days(finding: Finding, known: Known, _: re.Match[str]) -> Cure:
    """`certificate.renewal`: certbot renews, and in its own time, in place of too late or not at all."""
    del known
    found = re.match(
        r"(/etc/letsencrypt/renewal/[\w.-]+\.conf) has (renew_before_expiry|autorenew) =",
        finding.seen,
    )
    return Cure((("sed", "-i", f"/^{found[2]}/d", found[1]),)) if found else NO_CURE


def of_ignored(finding: Finding, known: Known, _: re.Match[str]) -> Cure:
    """`certificate.ignored`: what Postfix does not read goes out, which changes nothing that is served."""
    names = [one for one in (*PAIR, *TAKEN_OUT) if one in named(finding) and one != CHAINS]
    options = [argv for one in known.services for argv in option_out(one, names)]
    main = [("postconf", "-X", one) for one in names if one in known.settings.own]
    return Cure((*options, *main, RELOAD)) if options or main else NO_CURE


def of_hook(finding: Finding, known: Known, _: re.Match[str]) -> Cure:
    """`certificate.hook`: a run writes the wizard's own anew; certbot may have been configured to run none."""
    return NO_CURE if "directory-hooks" in finding.seen else apply(known, "policy")


def of_planned(finding: Finding, known: Known, _: re.Match[str]) -> Cure:
    """What decides who may send and relay, as planned: a network with host bits differs in its text alone."""
    names = sorted({*about(finding.id), "mynetworks"} & known.planned.keys())
    return in_main_cf(known, names)


def of_policy(finding: Finding, known: Known, _: re.Match[str]) -> Cure:
    """A run of the policy; of the certificate where its files are at fault.

    None where a blocklist, a table or a name server is at fault, which stays as it is.
    """
    if re.search(r"\b(?:certificate|key|smtpd_tls_\w+_file)\b", finding.seen):
        return apply(known, "certificate")
    if _OF_OTHERS.search(finding.seen):
        return NO_CURE
    return apply(known, "policy")


_OF_OTHERS = re.compile(
    r"blocked using|Temporary lookup failure|Domain not found|queue file write error"
)


def in_use(name: str) -> Rule:
    """A run of this section writes it, if the answers use it."""
    return lambda _f, known, _m: apply(known, name) if name in known.parts else NO_CURE


def always(*commands: str) -> Rule:
    """The same commands in each case."""
    return lambda _finding, _known, _found: cure(*commands)


_PORT = "(?:25|587|465)"
RULES: tuple[tuple[str, tuple[Rule, ...]], ...] = (
    (r"main\.cf\.complaints", (of_complaint,)),
    (r"main\.cf\.policy", (section("policy"),)),
    (r"main\.cf\.(\w+)", (of_main_cf, section("policy"))),
    (r"parameters\.(alias_database)", (of_alias_database,)),
    (r"parameters\.(\w+)", (of_hazard,)),
    (r"(?:transport|behind)\.(\w+)", (of_transport,)),
    (rf"master\.cf\.({_PORT})", (of_entry, of_harm, of_options, section("policy"))),
    (r"master\.cf\.chroot", (of_chroot,)),
    (r"master\.cf\.processes", (of_processes,)),
    (r"master\.cf\.others", (of_other_port,)),
    (r"master\.cf\.twice", (of_twice,)),
    (r"master\.cf\.(\w+)", (of_service,)),
    (r"restrictions\.before-login", (of_before_login, of_parameters)),
    (r"restrictions\.order", (of_order, of_restriction)),
    (r"restrictions\..*", (of_restriction, of_parameters)),
    (r"networks\.trusted", (of_networks,)),
    (r"tables", (of_table,)),
    (r"domains\.classes", (of_parameters,)),
    (r"unit\.loaded", (always("systemctl reload-or-restart postfix"),)),
    (r"port\.(\d+)", (of_port,)),
    (
        r"smtp\.25\.(?:stranger|users|domains|others|relay)",
        (of_parameters, of_advice, of_planned, of_columns, of_policy),
    ),
    (rf"smtp\.{_PORT}\..*", (of_parameters, of_advice, of_columns, of_policy)),
    (r"delivery\.lmtp", (of_parameters, of_advice)),
    (r"path\..*", (of_parameters,)),
    (r"tls\.(?:ciphers|versions)", (of_parameters,)),
    (r"tls\.\d+", (section("tls"),)),
    (r"certificate\.ignored", (section("certificate"), of_ignored)),
    (
        rf"certificate\.(?:{_PORT}|chain|name)",
        (of_parameters, of_advice, section("certificate")),
    ),
    (r"hardening(?:\.headers)?", (section("hardening"),)),
    (r"senders\.ports", (section("senders"),)),
    (r"senders\.table", (of_senders,)),
    (r"aliases\.(postmaster|abuse)", (of_alias, section("aliases"))),
    (r"aliases\.(?:root|delivery|system)", (section("aliases"),)),
    (r"table\.sender_access(?:\..*)?", (of_index, section("blocklists"))),
    (r"dovecot\..*|socket\..*", (of_advice, section("dovecot"))),
    (r"networks\.proxy", (section("networks"),)),
    (r"relay\.mechanism", (of_parameters, in_use("relay"))),
    (r"relay\.tls", (of_parameters, in_use("relay"))),
    (r"dns\.(?:a|aaaa|cname|mx|mx\.local|spf|spf\.local|dmarc|dmarc\.local)", (in_use("dns"),)),
    (r"stranger\..*", (of_parameters, section("policy"))),
    (r"certificate\.hook", (of_advice, of_hook)),
    (r"certificate\.expiry", (of_expiry,)),
    (r"certificate\.renewal", (of_advice, of_last_days)),
    (r"aliases\.rows", (of_writable,)),
    (r"aliases\.recipients", (of_parameters,)),
)
"""Patterns of finding IDs, and the rules that are tried in this order."""


def cure_of(finding: Finding, known: Known) -> Cure:
    """Return the cure of a finding that has none of its own; empty if no rule gives one."""
    for pattern, rules in RULES:
        found = re.fullmatch(pattern, finding.id)
        if found:
            cures = (rule(finding, known, found) for rule in rules)
            return next(filter(None, cures), NO_CURE)
    return NO_CURE
