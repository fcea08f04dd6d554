"""The part of a plan that signs mail: the package, keys, the signer's files, its unit.

Postfix gets the milter only once a domain signs. See ARCHITECTURE.md, "A signer next to Postfix".
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Optional

from wizard.answers.model import Caution, Problem
from wizard.dns.key_record import UNKNOWN, WITHDRAWN
from wizard.host.facts import Host
from wizard.host.units import RUNNING_STATES
from wizard.plan.actions import (
    AskRecords,
    EnableUnit,
    Install,
    MakeKey,
    ProveSignatures,
    SetMember,
    TurnSigner,
)
from wizard.plan.files import sha256
from wizard.plan.model import Step
from wizard.plan.part import Part, Request
from wizard.plan.planned_file import PlannedFile
from wizard.sections.dkim.obstacles import obstacles
from wizard.sections.dkim.others import other_signer
from wizard.sections.dkim.postfix import has_signer, networks_table, signs
from wizard.sections.dkim.setup import (
    ON,
    SECTION,
    SIGNER,
    in_state,
    newly_signing,
    next_setup,
    texts_of,
    wanted_keys,
    withdrawn_now,
)
from wizard.text import printable, shortened

POSTFIX_USER = "postfix"
BITS = 2048
"""RFC 8301, 3.2 asks for at least this. A longer key does not fit into records everywhere."""
_SHOWN = 3


def plan(request: Request) -> Part:
    """Return what the section adds to a plan."""
    answers, host = request.answers, request.host
    if SECTION not in request.scope:
        return Part()
    if answers.dkim.use != ON:
        return _switched_off(request)
    other = other_signer(host, SIGNER)
    if other:
        return Part(warnings=(f"dkim: {other}",))
    problems = tuple(obstacles(request))
    if problems:
        return Part(obstacles=problems)
    setup = next_setup(request)
    try:
        proposals = SIGNER.propose(texts_of(host), setup, request.protected)
    except ValueError as fault:
        return Part(obstacles=(Problem(SECTION, "domains", f"{fault}"),))
    files = tuple(PlannedFile(host.files[path], proposals[path]) for path in SIGNER.files)
    table = networks_table(request) if signs(request) else None
    return Part(
        files=(*files, *((table,) if table else ())),
        first=tuple(_asks(request)),
        packages=tuple(_install(host)),
        tables=tuple(_steps(request, files, table)),
        after_service=tuple(_proof(request, (*files, *((table,) if table else ())))),
        cautions=tuple(_cautions(request)),
        warnings=(*SIGNER.warnings(proposals), *_waits(request)),
    )


def _switched_off(request: Request) -> Part:
    """Return the part that says what stays."""
    if not request.scope.named or SIGNER.set_up(texts_of(request.host)) is None:
        return Part()
    return Part(
        warnings=(
            (
                f"dkim: {SIGNER.unit}, its files and its keys stay. Without records in DNS they do no harm: "
                f"`systemctl disable --now {SIGNER.unit}`"
            ),
        )
    )


def _install(host: Host) -> Iterator[Step]:
    argv = ("dnf", "install", SIGNER.package)
    lays = tuple(
        (path, sha256(file.live))
        for path, file in ((path, host.files[path]) for path in SIGNER.files)
        if file.from_package and file.live is not None
    )
    yield Step(
        f"install-{SIGNER.package}",
        f"Install {SIGNER.package}",
        f"It signs mail; EPEL has it{f' ({host.signing.package})' if host.signing.package else ''}.",
        Install(SIGNER.package, argv, lays),
        (argv,),
        done=SIGNER.program in host.programs,
    )


def _asks(request: Request) -> Iterator[Step]:
    """Yield the step that asks the servers once more, before anything changes."""
    new = newly_signing(request)
    if new:
        pairs = tuple((one.name, SIGNER.key_path(one)) for one in new)
        yield Step(
            "dkim-records",
            "Ask the zone's servers for the published keys",
            "A signature without its record is worse than none, so all servers must have it.",
            AskRecords(pairs, accepts_silence=bool(in_state(request, UNKNOWN))),
            tuple(("dig", "+norecurse", one.name, "TXT") for one in new),
        )


def _cautions(request: Request) -> Iterator[Caution]:
    unknown = [one for one in newly_signing(request) if one in in_state(request, UNKNOWN)]
    if unknown:
        records = request.host.signing.records
        why = printable(records[unknown[0].name].why)
        yield Caution(
            "dkim-unpublished",
            f"not all servers of the zone could be asked for {unknown[0].name} ({why}): if the record is missing "
            "or wrong there, mail that is signed from now on fails DKIM at who asks them",
            tuple(one.domain for one in unknown),
        )


def _steps(
    request: Request, files: tuple[PlannedFile, ...], table: Optional[PlannedFile]
) -> Iterator[Step]:
    """Yield the steps that make keys, write the files, and start the signer."""
    host, unit = request.host, request.host.unit_of(f"{SIGNER.unit}.service")
    for key in wanted_keys(request.answers, host):
        path = SIGNER.key_path(key)
        yield Step(
            f"dkim-key-{key.domain}",
            f"Make the key of {key.domain}",
            f"RSA with {BITS} bits, readable by {SIGNER.user} alone. The review and the journal never have it.",
            MakeKey(path, BITS, SIGNER.user),
            (("openssl", "genrsa", "-out", path, str(BITS)),),
            done=path in host.signing.keys,
        )
    for file in files:
        yield file.write(f"Write {file.name}", "What the review showed; your own lines stay.")
    yield Step(
        "dkim-enable",
        f"Start {SIGNER.unit} at boot",
        "Without it signed mail would wait after the next restart of the machine.",
        EnableUnit(SIGNER.unit, unit.enabled),
        (("systemctl", "enable", SIGNER.unit),),
        done=unit.enabled == "enabled",
    )
    runs = unit.active in RUNNING_STATES
    verb = "restart" if runs else "start"
    yield Step(
        "dkim-service",
        f"{verb.capitalize()} {SIGNER.unit}",
        "It must answer on its socket. If it does not, the run puts everything back.",
        TurnSigner(verb, SIGNER.unit, unit.active, (SIGNER.socket,)),
        (("systemctl", verb, SIGNER.unit),),
        done=runs and not any(file.pending for file in files),
    )
    if table is not None:
        yield Step(
            "dkim-member",
            f"Let Postfix use the socket of {SIGNER.unit}",
            f"{SIGNER.user}'s group alone may open it.",
            SetMember(POSTFIX_USER, SIGNER.user),
            (("usermod", "-a", "-G", SIGNER.user, POSTFIX_USER),),
            done=host.signing.is_member,
        )
        yield table.write(f"Write {table.name}", "The networks whose mail is signed on port 25.")


def _proof(request: Request, files: Collection[PlannedFile]) -> Iterator[Step]:
    """Yield the step that verifies signatures, once Postfix has the signer."""
    signing = newly_signing(request) or next_setup(request).signing
    if signing:
        yield Step(
            "dkim-signature",
            "Have a message signed, and verify it",
            "Read in the queue, as it leaves. Postfix discards it. If it is not right, the run puts all back.",
            ProveSignatures(tuple((one.name, SIGNER.key_path(one)) for one in signing)),
            (("sendmail", "-i", "-f", "<>", "double-bounce"), ("postcat", "-bh", "QUEUE-FILE")),
            done=has_signer(request.host) and not any(file.pending for file in files),
        )


def _waits(request: Request) -> Iterator[str]:
    """Yield what the operator does next."""
    for key in withdrawn_now(request.answers, request.host):
        yield (
            f"dkim: {key.name} signs no more since a week or longer: publish {key.name}. IN TXT "
            f'"{WITHDRAWN}" in place of its record. A zone file of [dns] gets it with publish = ["dkim"]'
        )
    setup = next_setup(request)
    now = {one.name for one in setup.signing}
    waiting = [one for one in wanted_keys(request.answers, request.host) if one.name not in now]
    if waiting:
        records = request.host.signing.records
        why = printable(records[waiting[0].name].why) if waiting[0].name in records else ""
        names = shortened([one.name for one in waiting], _SHOWN)
        dns = request.answers.dns
        is_ours = "dns" in request.scope and dns.zone_file and SECTION in dns.publish
        publish = (
            f"This run writes the records of its zone into {dns.zone_file}; publish the others"
            if is_ours
            else "Publish the records that `postfix-wizard check` prints"
        )
        yield (
            f"dkim: nothing is signed with {names} yet{f' ({why})' if why else ''}. {publish}; then "
            "`postfix-wizard apply --section dkim`"
        )
