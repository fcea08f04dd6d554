r"""Questions put to a resolver side by side, each with an end (RFC 1035, RFC 2308).

What comes back was written by strangers: names and texts are in presentation format, in which
whatever is not printable ASCII stands as `\DDD` (RFC 1035, section 5.1).
"""

from __future__ import annotations

import importlib
import ipaddress
import time
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

SECONDS = 3.0
"""For one question, all resolvers and repetitions together."""

AT_ONCE = 16
"""Questions under way at the same time."""

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
    """What a question came to.

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
    """Ask all questions at once; the answers come in the questions' order, none raises.

    `resolvers` are addresses as resolv.conf(5) has them; of one with a zone (`fe80::1%eth0`)
    and of none at all the answers are `failed`.
    """
    if not questions:
        return ()
    # Loaded here, since a plan, a run and the screens' start do without (60 ms), and before the
    # threads: on Python 3.13 threads that load it at the same time failed.
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
    """Ask any number of questions in `seconds` together; what there is no time for is `silent`.

    A resolver that answers none of the first is not asked the others.
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
    """Return the name below in-addr.arpa or ip6.arpa that an address's PTR record has."""
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
    """Return a name or record as text; the final dot of the name in its end goes."""
    text = str(record)
    return text[:-1] if text.endswith(".") and text != "." else text


_STATES = {"NXDOMAIN": NO_NAME, "NoAnswer": NO_RECORD, "LifetimeTimeout": SILENT}
"""dnspython's exceptions by the state that they mean; any other is a failure."""


def _unfound(question: Question, error: Exception) -> Answer:
    state = _STATES.get(type(error).__name__, FAILED)
    if state in {NO_NAME, NO_RECORD}:
        return Answer(question, state)
    if state == SILENT:
        return Answer(question, state, why=NO_TIME)
    # The resolvers' own words, such as SERVFAIL, each once.
    errors = getattr(error, "kwargs", {}).get("errors", ())
    said = dict.fromkeys(str(one[3]) for one in errors)
    return Answer(question, state, why=", ".join(said) or str(error) or type(error).__name__)
