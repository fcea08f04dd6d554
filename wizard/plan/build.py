"""The plan: what answers and host come to, as an ordered list of steps.

A pure function. The order is the policy's: package, originals, certificates, the staged check,
the sender table, the two files, `postfix check`, the service, the DNS zone, the firewall, the
proof. A new zone is checked first of all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Collection, Iterator, Optional

from wizard.answers.model import POLICY, SECTIONS, Answers
from wizard.answers.toml import format_answers
from wizard.certificates.paths import RENEWAL_HOOK
from wizard.host.facts import Host
from wizard.plan import aliases as reader
from wizard.plan import (
    certificates,
    dovecot,
    firewall,
    keys,
    leftovers,
    move,
    obstacles,
    relay,
    zone,
)
from wizard.plan import hook as renewal_hook
from wizard.plan.by_hand import Bases
from wizard.plan.choices import Choices
from wizard.plan.files import Files, PlannedFile, change, propose, sha256
from wizard.plan.keeping import keeping, kept_names
from wizard.plan.model import (
    BuildTable,
    Command,
    EnableUnit,
    Install,
    KeepOriginal,
    Lay,
    OpenFirewall,
    Plan,
    PostfixCheck,
    Prove,
    ReplaceFile,
    SelfSign,
    Service,
    StagedCheck,
    Step,
)
from wizard.plan.read_back import read_back
from wizard.postfix import hardening
from wizard.postfix.complaints import foreseen
from wizard.postfix.main_cf import MainCf
from wizard.postfix.policy import (
    needs,
    rows,
)
from wizard.secrets import masked, without_number

UNIT = "postfix"
_NO_BASES, _NO_CHOICES = Bases(), Choices()


def build_plan(
    answers: Answers,
    host: Host,
    sections: Collection[str] = (),
    bases: Bases = _NO_BASES,
    choices: Choices = _NO_CHOICES,
) -> Plan:
    """Return the plan for all sections, or for the named ones alone.

    With sections named, no parameter, service or link of another section is touched, and of
    their own parameters only those whose answer is not today's. `bases` are the files as runs
    wrote them: what differs was done by hand, and is kept where `choices` say so.
    """
    wanted = frozenset(sections) or frozenset((*SECTIONS, POLICY))
    standing = read_back(host)
    files = propose(answers, host, sections, standing, {})
    edits = files.by_hand(bases, choices)
    kept = kept_names(edits)
    if kept:
        answers = keeping(answers, standing, edits)
        files = propose(answers, host, sections, standing, kept)
    main, master, senders, aliases = files.main, files.master, files.senders, files.aliases
    hook = tuple(filter(None, (files.hook,)))
    named = zone.plan_zone(answers, host, wanted)
    before_service = [
        *named.first,
        *_install(host),
        *relay.package(answers, host, wanted),
        *(_original(file) for file in (main, master, *filter(None, (aliases,)))),
        *certificates.steps(answers, host, wanted),
        *(_replace(file, "Write certbot's hook", _HOOK_WHY) for file in hook),
        *_files(files, host),
    ]
    before_check = [
        *before_service,
        *_service(main, master, before_service, host, wanted),
        *named.steps,
        *firewall.steps(answers, host, wanted),
        *dovecot.steps(files.dovecot, answers, host, sections),
    ]
    read = reader.judge(answers, host, wanted, aliases.proposal if aliases else None)
    plan = Plan(
        answers=format_answers(answers),
        sections=tuple(sorted(sections)),
        steps=(
            *before_check,
            _prove(before_check, needed=move.is_to_be_saved(answers, host, wanted)),
            *([reader.proof(answers, before_check)] if aliases else ()),
            *certificates.last_steps(answers, host, wanted),
        ),
        files=(*(change(file, bases) for file in files.all), *named.files),
        cautions=(
            *obstacles.cautions(answers, host, wanted),
            *obstacles.loopback_caution(master.proposal.loopback),
            *read.cautions,
            *dovecot.cautions(answers, host, wanted),
        ),
        warnings=tuple(
            dict.fromkeys(
                masked(without_number(warning))
                for warning in (
                    *main.proposal.warnings,
                    *master.proposal.warnings,
                    *senders.proposal.warnings,
                    *certificates.warnings(answers, host, wanted),
                    *(() if hook else renewal_hook.missing(answers, host, wanted)),
                    *firewall.warnings(host, wanted),
                    *dovecot.warnings(answers, host, sections),
                    *named.warnings,
                    *read.warnings,
                    *_left_out(answers, host, wanted),
                    *leftovers.warnings(host),
                    *relay.warnings(answers, host, wanted),
                    *filter(None, (bases.unknown,)),
                )
            )
        ),
        obstacles=(
            *obstacles.obstacles(answers, host, wanted),
            *keys.obstacles(answers, host, wanted),
            *relay.obstacles(answers, host, wanted),
            *named.obstacles,
            *read.obstacles,
            *dovecot.obstacles(answers, host, wanted),
        ),
        edits=edits,
        to_copy=dovecot.to_copy(answers, host, wanted),
    )
    if any(isinstance(step.action, OpenFirewall) and not step.done for step in plan.steps):
        plan = replace(plan, cautions=(*plan.cautions, *obstacles.reload_caution(host)))
    return plan


_STEPS = {RENEWAL_HOOK: "renewal-hook"}
"""The step's ID where it is not the file's own name."""

_HOOK_WHY = "After each renewal certbot has Postfix reload, so that it serves the new certificate."


def _install(host: Host) -> Iterator[Step]:
    argv = ("dnf", "install", "postfix")
    lays = tuple(
        (file.path, sha256(file.live))
        for file in (host.main_cf, host.master_cf)
        if file.from_package and file.live is not None
    )
    package = host.postfix.package
    yield Step(
        "install",
        "Install Postfix",
        f"The distribution's own package, {package.nevra}." if package else "",
        Install("postfix", argv, lays),
        (argv,),
        done=host.postfix.installed,
    )


def _left_out(answers: Answers, host: Host, wanted: Collection[str]) -> Iterator[str]:
    """Say which parts of the hardening are not for this Postfix, or not yet."""
    if hardening.SECTION in wanted and answers.hardening.use == hardening.ON:
        yield from hardening.unknown(host.postfix)
        maps = MainCf.parse(host.main_cf.live or b"").value(hardening.MAPS)
        yield from hardening.without_maps(maps or "")


def _original(file: PlannedFile) -> Step:
    original = f"{file.facts.path}.orig"
    return Step(
        f"original-{file.name}",
        f"Keep the original {file.name}",
        "A copy made once and never written again: `diff FILE FILE.orig` shows every change.",
        KeepOriginal(file.facts.path, original, sha256(file.facts.live or b"")),
        (("cp", "-p", file.facts.path, original),),
        done=file.facts.original is not None or file.facts.live is None or not file.pending,
    )


def _files(files: Files, host: Host) -> Iterator[Step]:
    senders, pair = files.senders, (files.main, files.master)
    tolerated = _tolerated(host)
    yield Step(
        "staged",
        "Let Postfix read the new files",
        "Staged aside first: `postconf` must understand both without a complaint.",
        StagedCheck(
            tuple(file.next for file in pair),
            tuple(item for file in pair for item in file.proposal.expected),
            tolerated,
        ),
        (("postconf", "-c", "STAGED", "-n"), ("postconf", "-c", "STAGED", "-M")),
        done=not any(file.pending for file in pair),
    )
    if senders.proposal.text or senders.facts.live is not None:
        yield from _senders(senders, host, tolerated)
    if files.aliases:
        yield from reader.steps(host, ReplaceFile(files.aliases.next), tolerated)
    yield from relay.steps(files.passwords, host, tolerated)
    for file in pair:
        yield _replace(file, f"Write {file.name}", "What the review showed, and nothing else.")
    yield Step(
        "postfix-check",
        "Run postfix check",
        "Owners, modes and the queue must be as Postfix wants them; it says nothing when they are.",
        PostfixCheck(tuple(file.facts.path for file in (*pair, senders)), tolerated),
        (("postfix", "check"),),
        done=host.postfix.installed and not any(file.pending for file in pair),
    )


def _tolerated(host: Host) -> tuple[str, ...]:
    """What Postfix may say of main.cf without a step failing: old faults, and no new ones."""
    known = host.postfix.known_parameters
    return (*host.postfix.stderr, *foreseen(host.main_cf.live or b"", known))


def _senders(senders: PlannedFile, host: Host, tolerated: tuple[str, ...]) -> Iterator[Step]:
    table_type = host.postfix.default_database_type
    expected = rows(senders.proposal.text)
    yield _replace(
        senders,
        "Write sender_access",
        "Senders that you let past the blocklists, or refuse.",
    )
    yield Step(
        "sender_access-table",
        "Build the table of senders",
        "Postfix reads the indexed table, not the text.",
        BuildTable(table_type, senders.facts.path, expected, tolerated),
        (("postmap", f"{table_type}:{senders.facts.path}"),),
        done=not senders.pending and _table_rows(host.table) == dict(expected),
    )


def _table_rows(dump: Optional[bytes]) -> Optional[dict[str, str]]:
    """Return what `postmap -s` printed as a mapping, None where there is no table."""
    if dump is None:
        return None
    pairs = (line.partition("\t") for line in dump.decode("utf-8", "surrogateescape").splitlines())
    return {key: value for key, _, value in pairs if key}


def _replace(file: PlannedFile, title: str, why: str) -> Step:
    return Step(
        _STEPS.get(file.facts.path, file.name),
        title,
        why,
        ReplaceFile(file.next),
        done=not file.pending,
    )


def _service(
    main: PlannedFile,
    master: PlannedFile,
    earlier: Collection[Step],
    host: Host,
    wanted: frozenset[str],
) -> Iterator[Step]:
    unit = host.unit
    if POLICY in wanted:
        yield Step(
            "enable",
            "Start Postfix at boot",
            "Else mail stops with the next restart of the machine.",
            EnableUnit(UNIT, unit.enabled),
            (("systemctl", "enable", UNIT),),
            done=unit.enabled == "enabled",
        )
    verb = _verb(main, master, earlier, host)
    if verb != "start" or POLICY in wanted:
        yield Step(
            "service",
            f"{verb.capitalize()} Postfix",
            _VERBS[verb],
            Service(verb, UNIT, unit.active),
            (("systemctl", verb, UNIT),),
            done=verb == "none",
        )
        status = ("systemctl", "--no-pager", "--full", "status", UNIT)
        yield Step(
            "status",
            "Look at the service",
            "systemd's own word on it, with the last lines of its log.",
            Command(status),
            (status,),
            done=verb == "none",
        )


_VERBS = {
    "start": "It is not running.",
    "restart": "Only a stop and start opens other sockets; connections in progress end.",
    "reload": "Running connections finish; new ones see the new files.",
    "none": "It runs, with the files as they are.",
}


def _verb(main: PlannedFile, master: PlannedFile, earlier: Collection[Step], host: Host) -> str:
    """Choose the gentlest verb that makes Postfix read what changed."""
    if host.unit.active != "active":
        return "start"
    changed = [name for file in (main, master) for name in file.proposal.changed if file.pending]
    verb = needs(changed)
    new_pair = any(isinstance(step.action, (SelfSign, Lay)) and not step.done for step in earlier)
    if verb == "nothing" and (new_pair or main.pending or master.pending):
        return "reload"
    return "none" if verb == "nothing" else verb


def _prove(earlier: Collection[Step], *, needed: bool) -> Step:
    """Return the last step; `needed` where a run must be made though nothing else is pending."""
    return Step(
        "check",
        "Talk to the server",
        "Ports, TLS and SMTP conversations, as other servers and strangers would have them.",
        Prove(),
        (("postfix-wizard", "check"),),
        done=all(step.done for step in earlier) and not needed,
    )
