"""Check a second MX by the DNS and by a session with the primary (RFC 5321, 5.1).

On the backup, the MX records of each domain name both servers, the primary with the lower number. On
the primary, its backups come after it. None of it fails a run.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Callable, Optional

from wizard.answers.model import Answers, local_domains
from wizard.answers.rules.addresses import is_address
from wizard.check.smtp.session import Endpoint, Transcript, converse, opening
from wizard.dns.asking import Answer, Question, ask_within
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG, Check, Finding
from wizard.host.facts import Network
from wizard.postfix.settings import Settings
from wizard.text import counted, printable, shortened

MOST = 24
"""Domains whose MX records are queried; the rest of a longer list is skipped."""
SECONDS = 1.5
"""For all queries and the session together: a run does not wait longer for the internet."""
_SHOWN = 3
_PORT = 25
_MIN_SECONDS = 0.1

_ORDER = Check(
    "backup.mx", "second MX: the MX records", "the primary with the lower number", fatal=False
)
_PRIMARY = Check("backup.primary", "second MX: the primary", "answers on port 25", fatal=False)
_STRAY = Check(
    "backup.strays", "domains whose MX is this host", "each local, or in [backup]", fatal=False
)


@dataclass(frozen=True)
class Seen:
    """The MX records by domain, the addresses by name, and the session with the primary."""

    records: dict[str, Answer]
    addresses: dict[str, frozenset[str]]
    own: frozenset[str]
    session: Optional[Transcript] = None

    def numbers(self, domain: str, names: Sequence[str], own: frozenset[str]) -> list[int]:
        """Return the numbers of the records that lead to a server, by name or by address."""
        found = (one.lower().split() for one in self.records[domain].records)
        return [
            int(words[0])
            for words in found
            if len(words) > 1
            and words[0].isdecimal()
            and (words[1] in names or (self.addresses.get(words[1], frozenset()) & own))
        ]


def begin_exchangers(
    answers: Answers,
    settings: Settings,
    network: Optional[Network],
    pool: Executor,
    *,
    seconds: float = SECONDS,
    why_not: str = "",
) -> Callable[[], Iterator[Finding]]:
    """Query in a thread of the pool; call the result to wait for the findings. None if nothing needs them.

    With `why_not` nothing is queried, and the findings are unknown for that reason.
    """
    own = answers.backup
    if network is None or not (own.domains or own.servers):
        return lambda: iter(())
    if why_not:
        return lambda: _unknown(answers, why_not)
    pending = pool.submit(look, answers, network, seconds)
    return lambda: judge_exchangers(answers, settings, pending.result())


def _unknown(answers: Answers, why: str) -> Iterator[Finding]:
    yield _ORDER.unknown(why)
    if answers.backup.domains:
        yield _PRIMARY.unknown(why)


def look(answers: Answers, network: Network, seconds: float) -> Seen:
    """Query the records and greet the primary. Never raises; takes `seconds` or little more."""
    until = time.monotonic() + seconds
    host, primary = answers.hostname.myhostname, answers.backup.primary
    domains = [*dict.fromkeys((*answers.backup.domains[:MOST], *_candidates(answers)[:MOST]))]
    found = ask_within([Question(one, "MX") for one in domains], network.resolvers, seconds=seconds)
    records = {one.name: answer for one, answer in found.items()}
    names = {
        words[-1]
        for answer in records.values()
        for one in answer.records
        if len(words := one.lower().split()) > 1
    }
    names |= {host} | ({primary} - {""})
    questions = [
        Question(one, kind)
        for one in sorted(names)
        if not is_address(one)
        for kind in ("A", "AAAA")
    ]
    remaining = max(_MIN_SECONDS, until - time.monotonic())
    led = ask_within(questions, network.resolvers, seconds=remaining)
    addresses = {
        name: frozenset(one for kind in ("A", "AAAA") for one in led[Question(name, kind)].records)
        for name in names
        if not is_address(name)
    }
    own = frozenset(network.addresses) | addresses.get(host, frozenset())
    session = None
    if primary:
        leads = [primary] if is_address(primary) else sorted(addresses[primary], key=len)
        script = opening(host)
        session = (
            converse(Endpoint(leads[0], _PORT), script, max(_MIN_SECONDS, until - time.monotonic()))
            if leads
            else Transcript(stopped_at="greeting", why=_why(led[Question(primary, "A")]))
        )
    return Seen(records, addresses, own, session)


def _why(answer: Answer) -> str:
    return f"{answer.question.name} has no address: {answer.why or answer.state}"


def _candidates(answers: Answers) -> tuple[str, ...]:
    """Return our local domains, and the domains above those that are local or backed up."""
    named = (*local_domains(answers), *answers.backup.domains)
    above = (
        one.partition(".")[2] for one in (*named, answers.backup.primary) if not is_address(one)
    )
    return tuple(dict.fromkeys((*named, *(one for one in above if "." in one))))


def judge_exchangers(answers: Answers, settings: Settings, seen: Seen) -> Iterator[Finding]:
    """Yield `backup.mx`, `backup.primary` and `backup.strays`."""
    own = answers.backup
    local = local_domains(answers)
    faults = [_of_backup(one, answers, seen) for one in own.domains[:MOST]]
    faults += [_of_primary(one, answers, seen) for one in local[:MOST]] if own.servers else []
    yield _first(faults, counted(len(faults), "domain"))
    if own.domains and seen.session is not None:
        yield _judge_session(own.primary, settings, seen.session)
    known = {*local, *own.domains, *(one.lower() for one in settings.words("relay_domains"))}
    known |= {one.lower() for name in _LISTS for one in settings.words(name)}
    host = answers.hostname.myhostname
    strays = [
        one
        for one, answer in seen.records.items()
        if one not in known and answer.known and seen.numbers(one, [host], seen.own)
    ]
    if strays:
        yield _STRAY.warning(
            f"the MX of {shortened(strays, _SHOWN)} names this host, which refuses its mail",
            "Make it local where its mail is read here, name it in [backup] domains where another "
            "server delivers it, or take this host out of its MX records.",
        )


_LISTS = ("mydestination", "virtual_alias_domains", "virtual_mailbox_domains")

_Fault = tuple[str, str, str]
"""The verdict, what is seen, and what to do."""


def _first(faults: Sequence[_Fault], count: str) -> Finding:
    for verdict in (WRONG, WARNING, UNKNOWN):
        for one in faults:
            if one[0] == verdict:
                return _ORDER.finding(verdict, printable(one[1]), one[2])
    return _ORDER.right(f"{count}, as seen here")


def _of_backup(domain: str, answers: Answers, seen: Seen) -> _Fault:
    """Return what is wrong with the records of a domain of this second MX."""
    host, primary = answers.hostname.myhostname, answers.backup.primary
    answer = seen.records[domain]
    if not answer.known:
        return UNKNOWN, f"not known: {domain}: {answer.why}", ""
    leads = (
        frozenset({primary}) if is_address(primary) else seen.addresses.get(primary, frozenset())
    )
    ours = seen.numbers(domain, [host], seen.own)
    theirs = seen.numbers(domain, [primary], leads)
    listed = f"{domain}: {', '.join(answer.records) or 'no MX'}"
    if not ours:
        return (
            WARNING,
            f"{listed}: this host is not named, so no mail comes here in an outage",
            f"Publish {domain}. IN MX 20 {host}. beside the primary's, with a higher number.",
        )
    if not theirs:
        return (
            WARNING,
            f"{listed}: {primary} is not named",
            f"Publish {domain}. IN MX 10 {primary}. with a lower number than {host}'s.",
        )
    return _ordered(listed, min(theirs), min(ours), primary, host)


def _of_primary(domain: str, answers: Answers, seen: Seen) -> _Fault:
    """Return what is wrong with the records of a local domain that name a backup of this server."""
    answer, host = seen.records.get(domain), answers.hostname.myhostname
    if answer is None or not answer.known:
        return UNKNOWN, f"not known: {domain}: {answer.why if answer else 'it was not queried'}", ""
    backups = frozenset(answers.backup.servers)
    theirs = seen.numbers(domain, [], backups)
    ours = seen.numbers(domain, [host], seen.own)
    if not theirs or not ours:
        return RIGHT, "", ""
    listed = f"{domain}: {', '.join(answer.records)}"
    return _ordered(listed, min(ours), min(theirs), host, "its backup")


def _ordered(listed: str, first: int, second: int, primary: str, backup: str) -> _Fault:
    if first < second:
        return RIGHT, "", ""
    return (
        WRONG,
        f"{listed}: {primary} has no lower number than {backup}",
        f"Give {primary} the lower number, such as 10, and {backup} a higher one, such as 20.",
    )


def _judge_session(primary: str, settings: Settings, session: Transcript) -> Finding:
    hello = session.replies.get("ehlo")
    if hello is None or session.stopped_at in {"greeting", "ehlo"}:
        return _PRIMARY.warning(
            printable(f"{primary}: {session.why}"),
            "Mail for it waits here until it answers; nothing is lost for as long as "
            "maximal_queue_lifetime. `postqueue -p` shows it.",
        )
    theirs, ours = hello.keyword("SIZE") or "", settings.number("message_size_limit") or 0
    size = int(theirs) if theirs.isdecimal() else 0
    if size and (not ours or ours > size):
        return _PRIMARY.warning(
            f"{primary} takes {size} bytes, and this host {ours or 'any number'}",
            f"Set `message_size_limit = {size}` in main.cf; reload: a larger message returns to its sender.",
        )
    return _PRIMARY.right(printable(f"{primary} greets"))
