"""All findings of `check --against HOST`, in their order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Optional

from wizard.answers.model import Answers
from wizard.answers.rules.addresses import is_address, unbracketed
from wizard.answers.sections.hostname import Hostname
from wizard.answers.sections.networks import Networks
from wizard.check.abuse.attempts import Target
from wizard.check.abuse.rates import rates_unknown, try_rates
from wizard.check.abuse.trials import try_all
from wizard.check.against import served
from wizard.check.against.guess import Guess, guess, softened
from wizard.check.against.reach import NoWayError, Way, Ways, is_here, is_trusted, ways_to
from wizard.check.against.target_file import KnownServer
from wizard.check.dns.records import judge_lookups
from wizard.check.dns.sts_policies import fetch_policies
from wizard.check.guard import guarded
from wizard.dns.lookups import look_up
from wizard.errors import Trouble
from wizard.finding import RIGHT, UNKNOWN, WAITS, WRONG, Check, Finding

_NO_SIGN = re.compile(r"no answer within|(?i:no route|unreachable|is down|permitted|denied)")
"""What `session.reason` says if nothing came from the server: a time limit, or a router's word."""

_OUR_OWN = re.compile("(?i:network is unreachable|permitted|denied)")
"""What this machine itself says: it has no way to the server, or may not connect."""

_REACHED = ".reached"
_PORT_25 = f"stranger.25{_REACHED}"
_NOT_KNOWN = "not known: "
_IN_SESSION = re.compile(r"[\w ]+: ")
"""How the reason begins if the connection was made: with the command that got no answer."""

_THE_NETWORK = (
    "It may be the server, its firewall or the network between: some networks let nobody out to port"
    " 25. Check it from another network, and on the server itself."
)


@dataclass(frozen=True)
class Against:
    """A server to check from here: its name or address, and what is known of it.

    `resolvers` are those of this machine. With `rates` the limits are reached, too.
    """

    host: str
    known: Optional[KnownServer]
    resolvers: tuple[str, ...]
    rates: bool = False


def check_against(what: Against) -> Iterator[Finding]:
    """Check a server from this machine. Takes a minute at most, some seconds if it is well.

    A server without any sign is wrong on the ports that it should have, since mail does not arrive
    there; the advice names the network between. It is unknown if this machine has no way to it. Raises
    Trouble on a machine that the server trusts, since relaying is allowed from there, and on the server itself.
    """
    reach = Check("against.reached", what.host, "reached from this machine", fatal=False)
    try:
        ways = ways_to(what.host)
    except NoWayError as fault:
        yield reach.unknown(str(fault))
        return
    way = ways.ways[0]
    _refuse_insiders(what, way)
    first: tuple[Finding, ...] = ()
    if what.known is None:
        guessed = guess(what.host, ways.addresses, what.resolvers)
        target = replace(guessed.target, address=way.address)
        first = (_no_target(guessed),)
        tried = list(softened(try_all(target, way.source), guessed))
    else:
        target = replace(what.known.target, address=way.address)
        tried = try_all(target, way.source)
    is_silent = _is_silent(tried)
    seen = f"{way.address}, from {way.source}"
    yield reach.unknown(f"{seen}: no port answers") if is_silent else reach.right(seen)
    yield from first
    yield from (
        _unheard(tried, is_known=what.known is not None) if is_silent else map(_with_doubt, tried)
    )
    yield from guarded("addresses", lambda: served.addresses(ways))
    if not is_silent:
        yield from guarded("certificates", lambda: served.certificates(way, target.name))
    if not is_address(unbracketed(target.name)):
        yield from guarded("the DNS", lambda: _records(what, target, ways))
    if what.rates and is_silent:
        yield from rates_unknown(target, "no port answers")
    elif what.rates:
        # The last, since they lock this address out.
        yield from try_rates(target, way.source)


def _refuse_insiders(what: Against, way: Way) -> None:
    """Raise Trouble on the server itself and on a machine that it trusts."""
    doing = f"checking {what.host} from this machine"
    if is_here(way):
        raise Trouble(
            doing,
            f"{way.address} is this machine itself",
            "Check it from another machine; here, `postfix-wizard check --stranger` does the same.",
        )
    if what.known is not None and is_trusted(way.source, what.known.trusted):
        raise Trouble(
            doing,
            f"the server trusts {way.source}, which is this machine (mynetworks)",
            "What it lets this machine do, strangers may not: check it from another network.",
        )


def _no_target(guessed: Guess) -> Finding:
    """`against.target`: that nobody said what the server should be."""
    check = Check("against.target", "what the server should be", "a file (--target)", fatal=False)
    sure = "by its MX" if guessed.is_domain_sure else "a guess"
    return check.finding(
        UNKNOWN,
        "not known: judged by HOST and the DNS alone, without its limits, its networks and whether "
        f"it has 587 and 465; name {guessed.name}, domain {guessed.domain} ({sure})",
        "On the server, as root: `postfix-wizard check --print-target >FILE`. Copy FILE here, and "
        "add `--target FILE`.",
    )


def _is_silent(findings: Sequence[Finding]) -> bool:
    """True if no port gave a sign of the server, not even by refusing a connection."""
    reached = [one for one in findings if one.id.endswith(_REACHED) and one.verdict != WAITS]
    return all(one.verdict not in {RIGHT, WAITS} and _NO_SIGN.search(one.seen) for one in reached)


def _unheard(findings: Sequence[Finding], *, is_known: bool) -> Iterator[Finding]:
    """Yield why each port was not reached; the attempts would only repeat it.

    A target says that the server has these ports, so each is WRONG. Without one, port 25 is, if the
    connection itself failed: HOST is a mail server, and one that connects may greet later.
    """
    for one in findings:
        if not one.id.endswith(_REACHED) or one.verdict == WAITS:
            continue
        why = one.seen.removeprefix(_NOT_KNOWN)
        is_refused = one.id == _PORT_25 and not _IN_SESSION.match(why)
        if (is_known or is_refused) and not _OUR_OWN.search(why):
            yield replace(one, verdict=WRONG, seen=why, advice=_THE_NETWORK)
        else:
            yield replace(one, verdict=UNKNOWN, seen=f"{_NOT_KNOWN}{why}", advice=_THE_NETWORK)


def _with_doubt(finding: Finding) -> Finding:
    """Return a finding that port 25 is silent with the other possible cause, for a user at home."""
    at_25 = finding.id.startswith("stranger.25") and finding.id.endswith(_REACHED)
    if at_25 and finding.verdict == WRONG and _NO_SIGN.search(finding.seen):
        return replace(finding, advice=f"{finding.advice} {_THE_NETWORK}")
    return finding


def _records(what: Against, target: Target, ways: Ways) -> Iterator[Finding]:
    """Compare the DNS records with the addresses of HOST; `dns.a` is trivial if HOST is the name."""
    hostname = Hostname(target.name.lower(), target.domain.lower())
    answers = Answers(hostname, networks=Networks(inet_protocols="all"))
    found = look_up(answers, ways.addresses, what.resolvers)
    for one in judge_lookups(answers, found, fetched=fetch_policies(found)):
        # These sentences are written for a reader on the server.
        yield replace(
            one,
            seen=one.seen.replace("this host", what.host),
            expected=one.expected.replace("this host", what.host),
            advice=one.advice.replace("this host", what.host),
        )
