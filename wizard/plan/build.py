"""The plan: what answers and host come to, as an ordered list of steps.

A pure function. The order is the policy's: package, originals, certificates, the staged check,
the sender table, the two files, `postfix check`, the service, the DNS zone, the firewall, the
proof. A new zone is checked first of all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Collection, Iterator

from wizard.answers.model import POLICY, Answers, Problem
from wizard.answers.toml import format_answers
from wizard.host.facts import Host
from wizard.paths import RENEWAL_HOOK
from wizard.plan import aliases as reader
from wizard.plan import (
    certificates,
    dovecot,
    firewall,
    foreign,
    hold,
    in_force,
    keys,
    leftovers,
    move,
    obstacles,
    other_mta,
    relay,
    zone,
)
from wizard.plan import hook as renewal_hook
from wizard.plan.by_hand import Bases
from wizard.plan.choices import Choices
from wizard.plan.files import Files, change, propose
from wizard.plan.in_order import in_order
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
from wizard.plan.planned_file import PlannedFile, sha256
from wizard.plan.read_back import read_back
from wizard.plan.scope import Scope, scope_of
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
    scope = scope_of(sections)
    standing = read_back(host)
    files = propose(answers, host, scope, standing, {})
    edits = files.by_hand(bases, choices)
    kept = kept_names(edits)
    if kept:
        answers = keeping(answers, standing, edits)
        files = propose(answers, host, scope, standing, kept)
    main, master, senders, aliases = files.main, files.master, files.senders, files.aliases
    hook = tuple(filter(None, (files.hook,)))
    accepted = foreign.accepted_names(choices)
    from_elsewhere = certificates.foreign_files(answers, host, scope)
    shown = foreign.listed(from_elsewhere, accepted)
    named = zone.plan_zone(answers, host, scope)
    before_service = [
        *named.first,
        *_install(host),
        *relay.package(answers, host, scope),
        *(_original(file) for file in (main, master, *filter(None, (aliases,)))),
        *certificates.steps(answers, host, scope, accepted),
        *(_replace(file, "Write certbot's hook", _HOOK_WHY) for file in hook),
        *_files(files, host),
    ]
    before_check = [
        *before_service,
        *other_mta.steps(host, scope),
        *_service(main, master, before_service, host, scope),
        *map(hold.second, _hold(files, host)),
        *named.steps,
        *firewall.steps(answers, host, scope),
        *dovecot.steps(files.dovecot, answers, host, scope),
    ]
    read = reader.judge(answers, host, scope, aliases.proposal if aliases else None)
    plan = Plan(
        answers=format_answers(answers),
        today=format_answers(standing) if standing else "",
        sections=tuple(sorted(sections)),
        steps=(
            *before_check,
            _prove(before_check, needed=move.is_to_be_saved(answers, host, scope)),
            *in_order(
                ("certificate", certificates.last_steps(answers, host, scope, accepted)),
                ("aliases", [reader.proof(answers, before_check)] if aliases else ()),
            ),
        ),
        files=tuple(
            in_order(
                *((one, [change(file, bases)]) for one, file in files.by_section),
                ("dns", named.files),
            )
        ),
        cautions=tuple(
            in_order(
                ("", obstacles.cautions(answers, host, scope)),
                ("networks", firewall.zone_caution(host, before_check)),
                ("aliases", read.cautions),
                ("dovecot", dovecot.cautions(answers, host, scope)),
                (POLICY, obstacles.loopback_caution(master.proposal.loopback)),
            )
        ),
        warnings=tuple(
            dict.fromkeys(
                masked(without_number(warning))
                for warning in in_order(
                    ("", main.proposal.warnings),
                    ("", master.proposal.warnings),
                    ("", leftovers.warnings(host)),
                    ("", other_mta.warnings(host, scope)),
                    ("", _stays_down(host, scope)),
                    ("", filter(None, (bases.unknown,))),
                    ("networks", firewall.warnings(answers, host, scope)),
                    ("certificate", certificates.warnings(answers, host, scope)),
                    ("certificate", in_force.warnings(files, host, scope)),
                    ("certificate", foreign.more(from_elsewhere)),
                    ("certificate", () if hook else renewal_hook.missing(answers, host, scope)),
                    ("blocklists", senders.proposal.warnings),
                    ("dns", named.warnings),
                    ("aliases", read.warnings),
                    ("relay", relay.warnings(answers, host, scope)),
                    ("dovecot", dovecot.warnings(answers, host, scope)),
                    (hardening.SECTION, _left_out(answers, host, scope)),
                )
            )
        ),
        obstacles=tuple(
            in_order(
                ("", obstacles.between_fields(answers, standing, scope)),
                ("", (Problem("", "", why) for why in main.proposal.refusals)),
                ("certificate", (Problem("", "", why) for why in master.proposal.refusals)),
                ("", obstacles.obstacles(answers, host, scope)),
                ("", in_force.obstacles(files, host, kept.get(host.main_cf.path, ()))),
                ("certificate", foreign.obstacles(shown, choices)),
                ("blocklists", keys.obstacles(answers, host, scope)),
                ("dns", named.obstacles),
                ("aliases", read.obstacles),
                ("relay", relay.obstacles(answers, host, scope)),
                ("dovecot", dovecot.obstacles(answers, host, scope)),
            )
        ),
        edits=edits,
        to_copy=dovecot.to_copy(answers, host, scope),
        foreign=shown,
    )
    if any(isinstance(step.action, OpenFirewall) and not step.done for step in plan.steps):
        plan = replace(plan, cautions=(*plan.cautions, *obstacles.reload_caution(host)))
    turned = any(step.id in {"enable", "service"} for step in plan.pending)
    if turned and host.unit.enabled.startswith("masked"):
        plan = replace(plan, obstacles=(*plan.obstacles, obstacles.masked(UNIT)))
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


def _left_out(answers: Answers, host: Host, scope: Scope) -> Iterator[str]:
    """Say which parts of the hardening are not for this Postfix, or not yet."""
    if hardening.SECTION in scope and answers.hardening.use == hardening.ON:
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
    yield from _hold(files, host)
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


def _hold(files: Files, host: Host) -> Iterator[Step]:
    """Yield the look at the queue before main.cf is written; no Postfix has no queue."""
    if host.postfix.installed:
        yield from hold.first(files.main.live or b"", files.main.proposal.text)


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
        done=not senders.pending
        and host.table is not None
        and dict(rows(host.table)) == dict(expected),
    )


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
    scope: Scope,
) -> Iterator[Step]:
    unit = host.unit
    if POLICY in scope:
        yield Step(
            "enable",
            "Start Postfix at boot",
            "Else mail stops with the next restart of the machine.",
            EnableUnit(UNIT, unit.enabled),
            (("systemctl", "enable", UNIT),),
            done=unit.enabled == "enabled",
        )
    verb = _verb(main, master, earlier, host)
    if verb != "start" or POLICY in scope:
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


def _stays_down(host: Host, scope: Scope) -> Iterator[str]:
    """Warn where a run of single sections leaves Postfix stopped, as it is."""
    stopped = host.postfix.installed and host.unit.active != "active"
    if host.root == "/" and stopped and POLICY not in scope:
        yield (
            "Postfix does not run, and a run of single sections does not start it: what is changed "
            "has effect from its next start, and cannot be seen to work before."
        )


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
