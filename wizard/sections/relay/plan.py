"""The relay host's part of a plan: sasl_passwd and its table, which only root can read."""

from __future__ import annotations

import stat
from collections.abc import Iterator

from wizard.answers.model import Problem, host_problem
from wizard.answers.unsaid import is_unsaid
from wizard.host.facts import FileFacts, Host
from wizard.paths import MAIN_CF, MANAGED, SASL_PASSWD
from wizard.plan.actions import BuildTable, Install
from wizard.plan.model import Step
from wizard.plan.part import Part, Request
from wizard.plan.planned_file import PlannedFile
from wizard.plan.sealed_file import SealedFile
from wizard.postfix.proposal import Proposal
from wizard.postfix.relay_logins import removed_bars
from wizard.postfix.relayhost import RELAY, foreign_passwords, is_ours, nexthop, own_level
from wizard.postfix.sasl_passwd import names_user, propose_sasl_passwd
from wizard.postfix.sender_access import rows
from wizard.secrets import PASSWORD, opened, seal_passwords
from wizard.sections.reading import main_cf
from wizard.sections.relay import others

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_PLAIN = "cyrus-sasl-plain"
"""The package with the mechanisms PLAIN and LOGIN; Postfix's package does not require it."""


def plan(request: Request) -> Part:
    """Return what the section adds to a plan."""
    host = request.host
    file = _passwords(request)
    is_there = bool(file.proposal.text) or file.facts.live is not None
    return Part(
        files=(file,) if is_there else (),
        packages=tuple(_package(request)),
        tables=tuple(_steps(file, host, request.tolerated)) if is_there else (),
        obstacles=tuple(_obstacles(request)),
        warnings=tuple(_warnings(request)),
    )


def _passwords(request: Request) -> PlannedFile:
    """Return the next sasl_passwd with sealed secrets, or the live text if nothing changes."""
    host, relay, before = request.host, request.answers.relay, request.rerun_from
    password = host.relay_password
    live = host.files[SASL_PASSWD].live
    sealed = seal_passwords(live or b"", password.text)
    there = None if live is None else sealed.text
    same = before is not None and before.relay == relay and not password.text
    proposal = (
        Proposal(there or b"")
        if RELAY not in request.scope or same
        else propose_sasl_passwd(
            there,
            relay,
            _former(request),
            has_password=bool(password.text),
            protected=request.protected_in(SASL_PASSWD),
        )
    )
    return PlannedFile(
        host.files[SASL_PASSWD], proposal, SealedFile(there, sealed, PASSWORD, password.path)
    )


def _former(request: Request) -> str:
    """Return the relayhost whose row is removed. Without a planned host a foreign row stays."""
    main = main_cf(request.host)
    if not request.answers.relay.host and request.rerun_from is None and not is_ours(main):
        return ""
    return main.value("relayhost") or ""


def _package(request: Request) -> Iterator[Step]:
    """Yield the step that installs the SASL mechanisms, if the relay host needs a password."""
    relay = request.answers.relay
    if RELAY in request.scope and relay.host and relay.user:
        argv = ("dnf", "install", _PLAIN)
        yield Step(
            "install-sasl-plain",
            f"Install {_PLAIN}",
            "Postfix logs in at the relay host with it; without, mail waits in the queue.",
            Install(_PLAIN, argv, ()),
            (argv,),
            done=request.host.has_plain,
        )


def _steps(file: PlannedFile, host: Host, tolerated: tuple[str, ...]) -> Iterator[Step]:
    """Yield the steps that write sasl_passwd and build its table."""
    table_type = host.postfix.default_database_type
    expected = rows(file.proposal.text)
    path = file.facts.path
    yield file.write(
        "Write sasl_passwd", "Who this server is at its relay host; only root can read it."
    )
    yield Step(
        "sasl_passwd-table",
        "Build the table of passwords",
        "Postfix reads the indexed table, not the text; only root can read it.",
        BuildTable(table_type, path, expected, tolerated, keys=file.next.keys, mode=MANAGED[path]),
        (("postmap", f"{table_type}:{path}"),),
        done=not file.pending and _answers(file, host, expected),
    )


def _answers(file: PlannedFile, host: Host, expected: tuple[tuple[str, str], ...]) -> bool:
    """True if the table has exactly these rows. Without rows it may be missing."""
    dump = host.relay_table.dump
    if dump is None:
        return not expected
    secrets = file.sealed.sealed.keys if file.sealed else {}
    text = "".join(f"{key}\t{value}\n" for key, value in expected)
    wanted = opened(text.encode("utf-8", "surrogateescape"), secrets)
    return sorted(wanted.splitlines()) == sorted(dump.splitlines())


def _obstacles(request: Request) -> Iterator[Problem]:
    """Yield what keeps the password from being written, or readable only by root."""
    host, relay = request.host, request.answers.relay
    if RELAY not in request.scope or not relay.host:
        return
    main = main_cf(host)
    if relay.tls == "secure" and not (
        main.value("smtp_tls_CAfile") or main.value("smtp_tls_CApath")
    ):
        yield Problem(
            RELAY,
            "tls",
            "secure needs the authorities that Postfix is to believe, and main.cf names none: "
            "set smtp_tls_CAfile = /etc/pki/tls/certs/ca-bundle.crt there first",
        )
    if not relay.user:
        return
    live = host.files[SASL_PASSWD].live
    if not host.relay_password.text and not names_user(live, nexthop(relay), relay.user):
        wrong = host.relay_password.problem or f"{relay.password_file} was not read"
        yield Problem(RELAY, "password_file", wrong)
    yield from _unsafe(host.files[SASL_PASSWD], host)


def _unsafe(file: FileFacts, host: Host) -> Iterator[Problem]:
    if file.is_link or file.links > 1:
        yield host_problem(f"{file.path} is a link; put a plain file there first")
    elif file.live is not None and file.mode & _OTHERS:
        yield host_problem(
            f"{file.path} may be used by others than root (mode {file.mode:04o}), and is to have a"
            f" password in it: `chmod 600 {file.path}`",
        )
    elif host.relay_table.mode & _OTHERS:
        yield host_problem(
            f"The table of {file.path} may be used by others than root (mode"
            f" {host.relay_table.mode:04o}): `chmod 600 {file.path}.*`",
        )


def _warnings(request: Request) -> Iterator[str]:
    """Warn of parameters that are removed, and of a password without TLS."""
    relay = request.answers.relay
    if RELAY not in request.scope:
        return
    if not relay.host:
        # Answers without this section say nothing of a relay host.
        if request.scope.named and not is_unsaid(relay.host):
            yield from others.without_relay(request.host)
        return
    main = main_cf(request.host)
    maps = main.value("smtp_tls_policy_maps")
    if maps and not own_level(main) and not is_unsaid(relay.tls):
        yield (
            f"smtp_tls_policy_maps = {maps} is taken out: the level of the relay host takes its place, and"
            " mail that other settings send elsewhere has that of smtp_tls_security_level."
        )
    passwords = foreign_passwords(main)
    if passwords and not is_unsaid(relay.user):
        yield (
            f"smtp_sasl_password_maps = {passwords} is taken out: who this server is at its relay"
            " host stands in a table of the wizard's, or nowhere."
        )
    if relay.user and relay.tls == "may":
        yield (
            f"With tls = may the password travels in the clear where {relay.host} offers no TLS,"
            " or somebody between takes the offer away: encrypt is safer."
        )
    today = None if request.rerun_from is None else request.rerun_from.relay
    bars = removed_bars(main_cf(request.host), relay, today, request.protected_in(MAIN_CF))
    yield from others.warnings(relay, request.host, {one.name for one in bars})
