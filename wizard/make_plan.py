"""Make a plan: read the facts that the answers name, plan, and add what past runs and the queue say."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Collection

from wizard.answers.model import POLICY, Answers, Caution, host_problem, narrowed
from wizard.answers.toml import SAVED, parse_stored, read_stored, saved_answers
from wizard.certificates.pairs import read_pair
from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.facts import Host
from wizard.host.named import read_named_zones
from wizard.host.relay import relay_targets
from wizard.host.secret_file import DQS_KEY, RELAY_PASSWORD, read_secret
from wizard.host.transports import transports
from wizard.paths import MAIN_CF, MASTER_CF, PARTED
from wizard.plan.actions import HoldMail
from wizard.plan.choices import MINE, Choices
from wizard.plan.conflicts import subject
from wizard.plan.files import sha256
from wizard.plan.model import Plan
from wizard.planning import clashes
from wizard.planning.build import build_plan
from wizard.planning.by_hand import Bases
from wizard.planning.gather import gather_plan
from wizard.planning.in_force import settings_of
from wizard.planning.obstacles import refused
from wizard.postfix.blocklists import needs_key
from wizard.postfix.itself import nexthops
from wizard.postfix.master_cf import MasterCf
from wizard.postfix.relayhost import RELAY, nexthop
from wizard.postfix.restrictions import BLOCKLISTS
from wizard.run.history import newest_unfinished
from wizard.run.path_obstacles import with_path_obstacles
from wizard.run.paths import Places
from wizard.run.readiness import unready
from wizard.run.records import DIED
from wizard.run.release import ways_on
from wizard.secrets import masked, without_number
from wizard.sections.registry import SECTIONS

_OLD_SERVER = re.compile(rb"""old_server["']?\s*=\s*["'][^"']""")
"""Matches saved answers that name an old server."""


def make_plan(
    door: Door,
    places: Places,
    answers: Answers,
    host: Host,
    *,
    sections: Collection[str],
    choices: Choices,
) -> Plan:
    """Return the plan for these answers; `sections` empty means all. Raises Trouble.

    If certificates must be fetched first, it is the plan of a gather run (`Plan.gathers`). If the
    last run ended early, the plan has a warning or a caution. `choices` decide the conflicts with
    hand edits.
    """
    host = _complete(door, answers, host, sections)
    plan = gather_plan(answers, host, sections) or build_plan(
        answers, host, sections, _bases(door, places, host), choices
    )
    plan = _with_entries(door, host, plan)
    plan = _with_transports(door, answers, host, _with_cure(door, host, plan))
    plan = with_path_obstacles(_with_classes(door, plan), door)
    # The runs of this host do not concern the plan of a copied /etc.
    if not door.is_live:
        return plan
    plan = _with_own_values(door, plan)
    stops = unready(places, plan)
    plan = replace(plan, obstacles=(*plan.obstacles, *stops)) if stops else plan
    early = newest_unfinished(places)
    # A gather run changes nothing of the host, and this plan gathers again where needed.
    if early is None or early.gathers:
        return plan
    from wizard.run.unread import with_unread  # noqa: PLC0415 - only after a run that ended early

    plan = with_unread(plan, places, early.run)
    if not plan.pending:
        return plan
    if early.outcome == DIED:
        caution = Caution(
            "cut-off-run",
            f"{early.summary} {ways_on(places, early)} A new plan sees only what is there now, and "
            "not a package that was installed by half.",
            (early.run,),
        )
        return replace(plan, cautions=(*plan.cautions, caution))
    warning = f"{early.summary} {ways_on(places, early)}"
    return replace(plan, warnings=(*plan.warnings, warning))


_SAVES_OWN = (
    "Nothing on this host changes: you keep your own {}. The run saves that in the answers, so that it is"
    " the planned value from then on."
)


def _with_own_values(door: Door, plan: Plan) -> Plan:
    """Return the plan with its proof pending, if only the answers must get what the operator chose to leave."""
    own = [subject(one) for one in plan.edits if one.choice == MINE]
    if not own or plan.pending or plan.obstacles or plan.undecided:
        return plan
    planned = parse_stored(plan.answers)
    try:
        path = saved_answers(door)
        saved = None if path is None else read_stored(path)
    except Trouble:
        saved = None
    if isinstance(planned, Answers) and saved is not None and plan.sections:
        planned = narrowed(planned, saved, plan.sections)
    if planned == saved:
        return plan
    return with_proof(plan, _SAVES_OWN.format(", ".join(own)))


def with_proof(plan: Plan, warning: str) -> Plan:
    """Return the plan with its last proof pending: the end of each run saves the answers."""
    steps = tuple(replace(one, done=False) if one.id == "check" else one for one in plan.steps)
    return replace(plan, steps=steps, warnings=(*plan.warnings, warning))


def _complete(door: Door, answers: Answers, host: Host, sections: Collection[str]) -> Host:
    """Return the host with the facts that only the answers name."""
    if needs_key(answers.blocklists):
        host = replace(host, dqs_key=read_secret(door, answers.blocklists.dqs_key_file, DQS_KEY))
    if answers.relay.host and answers.relay.user:
        password = read_secret(door, answers.relay.password_file, RELAY_PASSWORD)
        host = replace(host, relay_password=password)
    if answers.relay.host and (not sections or RELAY in sections) and door.is_live:
        targets = [(name, has_mx) for name, has_mx, _ in nexthops(nexthop(answers.relay))]
        host = replace(host, relay_targets=relay_targets(targets, host.network.resolvers))
    for one in SECTIONS:
        if not sections or one.name in sections:
            host = one.complete(door, answers, host)
    path = answers.dns.zone_file
    if path and all(one.path != path for one in host.zones):
        host = replace(host, zones=tuple(read_named_zones(door, path)))
    return _with_old_server(door, with_pair(door, answers, host), answers)


def with_pair(door: Door, answers: Answers, host: Host) -> Host:
    """Return the host with the certificate and key files that the answers name."""
    own = answers.certificate
    if own.source != "files":
        return host
    return replace(host, own_pair=read_pair(door, own.cert_file, own.key_file))


def _with_old_server(door: Door, host: Host, answers: Answers) -> Host:
    """Return the host with the old server that the saved answers name."""
    try:
        saved = saved_answers(door)
        if saved is None:
            return host
        # Parsing ten thousand names takes 0.1 s, and few answers name an old server.
        text = door.read_bytes(str(SAVED)) or b""
        if not answers.move.old_server and not _OLD_SERVER.search(text):
            return host
        return replace(host, old_server=read_stored(saved).move.old_server)
    except Trouble:
        # The next run that saves answers repairs the file; no step is pending for this alone.
        return replace(host, old_server=answers.move.old_server)


def _with_entries(door: Door, host: Host, plan: Plan) -> Plan:
    """Return the plan with warnings of smtpd's entries that `check` would report after the run."""
    texts = {one.path: one.proposed for one in plan.files if one.path in PARTED}
    if not texts or host.files[MASTER_CF].from_package:
        return plan
    # Its imports are many: only where Postfix is installed.
    from wizard.check.before_run import refused_logins, warnings  # noqa: PLC0415

    settings = settings_of(texts[MAIN_CF], texts[MASTER_CF], host)
    services = MasterCf.parse(texts[MASTER_CF]).services
    if plan.sections and POLICY not in plan.sections:
        before = settings_of(host.text(MAIN_CF), host.text(MASTER_CF), host)
        new = refused_logins(before, settings, services) if BLOCKLISTS in plan.sections else ()
        return replace(plan, obstacles=(*plan.obstacles, *map(host_problem, new)))
    found = warnings(settings, services, door)
    shown = (masked(without_number(one)) for one in found)
    return replace(plan, warnings=tuple(dict.fromkeys((*plan.warnings, *shown))))


def _with_transports(door: Door, answers: Answers, host: Host, plan: Plan) -> Plan:
    """Return the plan with a caution for new local domains that transport_maps sends elsewhere."""
    is_planned = not plan.gathers and (not plan.sections or clashes.SECTION in plan.sections)
    tables = clashes.tables_of(host) if is_planned and host.postfix.installed else ()
    new = clashes.new_domains(answers, host) if tables else ()
    if not new:
        return plan
    found = transports(door, tables, new)
    return replace(
        plan,
        cautions=(*plan.cautions, *clashes.transport_caution(found)),
        warnings=(*plan.warnings, *clashes.unknown_tables(found)),
    )


def _with_cure(door: Door, host: Host, plan: Plan) -> Plan:
    """Return the plan without the obstacle of a refused main.cf, if Postfix accepts the next one."""
    why = tuple(refused(host))
    if not door.is_live or not set(why) & set(plan.obstacles):
        return plan
    from wizard.host.next_main_cf import refusal  # noqa: PLC0415 - few hosts have such a main.cf

    texts = {one.path: one.proposed for one in plan.files if one.path in PARTED}
    still = refusal(door, texts)
    if still:
        return replace(
            plan,
            obstacles=tuple(
                host_problem(f"{one.message}. It refuses the planned one, too: {still}")
                if one in why
                else one
                for one in plan.obstacles
            ),
        )
    warning = (
        f"Postfix refuses main.cf as it is ({host.postfix.refusal}), and accepts the planned one."
    )
    return replace(
        plan,
        obstacles=tuple(one for one in plan.obstacles if one not in why),
        warnings=(*plan.warnings, warning),
    )


def with_count(door: Door, plan: Plan) -> Plan:
    """Return the plan with the number of queued messages that it would put on hold."""
    if not door.is_live or not any(isinstance(one.action, HoldMail) for one in plan.steps):
        return plan
    from wizard.run import queue_count  # noqa: PLC0415 - few plans put mail on hold

    return queue_count.with_count(plan)


def _with_classes(door: Door, plan: Plan) -> Plan:
    """Return the plan with the count, and cautions about domains whose address class it changes."""
    counted = with_count(door, plan)
    if counted is plan:
        return plan
    from wizard.run.queue_count import with_class_cautions  # noqa: PLC0415 - as above

    return with_class_cautions(counted)


def _bases(door: Door, places: Places, host: Host) -> Bases:
    """Return the files as earlier runs wrote them; none for a copied /etc or package files."""
    if not door.is_live:
        return Bases()
    from wizard.run.path_state import file_state  # noqa: PLC0415 - only plans need it
    from wizard.status.bases import bases  # noqa: PLC0415

    states = {
        file.path: file_state(None if file.live is None else sha256(file.live))
        for file in host.files.values()
        if not file.from_package and not file.why
    }
    return bases(places, states)
