"""Plan a second MX: the table of recipients, and what happens to mail in an outage.

main.cf follows from the answers alone (`wizard.sections.backup.main_cf`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Optional

from wizard.answers.model import Answers, Problem
from wizard.answers.rules.addresses import plain_address
from wizard.answers.rules.backup import VERIFY
from wizard.answers.sections.backup import BACKUP_RECIPIENTS, Backup
from wizard.door import Door
from wizard.host.backup_facts import BackupFacts
from wizard.host.facts import Host
from wizard.host.main_cf import own_parameters
from wizard.host.transports import transports
from wizard.paths import MAIN_CF
from wizard.plan.model import Step
from wizard.plan.part import Part, Request
from wizard.plan.planned_file import PlannedFile
from wizard.postfix.proposal import Proposal
from wizard.postfix.second_mx import DOMAINS, MAPS, SECTION, TRANSPORTS, Live, is_table, routed
from wizard.postfix.settings import Settings
from wizard.sections.backup import main_cf
from wizard.sections.backup.recipients import propose_table, read_recipients
from wizard.text import counted, printable, shortened

_SHOWN = 5
NOTHING = Backup()


def live_of(host: Host) -> Live:
    """Return what main.cf has of a second MX."""
    return Live.of(own_parameters(host.text(MAIN_CF)))


def today_of(host: Host) -> Backup:
    """Return today's answers."""
    return live_of(host).answers(host.files[BACKUP_RECIPIENTS].live)


def complete(door: Door, answers: Answers, host: Host) -> Host:
    """Read the file of recipients, and other tables with the domains. Never raises."""
    own = answers.backup
    if not own.domains:
        return host
    found: tuple[str, ...] = ()
    problem = ""
    if own.recipients != VERIFY:
        try:
            found = read_recipients(door, own.recipients, own.domains)
        except ValueError as fault:
            problem = f"{fault}"
    settings = Settings(own_parameters(host.text(MAIN_CF)), host.postfix.defaults)
    tables = [one for one in settings.words(TRANSPORTS) if not routed(one)[0]]
    away = transports(door, tables, own.domains).away if door.is_live and tables else {}
    return replace(host, backup=BackupFacts(found, problem, away))


def edit_main(request: Request, proposal: Proposal) -> Proposal:
    """Write the parts of a second MX, or take them out if the section was named."""
    goal = _goal(request)
    if goal is None or any(obstacles(request)):
        return proposal
    kind = request.host.postfix.default_database_type
    return main_cf.propose(proposal, goal, kind, request.protected_in(MAIN_CF))


def _goal(request: Request) -> Optional[Backup]:
    """Return what main.cf is to have, None if it stays as it is."""
    if SECTION not in request.scope:
        return None
    own = request.answers.backup
    is_used = bool(own.domains or own.servers)
    was_used = _before(request) != NOTHING
    return own if is_used or (was_used and request.scope.named) else None


def _before(request: Request) -> Backup:
    """Return today's answers, with nothing in them on a new host."""
    return today_of(request.host) if request.current is not None else NOTHING


def plan(request: Request) -> Part:
    """Return what the section adds to a plan."""
    goal = _goal(request)
    if goal is None:
        return Part()
    wrong = tuple(obstacles(request))
    if wrong:
        return Part(obstacles=wrong)
    file = _table(request, goal)
    steps = tuple(_steps(file, request)) if file else ()
    is_new = goal != _before(request)
    return Part(
        files=(file,) if file else (),
        tables=steps,
        warnings=(*_others(request, goal), *(_remarks(request, goal) if is_new else ())),
    )


def obstacles(request: Request) -> Iterator[Problem]:
    """Yield what keeps the section from being planned."""
    host, own = request.host, request.answers.backup
    yield from excluded(request.answers, host)
    if not own.domains:
        return
    if own.recipients == VERIFY:
        maps = [one for one in live_of(host).values[MAPS] if not is_table(one)]
        if maps:
            yield _problem(
                f"{MAPS} = {', '.join(maps)} is another table, and Postfix refuses all recipients that it "
                "lacks: name a file instead of verify"
            )
        return
    facts = host.files[BACKUP_RECIPIENTS]
    if host.backup.problem:
        yield _problem(host.backup.problem)
    elif facts.is_link or facts.links > 1:
        yield _problem(
            f"{BACKUP_RECIPIENTS} is a link, which replacing would cut; put a plain file there first"
        )
    elif facts.why:
        yield _problem(f"{BACKUP_RECIPIENTS} cannot be read: {facts.why}")
    others = _other_domains(host, own)
    if others and not live_of(host).values[MAPS]:
        yield _problem(
            f"{DOMAINS} has {shortened(others, _SHOWN)} too, and no {MAPS} lists who has mail there. With "
            f"the table of this section Postfix would refuse all of it: write {MAPS} for them first, or "
            'say recipients = "verify"'
        )


def excluded(answers: Answers, host: Host) -> Iterator[Problem]:
    """Yield a problem for a primary that is this host, by its address."""
    primary = answers.backup.primary
    if primary and primary in host.network.addresses:
        yield Problem(
            SECTION,
            "primary",
            f"{primary} is an address of this host. Write the server that delivers the mail.",
        )


def _problem(message: str) -> Problem:
    return Problem(SECTION, "recipients", printable(message, 1000))


def _other_domains(host: Host, own: Backup) -> list[str]:
    """Return the words of relay_domains that are another's, without those that are local anyway."""
    live = live_of(host)
    ours = {*own.domains, *live.routed[0], "$mydestination"}
    return [one for one in live.values[DOMAINS] if one.lower() not in ours]


def _table(request: Request, goal: Backup) -> Optional[PlannedFile]:
    """Return the table's text; the live one, which stays, if no answer needs it any more."""
    facts = request.host.files[BACKUP_RECIPIENTS]
    if goal.domains and goal.recipients != VERIFY:
        protected = request.protected_in(BACKUP_RECIPIENTS)
        found = request.host.backup.recipients
        return PlannedFile(facts, propose_table(goal.recipients, found, facts.live, protected))
    return None if facts.live is None else PlannedFile(facts, Proposal(facts.live))


def _steps(file: PlannedFile, request: Request) -> Iterator[Step]:
    kind, dump = (
        request.host.postfix.default_database_type,
        request.host.tables.get(BACKUP_RECIPIENTS),
    )
    if request.answers.backup.recipients == VERIFY or not request.answers.backup.domains:
        return
    yield file.write("Write backup_recipients", "Who has mail in the domains of the backup.")
    yield file.index("Build the table of recipients", kind, dump, request.tolerated)


def _others(request: Request, goal: Backup) -> Iterator[str]:
    """Yield what others set for the same domains, and that stays."""
    for domain, to in request.host.backup.away.items() if goal.domains else ():
        yield (
            f"backup: another table of {TRANSPORTS} sends mail for {domain} to {printable(to)}, and comes "
            f"first: it stays. Take its row out where {goal.primary} shall get that mail"
        )
    trusted = [one for one in goal.servers if _is_trusted(one, request.answers.networks.mynetworks)]
    if trusted:
        yield (
            f"backup: {shortened(trusted, _SHOWN)} is in mynetworks, so it may send to anybody: a second MX "
            "needs no more than [backup] servers. Take it out there"
        )


def _is_trusted(server: str, networks: tuple[str, ...]) -> bool:
    from wizard.answers.rules.networks import parse_network  # noqa: PLC0415 - few hosts have a backup

    address = plain_address(server)
    found = (parse_network(one) for one in networks)
    return any(one.version == address.version and address in one for one in found)


def _remarks(request: Request, goal: Backup) -> Iterator[str]:
    """Yield what happens to mail from then on, and what stays of an earlier setup."""
    if goal.domains:
        yield from _outage(request.host, goal)
        yield (
            f"backup: what this host takes and {goal.primary} refuses later returns to its sender as a "
            "bounce. Give both servers the same message_size_limit and blocklists, and this host's "
            f"address to [backup] servers there"
        )
        other = _other_domains(request.host, goal)
        if other:
            yield f"backup: {DOMAINS} has {shortened(other, _SHOWN)} too: it stays"
    if goal.servers:
        yield (
            f"backup: mail from {shortened(goal.servers, _SHOWN)} passes sender_access, the blocklists, "
            "policy services such as SPF, and the rate limits: its clients were checked there. Unknown "
            "recipients and mail that is too large are refused all the same, and the backup returns them"
        )
    facts = request.host.files[BACKUP_RECIPIENTS]
    if facts.live is not None and (not goal.domains or goal.recipients == VERIFY):
        yield (
            f"{BACKUP_RECIPIENTS} and its table stay, and Postfix reads them no more: "
            f"`rm {BACKUP_RECIPIENTS}*`"
        )


def _outage(host: Host, goal: Backup) -> Iterator[str]:
    lasts = "5 days (maximal_queue_lifetime)"
    if goal.recipients == VERIFY:
        yield (
            f"backup: while {goal.primary} does not answer, mail is queued here, for up to {lasts}, only for "
            "recipients that it confirmed in the last 31 days. All other mail gets 450, and its sender "
            "tries again. Without a list of recipients this is no full backup"
        )
        return
    found = host.backup.recipients
    yield (
        f"backup: while {goal.primary} does not answer, mail for {counted(len(found), 'recipient')} of "
        f"{goal.recipients} is queued here for up to {lasts}. Mail for all others is refused (550), so a "
        "new mailbox there needs its line here"
    )
    for domain in goal.domains:
        if f"postmaster@{domain}" not in found:
            yield (
                f"backup: {goal.recipients} has no postmaster@{domain}, to which all may write "
                "(RFC 5321, 4.5.1)"
            )
