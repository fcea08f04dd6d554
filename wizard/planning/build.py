"""Build the plan from answers and host: an ordered list of steps. A pure function.

The order is: package, originals, certificates, the staged check, the tables, the two files,
`postfix check`, the service, the DNS zone, the firewall, the proof. A new DNS zone is checked
before all of these. Each section returns a `Part`; its slots say where its steps go.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from wizard.answers.model import POLICY, Answers, host_problem
from wizard.answers.toml import format_answers
from wizard.host.facts import Host, Unit
from wizard.paths import MAIN_CF, MANAGED, SENDER_ACCESS
from wizard.plan import firewall, hold
from wizard.plan.actions import (
    Command,
    EnableUnit,
    Install,
    KeepOriginal,
    OpenFirewall,
    PostfixCheck,
    Prove,
    Service,
    StagedCheck,
)
from wizard.plan.certificate_actions import Lay, Relink, SelfSign
from wizard.plan.choices import Choices
from wizard.plan.files import sha256
from wizard.plan.model import Plan, Step
from wizard.plan.part import Request
from wizard.plan.planned_file import PlannedFile
from wizard.plan.scope import Scope, scope_of
from wizard.planning import clashes, in_force, leftovers, obstacles, other_mta, overrides
from wizard.planning.by_hand import Bases
from wizard.planning.files import Proposed, propose
from wizard.planning.keep_edits import protected_names, with_hand_edits
from wizard.planning.read_back import read_back
from wizard.postfix.complaints import foreseen
from wizard.postfix.parameters import needs
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
    """Return the plan for all sections, or only for the named ones.

    A plan for named sections changes no parameter, service or link of another section. It edits
    only parameters whose answers differ from today's. `bases` are the files as runs wrote them: all
    that differs from them is a hand edit. `choices` says which hand edits the plan must not change.
    """
    current = read_back(host)
    request = Request(answers, host, scope_of(sections), current, choices, {}, _tolerated(host))
    proposed = propose(request)
    edits = proposed.by_hand(bases, choices)
    protected = protected_names(edits)
    if protected:
        request = replace(
            request, answers=with_hand_edits(answers, current, edits), protected=protected
        )
        proposed = propose(request)
    parts = proposed.parts
    steps = _steps(request, proposed)
    text = format_answers(request.answers)
    # Answers with ten thousand networks take a while to write: what is the same is written once.
    today = text if current == request.answers else format_answers(current) if current else ""
    plan = Plan(
        answers=text,
        today=today,
        sections=tuple(sorted(sections)),
        steps=steps,
        files=tuple(proposed.changes(bases)),
        cautions=(
            *(caution for part in parts for caution in part.cautions),
            *firewall.zone_caution(host, steps),
            *obstacles.loopback_caution(proposed.master.proposal.loopback),
            *clashes.cautions(request),
        ),
        warnings=tuple(
            dict.fromkeys(
                masked(without_number(one)) for one in _warnings(request, proposed, bases)
            )
        ),
        obstacles=(
            *obstacles.between_fields(request),
            *(
                host_problem(why)
                for file in (proposed.main, proposed.master)
                for why in file.proposal.refusals
            ),
            *obstacles.obstacles(request),
            *(problem for part in parts for problem in part.obstacles),
            *obstacles.unread(proposed),
            *in_force.obstacles(proposed, host, request.protected_in(MAIN_CF)),
        ),
        edits=edits,
        to_copy=tuple(change for part in parts for change in part.to_copy),
        foreign=tuple(one for part in parts for one in part.foreign),
    )
    pending = plan.pending
    if any(isinstance(step.action, OpenFirewall) for step in pending):
        plan = replace(plan, cautions=(*plan.cautions, *obstacles.reload_caution(host)))
    turned = any(step.id in {"enable", "service"} for step in pending)
    if turned and host.unit.enabled.startswith("masked"):
        plan = replace(plan, obstacles=(*plan.obstacles, obstacles.masked(UNIT)))
    return plan


def _steps(request: Request, proposed: Proposed) -> tuple[Step, ...]:
    """Return all steps in the order of the run."""
    host, scope, parts = request.host, request.scope, proposed.parts
    before_service = [
        *(step for part in parts for step in part.first),
        *_install(host),
        *(step for part in parts for step in part.packages),
        *(_original(file) for file in proposed.files if file.keeps_original),
        *(step for part in parts for step in part.prepare),
        *_files(request, proposed),
    ]
    before_check = [
        *before_service,
        *other_mta.steps(host, scope),
        *_service(request, proposed, before_service),
        *map(hold.second, _hold(proposed.main, host)),
        *(step for part in parts for step in part.after_service),
        *(step for part in parts for step in part.firewall),
        *(step for part in parts for step in part.after_firewall),
    ]
    return (
        *before_check,
        _prove(before_check, needed=any(part.saves for part in parts)),
        *(step for part in parts for step in part.after_proof),
    )


def _warnings(request: Request, proposed: Proposed, bases: Bases) -> Iterator[str]:
    host, scope = request.host, request.scope
    yield from proposed.main.proposal.warnings
    yield from proposed.master.proposal.warnings
    yield from leftovers.warnings(host)
    yield from other_mta.warnings(host, scope)
    yield from _stays_down(host, scope)
    yield from filter(None, (bases.unknown,))
    yield from in_force.warnings(proposed, host, scope)
    yield from overrides.warnings(proposed, scope)
    yield from clashes.warnings(request)
    yield from (warning for part in proposed.parts for warning in part.warnings)


def _install(host: Host) -> Iterator[Step]:
    argv = ("dnf", "install", "postfix")
    lays = tuple(
        (file.path, sha256(file.live))
        for file in host.files.values()
        if file.from_package and file.live is not None and file.path in MANAGED
    )
    package = host.postfix.package
    yield Step(
        "install",
        "Install Postfix",
        # Which package is installed is not known of a copied /etc.
        f"The distribution's own package, {package.nevra}." if package and package.nevra else "",
        Install("postfix", argv, lays),
        (argv,),
        done=host.postfix.installed,
    )


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


def _files(request: Request, proposed: Proposed) -> Iterator[Step]:
    host, pair = request.host, (proposed.main, proposed.master)
    yield Step(
        "staged",
        "Let Postfix read the new files",
        "Staged aside first: `postconf` must understand both without a complaint.",
        StagedCheck(
            tuple(file.next for file in pair),
            tuple(item for file in pair for item in file.proposal.expected),
            request.tolerated,
        ),
        (("postconf", "-c", "STAGED", "-n"), ("postconf", "-c", "STAGED", "-M")),
        done=not any(file.pending for file in pair),
    )
    yield from (step for part in proposed.parts for step in part.tables)
    yield from _hold(proposed.main, host)
    for file in pair:
        yield file.write(f"Write {file.name}", "What the review showed, and nothing else.")
    checked = (*(file.facts.path for file in pair), SENDER_ACCESS)
    yield Step(
        "postfix-check",
        "Run postfix check",
        "Owners, modes and the queue must be as Postfix wants them; it says nothing when they are.",
        PostfixCheck(checked, request.tolerated),
        (("postfix", "check"),),
        done=host.postfix.installed and not any(file.pending for file in pair),
    )


def _hold(main: PlannedFile, host: Host) -> Iterator[Step]:
    """Yield the step that puts mail on hold before main.cf is written, if there is a Postfix."""
    if host.postfix.installed:
        yield from hold.first(main.live or b"", main.proposal.text)


def _tolerated(host: Host) -> tuple[str, ...]:
    """Return the complaints of Postfix about the live main.cf. They do not fail a step."""
    known = host.postfix.known_parameters
    return (*host.postfix.stderr, *foreseen(host.text(MAIN_CF), known))


def _service(request: Request, proposed: Proposed, earlier: Collection[Step]) -> Iterator[Step]:
    unit, scope = request.host.unit, request.scope
    if POLICY in scope:
        yield Step(
            "enable",
            "Start Postfix at boot",
            "Else mail stops with the next restart of the machine.",
            EnableUnit(UNIT, unit.enabled),
            (("systemctl", "enable", UNIT),),
            done=unit.enabled == "enabled",
        )
    verb = _verb(proposed, earlier, unit)
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
            "Shows `systemctl status postfix` with the last log lines.",
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
    """Warn if Postfix is stopped and a run of single sections does not start it."""
    stopped = host.postfix.installed and host.unit.active != "active"
    if host.root == "/" and stopped and POLICY not in scope:
        yield (
            "Postfix does not run, and a run of single sections does not start it: what is changed "
            "has effect from its next start, and cannot be seen to work before."
        )


def _verb(proposed: Proposed, earlier: Iterable[Step], unit: Unit) -> str:
    """Return the systemctl verb that interrupts least and makes Postfix read the changes."""
    if unit.active != "active":
        return "start"
    pending = [file for file in (proposed.main, proposed.master) if file.pending]
    changed = [name for file in pending for name in file.proposal.changed]
    verb = needs(changed)
    new_pair = any(
        isinstance(step.action, (SelfSign, Lay, Relink)) and not step.done for step in earlier
    )
    if verb == "nothing" and (new_pair or pending):
        return "reload"
    return "none" if verb == "nothing" else verb


def _prove(earlier: Collection[Step], *, needed: bool) -> Step:
    """Return the last step. `needed` is True if a run is required without other pending steps."""
    return Step(
        "check",
        "Talk to the server",
        "Ports, TLS and SMTP conversations, as other servers and strangers would have them.",
        Prove(),
        (("postfix-wizard", "check"),),
        done=all(step.done for step in earlier) and not needed,
    )
