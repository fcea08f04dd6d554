"""Plan the profile: Dovecot's file, the caution of port 25, and what stays or is decided elsewhere.

main.cf and master.cf follow from the answers alone (`wizard.postfix.tls`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Optional

from wizard.answers.model import Caution
from wizard.answers.sections.tls import MODERN, POLICY, STRICT, TLS_CONF
from wizard.host.facts import Host
from wizard.host.units import RUNNING_STATES
from wizard.paths import MASTER_CF
from wizard.plan.actions import CheckDovecot, TurnBeside
from wizard.plan.model import Step
from wizard.plan.part import Part, Request
from wizard.plan.planned_file import PlannedFile
from wizard.postfix import tls
from wizard.postfix.dovecot import series
from wizard.postfix.master_cf import MasterCf
from wizard.postfix.tls_values import of_dovecot
from wizard.sections.reading import main_cf
from wizard.sections.tls.dovecot import others, propose
from wizard.text import printable

UNIT = "dovecot"
_POLICIES = {
    "DEFAULT": "excludes TLS 1.0 and 1.1 from OpenSSL's defaults",
    "FUTURE": "excludes TLS 1.0 and 1.1, and RSA keys below 3072 bits, from OpenSSL's defaults",
    "FIPS": "excludes TLS 1.0 and 1.1, and all that FIPS 140 does not allow, from OpenSSL's defaults",
    "LEGACY": "leaves TLS 1.0 and 1.1 in OpenSSL's defaults",
}
"""EL's crypto policies (crypto-policies(7)), and what each does."""


def plan(request: Request) -> Part:
    """Return what the section adds to a plan."""
    named = request.scope.named
    if tls.SECTION not in request.scope or not tls.is_requested(request.answers, named=named):
        return Part()
    file = _dovecot_file(request)
    remarks = _remarks(request) if request.answers.tls.profile != POLICY else _switched_off(file)
    return Part(
        files=(file,) if file else (),
        after_firewall=tuple(_steps(file, request.host)) if file else (),
        cautions=tuple(_cautions(request)),
        warnings=tuple(remarks),
    )


def _switched_off(file: Optional[PlannedFile]) -> Iterator[str]:
    if file is not None and file.pending:
        yield f"{TLS_CONF} stays, and sets nothing any more: `rm {TLS_CONF}`"


def _cautions(request: Request) -> Iterator[Caution]:
    """Yield a caution before port 25 refuses what old servers have."""
    now, before = request.answers.tls, request.current
    is_new = before is None or before.tls.port25 != STRICT
    if now.port25 == STRICT and now.profile != POLICY and is_new:
        yield Caution(
            "tls-port25",
            "With port25 = strict, servers that have no TLS 1.2 and none of these ciphers cannot "
            "encrypt. Some then send their mail in cleartext, which is worse than old TLS; others "
            "give up, and their mail returns to the sender after days.",
            ("strict",),
        )


def _dovecot_file(request: Request) -> Optional[PlannedFile]:
    """Return Dovecot's file with its next text, None if it is not planned."""
    answers, dovecot = request.answers, request.host.dovecot
    facts = request.host.files[TLS_CONF]
    # What an earlier run wrote is switched off, whoever writes Dovecot's other lines now.
    is_written = answers.dovecot.conf == "write" or (
        answers.tls.profile == POLICY and facts.live is not None
    )
    if not is_written or _why_not_dovecot(request.host) or TLS_CONF in request.protected:
        return None
    proposal = propose(facts.live, answers.tls.profile, dovecot.version, dovecot.settings)
    return PlannedFile(facts, proposal) if proposal else None


def _why_not_dovecot(host: Host) -> str:
    """Return why Dovecot gets no profile, "" if it can have one."""
    dovecot = host.dovecot
    faults = (
        (not dovecot.usable, "it is not installed, or masked"),
        (not series(dovecot.version), f"the syntax of Dovecot {dovecot.version} is not known"),
        (not dovecot.settings, "it cannot read its own configuration (`doveconf -n`)"),
        (not dovecot.reads_conf_d, "its dovecot.conf does not include conf.d/*.conf"),
    )
    return next((why for wrong, why in faults if wrong), "")


def _steps(file: PlannedFile, host: Host) -> Iterator[Step]:
    dovecot = host.dovecot
    yield Step(
        "tls-dovecot-staged",
        "Let Dovecot read the file of the profile",
        "Staged aside first: `doveconf` must understand it.",
        CheckDovecot(file.next, dovecot.version, (), "", "", "", ""),
        (("doveconf", "-c", "STAGED", "-n"),),
        done=not file.pending,
    )
    yield file.write(
        f"Write {file.name}", "What the review showed, in a file of its own.", "tls-dovecot-conf"
    )
    if dovecot.unit.active in RUNNING_STATES:
        yield Step(
            "tls-dovecot-service",
            "Reload Dovecot",
            "New connections get the TLS of the profile; those in progress stay.",
            TurnBeside("reload", UNIT, dovecot.unit.active),
            (("systemctl", "reload", UNIT),),
            done=not file.pending,
        )


def _remarks(request: Request) -> Iterator[str]:
    """Yield what stays as the operator set it, and what others decide."""
    answers, host = request.answers, request.host
    for name, value in tls.others_in_main_cf(main_cf(host), answers):
        yield f"tls: {name} = {printable(value)} in main.cf is your own and stays."
    master = MasterCf.parse(host.text(MASTER_CF))
    for entry, name, value in tls.others_in_entries(master, answers):
        yield f"tls: -o {name}={printable(value)} of {entry} is your own and stays."
    yield from (f"tls: {why} It gets no profile." for why in tls.uneditable(master))
    yield from _of_dovecot(request)
    if host.crypto_policy:
        does = _POLICIES.get(host.crypto_policy.partition(":")[0].upper(), "decides as it says")
        yield (
            f"tls: this system's crypto policy is {host.crypto_policy}, which {does}. It stays as it "
            "is; `update-crypto-policies --show` names it."
        )
    if answers.tls.profile == MODERN:
        yield "tls: mail programs without TLS 1.3 cannot send any more; `intermediate` serves them."


def _of_dovecot(request: Request) -> Iterator[str]:
    answers, host = request.answers, request.host
    if answers.dovecot.conf != "write":
        yield (
            "tls: port 993 stays as Dovecot is configured; with [dovecot] conf = write it has the "
            "profile, too."
        )
        return
    why = _why_not_dovecot(host)
    if why:
        yield f"tls: Dovecot gets no profile: {why}."
        return
    live, dovecot = host.files[TLS_CONF].live, host.dovecot
    if of_dovecot(answers.tls.profile, dovecot.version) != answers.tls.profile:
        yield (
            f"tls: Dovecot {dovecot.version} cannot be limited to TLS 1.3 (2.3.15 and newer can), so "
            "port 993 gets the profile intermediate."
        )
    for name, value in others(live, answers.tls.profile, dovecot.version, dovecot.settings):
        yield f"tls: {name} = {printable(value)} of Dovecot is your own and stays."
