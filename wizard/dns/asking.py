r"""Query resolvers in parallel, each query with a timeout (RFC 1035, RFC 2308).

Strangers write the answers. So names and texts are in presentation format, with `\DDD` for each
byte that is not printable ASCII (RFC 1035, section 5.1).
"""

from __future__ import annotations

import importlib
import ipaddress
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass

SECONDS = 3.0
"""Timeout of one question, all resolvers and repetitions together."""

AT_ONCE = 16
"""Queries in parallel."""

NO_TIME = "no answer in time"

FOUND = "found"
NO_RECORD = "no record"
NO_NAME = "no name"
FAILED = "failed"
SILENT = "silent"


@dataclass(frozen=True)
class Question:
    """A name (A-labels, no final dot) and a record type such as A, AAAA, MX, PTR, TXT, CNAME."""

    name: str
    kind: str


@dataclass(frozen=True)
class Answer:
    """The answer to a question, or why there is none.

    `state` is `found`, `no record` (the name is there, this type is not), `no name`
    (NXDOMAIN), `failed` (SERVFAIL, REFUSED and the like; `why` in words) or `silent`.
    `records` are in presentation format, sorted, names without a final dot; `canonical` is the
    name behind every CNAME, the question's own where there is none; `ttl` is in seconds.
    """

    question: Question
    state: str
    records: tuple[str, ...] = ()
    canonical: str = ""
    ttl: int = 0
    why: str = ""

    @property
    def known(self) -> bool:
        """Whether it says something about the name: anything but `failed` and `silent`."""
        return self.state in {FOUND, NO_RECORD, NO_NAME}


def ask_all(
    questions: Collection[Question],
    resolvers: Sequence[str],
    *,
    seconds: float = SECONDS,
    port: int = 53,
) -> tuple[Answer, ...]:
    """Ask all questions at once; return the answers in the questions' order. Never raises.

    `resolvers` are addresses as in resolv.conf(5), also with a zone (`fe80::1%eth0`). Without one the
    answers are `failed`.
    """
    if not questions:
        return ()
    # Imported here, since a plan, a run and the screens' start do not need them (60 ms). dns.resolver before
    # the threads start: on Python 3.13 threads that imported it at the same time failed.
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    importlib.import_module("dns.resolver")
    with ThreadPoolExecutor(min(AT_ONCE, len(questions)), thread_name_prefix="dns") as pool:
        return tuple(pool.map(lambda one: _ask(one, resolvers, seconds, port), questions))


def ask_within(
    questions: Collection[Question],
    resolvers: Sequence[str],
    *,
    seconds: float = SECONDS,
    port: int = 53,
) -> dict[Question, Answer]:
    """Ask any number of questions in `seconds` together; without time, an answer is `silent`.

    If all answers of the first batch are silent, the other batches are skipped.
    """
    wanted = list(dict.fromkeys(questions))
    deadline = time.monotonic() + seconds
    found: dict[Question, Answer] = {}
    for first in range(0, len(wanted), AT_ONCE):
        batch = wanted[first : first + AT_ONCE]
        remaining = deadline - time.monotonic()
        if remaining <= 0 or (found and all(one.state == SILENT for one in found.values())):
            answers = tuple(Answer(one, SILENT, why=NO_TIME) for one in batch)
        else:
            answers = ask_all(batch, resolvers, seconds=remaining, port=port)
        found.update((one.question, one) for one in answers)
    return found


def reversed_name(address: str) -> str:
    """Return the name of an address's PTR record, below in-addr.arpa or ip6.arpa."""
    return ipaddress.ip_address(address).reverse_pointer


def _ask(question: Question, resolvers: Sequence[str], seconds: float, port: int) -> Answer:
    import dns.exception  # noqa: PLC0415
    import dns.resolver  # noqa: PLC0415

    if not resolvers:
        return Answer(question, FAILED, why="/etc/resolv.conf names no resolver")
    resolver = dns.resolver.Resolver(configure=False)
    resolver.lifetime = seconds
    resolver.timeout = min(seconds, max(seconds / 3, 1.0))
    resolver.port = port
    try:
        resolver.nameservers = list(resolvers)
        found = resolver.resolve(f"{question.name}.", question.kind, search=False)
    except (dns.exception.DNSException, ValueError, OSError) as error:
        return _unfound(question, error)
    records = sorted(_plain(record) for record in found)
    ttl = found.rrset.ttl if found.rrset is not None else 0
    return Answer(question, FOUND, tuple(records), _plain(found.canonical_name), ttl)


def _plain(record: object) -> str:
    """Return a name or record as text, without the final dot."""
    text = str(record)
    return text[:-1] if text.endswith(".") and text != "." else text


_NS, _SOA = 2, 6
"""Record types (RFC 1035, 3.2.2)."""

_STATES = {"NXDOMAIN": NO_NAME, "NoAnswer": NO_RECORD, "LifetimeTimeout": SILENT}
"""States by dnspython's exceptions; any other exception is a failure."""


def _refers(response: object) -> bool:
    """True if an answer without records names other servers, not the zone's SOA (RFC 2308, 2.2)."""
    kinds = {int(one.rdtype) for one in getattr(response, "authority", ())}
    return _NS in kinds and _SOA not in kinds


def _unfound(question: Question, error: Exception) -> Answer:
    state = _STATES.get(type(error).__name__, FAILED)
    response = getattr(error, "kwargs", {}).get("response")
    if state == NO_RECORD and response is not None and _refers(response):
        return Answer(question, FAILED, why="a referral to other servers")
    if state in {NO_NAME, NO_RECORD}:
        return Answer(question, state)
    if state == SILENT:
        return Answer(question, state, why=NO_TIME)
    # The resolvers' response codes, such as SERVFAIL, each once.
    errors = getattr(error, "kwargs", {}).get("errors", ())
    said = dict.fromkeys(str(one[3]) for one in errors)
    return Answer(question, state, why=", ".join(said) or str(error) or type(error).__name__)
