"""The TXT records of keys that sign mail (RFC 6376, 3.6), and what each server of a zone has of them."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from wizard.dns.asking import FOUND, Answer, Question, ask_within
from wizard.dns.spf import text_of
from wizard.text import printable, shortened

RIGHT, WRONG, MISSING, UNKNOWN = "right", "wrong", "missing", "unknown"
"""Right: all servers have this key. Wrong: one has another record. Missing: one has none. Unknown: one does not answer."""

MAX_SERVERS = 13
MAX_STRING_BYTES = 255
"""A longer string is a syntax error (RFC 1035, 3.3); a record of a key has several."""
_SHOWN = 80


@dataclass(frozen=True)
class Published:
    """What the authoritative servers of a zone have of one key's record: a state, and why."""

    state: str
    why: str = ""


def record_text(public: str) -> str:
    """Return the text of the record; `public` is a SubjectPublicKeyInfo in base64."""
    return f"v=DKIM1; k=rsa; p={public}"


def zone_line(name: str, public: str) -> str:
    """Return the record as a line of a zone file, in strings of at most 255 bytes."""
    text = record_text(public)
    parts = [text[at : at + MAX_STRING_BYTES] for at in range(0, len(text), MAX_STRING_BYTES)]
    strings = " ".join(f'"{one}"' for one in parts)
    return f"{name}. IN TXT ( {strings} )"


def fault(records: Sequence[str], public: str) -> str:
    """Return why verifiers would not find this key in these TXT records, "" if they do."""
    if len(records) > 1:
        return f"there are {len(records)} records, and there must be one"
    tags: dict[str, str] = {}
    for part in text_of(records[0]).split(";"):
        name, _, value = part.partition("=")
        tags.setdefault(name.strip(), value)
    key = "".join(tags.get("p", "").split())
    kind = tags.get("k", "rsa").strip()
    if tags.get("v", "DKIM1").strip() != "DKIM1" or "p" not in tags:
        return f"it is no record of a key: {printable(records[0], _SHOWN)}"
    if not key:
        return "its key is withdrawn (p= is empty)"
    if kind != "rsa":
        return f"it has a key of {printable(kind, _SHOWN)}, not of RSA"
    return "" if key == public else "it has another key"


def published(
    keys: Mapping[str, str], resolvers: Sequence[str], *, seconds: float
) -> dict[str, Published]:
    """Ask every authoritative server of each zone; `keys` have the public part by record name.

    The resolvers are asked only for the names of the servers, so no cache can answer. Never raises.
    """
    deadline = time.monotonic() + seconds
    zones = _zones(keys, resolvers, seconds)
    servers = {name for found in zones.values() for name in found}
    hosts = [Question(name, kind) for name in servers for kind in ("A", "AAAA")]
    at = ask_within(hosts, resolvers, seconds=max(0.0, deadline - time.monotonic()))
    found = {}
    for name, public in keys.items():
        answers = {}
        for server in zones[name]:
            addresses = [
                one for kind in ("A", "AAAA") for one in at[Question(server, kind)].records
            ]
            answers[server] = _ask(name, addresses, deadline - time.monotonic())
        found[name] = judge(answers, public)
    return found


def judge(answers: Mapping[str, Answer], public: str) -> Published:
    """Return what the servers' answers, by server, say together. The worst counts."""
    if not answers:
        return Published(UNKNOWN, "no server of its zone can be found")
    wrong = {
        server: fault(answer.records, public)
        for server, answer in answers.items()
        if answer.state == FOUND
    }
    missing = [server for server, one in answers.items() if one.known and one.state != FOUND]
    silent = [f"{server}: {one.why}" for server, one in answers.items() if not one.known]
    for server, why in wrong.items():
        if why:
            return Published(WRONG, f"{server}: {why}")
    if missing:
        some = "" if len(missing) == len(answers) else f" at {shortened(missing, 3)}"
        return Published(MISSING, f"there is no record{some}")
    if silent:
        return Published(UNKNOWN, shortened(silent, 3))
    return Published(RIGHT, shortened(list(answers), 3))


def _zones(names: Iterable[str], resolvers: Sequence[str], seconds: float) -> dict[str, list[str]]:
    """Return by name the servers of its zone; the nearest name above with NS records is the zone."""
    above = {name: _above(name) for name in names}
    wanted = {Question(zone, "NS") for zones in above.values() for zone in zones}
    answers = ask_within(wanted, resolvers, seconds=seconds)
    found: dict[str, list[str]] = {}
    for name, zones in above.items():
        records = next(
            (one for zone in zones if (one := _servers(answers[Question(zone, "NS")]))), ()
        )
        found[name] = list(records[:MAX_SERVERS])
    return found


def _above(name: str) -> Collection[str]:
    """Return the names that may be its zone, the nearest first, no top-level domain."""
    labels = name.split(".")
    return [".".join(labels[at:]) for at in range(1, max(2, len(labels) - 1))]


def _servers(answer: Answer) -> tuple[str, ...]:
    is_own = answer.canonical.lower() == answer.question.name.lower()
    return answer.records if answer.state == FOUND and is_own else ()


def _ask(name: str, addresses: Sequence[str], seconds: float) -> Answer:
    """Ask one server at its addresses, until one of them answers."""
    question = Question(name, "TXT")
    if not addresses:
        return Answer(question, "failed", why="it has no address")
    answer = Answer(question, "silent", why="no answer in time")
    until = time.monotonic() + seconds
    for address in addresses:
        remaining = until - time.monotonic()
        if remaining <= 0:
            break
        answer = ask_within([question], [address], seconds=remaining)[question]
        if answer.known:
            break
    return answer
