"""Plan the mail for system accounts: their aliases, the table that refuses strangers, and its place.

Names come from `Host.system_accounts`, which is read only if the answers need it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from wizard.answers.model import Answers, Problem, local_domains
from wizard.answers.sections.aliases import SYSTEM_ACCOUNTS
from wizard.door import Door
from wizard.host.facts import Host
from wizard.host.system_accounts import first_uid, read_system_accounts
from wizard.paths import ALIASES, MAIN_CF
from wizard.plan.model import Step
from wizard.plan.part import Part, Request
from wizard.plan.planned_file import PlannedFile
from wizard.postfix import system_accounts
from wizard.postfix.proposal import Proposal
from wizard.postfix.system_accounts import LIST, Accounts, accounts_on, people_to_root, uses_table
from wizard.sections.reading import main_cf
from wizard.text import printable

SECTION, ROOT, LEAVE = "aliases", "root", "leave"


def complete(door: Door, answers: Answers, host: Host) -> Host:
    """Read the system accounts if the answers choose an alias for them."""
    if answers.aliases.system != ROOT:
        return host
    return replace(host, system_accounts=read_system_accounts(door, host.dovecot))


def read_back(host: Host) -> str:
    """Return the choice that main.cf shows."""
    return ROOT if uses_table(main_cf(host).value(LIST) or "") else LEAVE


def edit_main(request: Request, proposal: Proposal) -> Proposal:
    """Name the table in the list of restrictions, or take it out if the section was named."""
    if SECTION not in request.scope or LIST in request.protected_in(MAIN_CF):
        return proposal
    refuses = request.answers.aliases.system == ROOT
    was_on = request.current is not None and request.current.aliases.system == ROOT
    if not refuses and not (was_on and request.scope.named):
        return proposal
    kind = request.host.postfix.default_database_type
    return system_accounts.propose_list(proposal, kind, refuses=refuses)


def plan(request: Request) -> Part:
    """Return the table's file with its steps, and the names in words."""
    host, answers = request.host, request.answers
    if answers.aliases.system != ROOT:
        return _switched_off(request)
    accounts = accounts_on(host, answers)
    facts = host.files[SYSTEM_ACCOUNTS]
    try:
        proposal = system_accounts.propose_table(
            facts.live, accounts.refused, _domains(answers), request.protected_in(SYSTEM_ACCOUNTS)
        )
    except ValueError as fault:
        return Part(obstacles=(Problem(SECTION, "system", f"{fault}"),))
    if facts.is_link or facts.links > 1:
        why = (
            f"{SYSTEM_ACCOUNTS} is a link, which replacing would cut; put a plain file there first"
        )
        return Part(obstacles=(Problem(SECTION, "system", why),))
    file = PlannedFile(facts, proposal)
    steps = tuple(_steps(file, request))
    return Part(
        files=(file,),
        tables=steps,
        warnings=tuple(_named(accounts, request)) if any(not one.done for one in steps) else (),
    )


def _switched_off(request: Request) -> Part:
    was_on = request.current is not None and request.current.aliases.system == ROOT
    if not (was_on and request.scope.named):
        return Part()
    note = (
        f"{SYSTEM_ACCOUNTS} and its table stay, and Postfix reads them no more; the aliases to root stay, too: "
        f"`rm {SYSTEM_ACCOUNTS}*`"
    )
    return Part(warnings=(note,))


def _domains(answers: Answers) -> tuple[str, ...]:
    return (*local_domains(answers), f"localhost.{answers.hostname.mydomain}", "localhost")


def _steps(file: PlannedFile, request: Request) -> Iterator[Step]:
    kind, dump = (
        request.host.postfix.default_database_type,
        request.host.tables.get(SYSTEM_ACCOUNTS),
    )
    yield file.write("Write system_accounts", "Strangers may not write to system accounts.")
    yield file.index("Build the table of system accounts", kind, dump, request.tolerated)


def _named(accounts: Accounts, request: Request) -> Iterator[str]:
    """Yield the names, and what they do not see."""
    if accounts.refused:
        yield (
            f"aliases: mail of strangers for {printable(', '.join(accounts.refused), 2000)} is refused from then on; "
            "what this host and mynetworks send them goes to root's reader"
        )
    people = people_to_root(request.host, request.answers)
    if people:
        yield (
            f"aliases: {printable(', '.join(people), 2000)} was a system account and is a person now: the alias to root, "
            f"which an earlier run wrote, becomes a comment in {ALIASES}, so that the person gets the mail"
        )
    only = [one for one in accounts.aliased if one not in accounts.refused]
    if only:
        yield (
            f"aliases: {printable(', '.join(only), 2000)} gets an alias to root and is not refused, since strangers "
            "may have reason to write there (RFC 2142)"
        )
    if not request.host.dovecot.settings:
        yield (
            f"aliases: Dovecot's first_valid_uid is not known, so uids below {first_uid(request.host.dovecot)} count "
            "as system accounts"
        )
    if main_cf(request.host).value("virtual_alias_maps"):
        yield (
            "aliases: virtual_alias_maps is set; its rows for these names no longer count for strangers. Give such a "
            "name an alias of your own first"
        )
