"""Plan who reads root's mail: /etc/aliases, its table, and a message as proof (aliases(5)).

Without an answer nothing is planned. If root's mail would then bounce, that is a warning.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import islice
from typing import Optional

from wizard.answers.model import POLICY, Answers, Caution, Problem
from wizard.host.facts import Host
from wizard.paths import ALIASES
from wizard.plan.actions import BuildTable, Deliver
from wizard.plan.model import Step
from wizard.plan.part import Part, Request
from wizard.plan.planned_file import PlannedFile
from wizard.postfix import table_types
from wizard.postfix.aliases import (
    ABUSE,
    POSTMASTER,
    ROOT,
    Aliases,
    End,
    end_of,
    propose_aliases,
    table_rows,
    text_rows,
)
from wizard.postfix.forwarding import HELPS, LOSES, forwarding_aliases, named
from wizard.postfix.proposal import Proposal
from wizard.postfix.system_accounts import accounts_on, people_to_root
from wizard.sections.aliases import others, system

MAX_FORWARDED = 200
"""Rows to other servers that are counted."""
SECTION = "aliases"
NAMES = (POSTMASTER, ABUSE, ROOT)
BOUNCES = (
    "nobody reads root's mail: Dovecot takes none for uid 0, so what is for root, postmaster or "
    "abuse is deferred, and bounces after five days"
)


def plan(request: Request) -> Part:
    """Return what the section adds to a plan."""
    proposal = _propose(request)
    judged = _judge(request, proposal)
    if proposal is None:
        return replace(judged, tables=tuple(_repair(request)))
    file = PlannedFile(request.host.files[ALIASES], proposal, keeps_original=True)
    tables = tuple(_steps(file, request.host, request.tolerated))
    of_system = system.plan(request)
    return replace(
        judged,
        files=(file, *of_system.files),
        tables=(*tables, *of_system.tables),
        after_proof=(_proof(request.answers, tables),),
        obstacles=(*judged.obstacles, *of_system.obstacles),
        warnings=(*judged.warnings, *of_system.warnings),
    )


def _propose(request: Request) -> Optional[Proposal]:
    """Return the next text of the file, None if the plan does not change it."""
    answers, host, before = request.answers.aliases, request.host, request.rerun_from
    if SECTION not in request.scope or not answers.root or _why_not(host):
        return None
    if before is not None and before.aliases == answers and answers.system != system.ROOT:
        return Proposal(host.text(ALIASES))
    return propose_aliases(
        host.files[ALIASES].live,
        answers.root,
        protected=request.protected_in(ALIASES),
        accounts=accounts_on(host, request.answers).aliased,
        people=people_to_root(host, request.answers),
    )


def _why_not(host: Host) -> str:
    """Return why the file cannot be edited, "" if it can."""
    file = host.files[ALIASES]
    faults = (
        (bool(file.why), f"{ALIASES} cannot be read: {file.why}"),
        (
            not host.aliases.table_type,
            (
                f"alias_maps in main.cf looks up no table of {ALIASES} that postalias builds: write who reads "
                "root's mail where your aliases are kept, and leave this empty"
            ),
        ),
        (
            file.is_link or file.links > 1,
            f"{ALIASES} is a link, which replacing would cut; put a plain file there first",
        ),
        (
            not _can_be_added_to(file.live),
            f"root's row in {ALIASES} ends within quotes or a comment; close them first",
        ),
        (
            b"\0" in (file.live or b""),
            (
                f"{ALIASES} holds NUL bytes, as UTF-16 does, and Postfix cannot read it: "
                "`iconv -f UTF-16 -t UTF-8` makes plain text of it"
            ),
        ),
    )
    return next((words for wrong, words in faults if wrong), "")


def _can_be_added_to(live: Optional[bytes]) -> bool:
    row = Aliases.parse(live or b"").rows.get(ROOT)
    return row is None or row.closed


def _steps(file: PlannedFile, host: Host, tolerated: tuple[str, ...]) -> Iterator[Step]:
    """Yield the steps that write the file and build its table."""
    table_type = host.aliases.table_type
    if table_types.is_missing(host.postfix, table_type):
        table_type = host.postfix.default_database_type
    rows = text_rows(file.proposal.text)
    is_built = host.aliases.rows is not None and table_rows(host.aliases.rows) == rows
    yield file.write(
        "Write aliases",
        "Who reads the mail of root, postmaster and abuse; all other rows stay as they are.",
    )
    yield Step(
        "aliases-table",
        "Build the table of aliases",
        "Postfix reads the indexed table, not the text; `newaliases` does the same.",
        BuildTable(table_type, ALIASES, tuple(rows.items()), tolerated, "postalias"),
        (("postalias", f"{table_type}:{ALIASES}"),),
        done=not file.pending and is_built,
    )


def _repair(request: Request) -> Iterator[Step]:
    """Yield the step that builds the table again, if it is of a type that Postfix does not have."""
    host = request.host
    live = host.files[ALIASES].live
    is_missing = table_types.is_missing(host.postfix, host.aliases.table_type)
    if is_missing and request.scope.has_any(POLICY, SECTION) and live is not None:
        file = PlannedFile(host.files[ALIASES], Proposal(live))
        yield from tuple(_steps(file, host, request.tolerated))[1:]


def _proof(answers: Answers, tables: Collection[Step]) -> Step:
    """Return the step that sends postmaster a message and follows it, after the service is up."""
    return Step(
        "aliases-delivery",
        "Send a message to postmaster",
        "It shows whether somebody gets it; without Dovecot it waits in the queue.",
        Deliver(POSTMASTER, answers.hostname.myhostname),
        (("sendmail", "-i", "-f", "<>", POSTMASTER),),
        done=all(step.done for step in tables),
    )


def _judge(request: Request, proposal: Optional[Proposal]) -> Part:
    """Return obstacles, cautions and warnings, from the readers in the planned file."""
    answers, host = request.answers, request.host
    if SECTION not in request.scope:
        return Part()
    if not answers.aliases.root:
        return Part(warnings=tuple(_undecided(answers, host)))
    if proposal is None:
        return Part(obstacles=(Problem(SECTION, "root", _why_not(host)),))
    ends = [end_of(name, Aliases.parse(proposal.text), _local(answers)) for name in NAMES]
    circles = [one for one in ends if one.circle]
    pending = proposal.text != host.files[ALIASES].live
    return Part(
        obstacles=tuple(Problem(SECTION, "root", _circle(one)) for one in circles[:1]),
        cautions=tuple(_nobody(ends, host)) if pending else (),
        warnings=(
            *proposal.warnings,
            *_owner(host),
            *_forwarding(answers, proposal.text),
            *others.warnings(host),
        ),
    )


def _local(answers: Answers) -> frozenset[str]:
    own = answers.hostname
    return frozenset({own.myhostname, own.mydomain, "localhost", *answers.domains.local})


def _circle(end: End) -> str:
    return (
        f"{' leads to '.join(end.way)} in {ALIASES}, round in a circle: take one of these rows out, "
        "or name somebody else here"
    )


def _nobody(ends: Collection[End], host: Host) -> Iterator[Caution]:
    """Yield a caution for readers who are not in passwd. Dovecot or a directory may know them."""
    known = {one.name.lower() for one in host.users}
    missing = dict.fromkeys(one.name for one in ends if one.name and one.name not in known)
    if known and missing:
        yield Caution(
            "aliases-reader",
            f"{', '.join(missing)} is no user in /etc/passwd and no alias: unless Dovecot or a "
            "directory knows that name, mail for root, postmaster and abuse is refused or bounces.",
            tuple(missing),
        )


def _owner(host: Host) -> Iterator[str]:
    file = host.files[ALIASES]
    if file.live is not None and (file.uid != 0 or file.mode & 0o022):
        yield (
            f"others than root can write {ALIASES}, and so decide who reads root's mail: "
            f"`chown root {ALIASES}; chmod go-w {ALIASES}`"
        )


def _forwarding(answers: Answers, text: bytes) -> Iterator[str]:
    """Warn of rows that lead to other servers."""
    local = _local(answers)
    found = list(islice(forwarding_aliases(Aliases.parse(text), local.__contains__), MAX_FORWARDED))
    if found:
        yield f"aliases: {named(found)}: {LOSES}. {HELPS}"


def _undecided(answers: Answers, host: Host) -> Iterator[str]:
    """Warn if mail for root would bounce and no answer says who reads it."""
    live = host.files[ALIASES].live
    if live is None or not answers.delivery.mailbox_transport.startswith("lmtp:"):
        return
    end = end_of(ROOT, Aliases.parse(live), _local(answers))
    if end.name == ROOT:
        yield (
            f"{BOUNCES}. Name who reads it: under More in the screens, or in the answers file, such as "
            'root = "taro" in [aliases]'
        )
