"""The TXT records of keys that sign mail (RFC 6376, 3.6), and what each server of a zone has of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from wizard.dns.asking import FOUND, Answer, Question
from wizard.dns.authority import ZoneAnswers, ask_each_server
from wizard.dns.domain_names import is_below
from wizard.dns.key_record import MISSING, RIGHT, UNKNOWN, WITHDRAWN, WRONG, KeyRecord
from wizard.dns.primary import Primary, ask_hidden_primary
from wizard.dns.spf import text_of
from wizard.dns.txt import strings
from wizard.text import printable, shortened

_SHOWN = 80
_TURNS = 3
"""Turns of questions for a hidden primary, which together take as long as the others."""
_IS_WITHDRAWN = "its key is withdrawn (p= is empty)"


def record_text(public: str) -> str:
    """Return the text of the record; `public` is a SubjectPublicKeyInfo in base64, "" to withdraw it."""
    return f"v=DKIM1; k=rsa; p={public}" if public else WITHDRAWN


def zone_line(name: str, public: str) -> str:
    """Return the record as a line of a zone file, in strings of at most 255 bytes."""
    return f"{name}. IN TXT ( {strings(record_text(public))} )"


_AT_PATH = re.compile(r"\(public key of (/[^()]*)\)")


def unmade(path: str) -> str:
    """Return the mark in the place of a public part: a run makes the key at `path` and then writes the record."""
    return f"(public key of {path})"


def unmade_paths(publics: Iterable[str], text: bytes) -> tuple[str, ...]:
    """Return the paths of the keys whose marks are among these public parts, and in the text of a zone file."""
    found = (match[1] for one in publics if (match := _AT_PATH.fullmatch(one)))
    return tuple(path for path in found if _data(unmade(path)) in text)


def with_key(text: bytes, path: str, public: str) -> bytes:
    """Return the text of a zone file with the public part of the key at `path` in the place of its mark."""
    return text.replace(_data(unmade(path)), _data(public))


def _data(public: str) -> bytes:
    return strings(record_text(public)).encode("ascii")


def fault(records: Sequence[str], public: str) -> str:
    """Return why verifiers would not find this key in these TXT records, "" if they do."""
    if len(records) > 1:
        return f"there are {len(records)} records, and there must be one"
    tags = _tags(records[0])
    key = "".join(tags.get("p", "").split())
    kind = tags.get("k", "rsa").strip()
    if tags.get("v", "DKIM1").strip() != "DKIM1" or "p" not in tags:
        return f"it is no record of a key: {printable(records[0], _SHOWN)}"
    if not key:
        return _IS_WITHDRAWN
    if kind != "rsa":
        return f"it has a key of {printable(kind, _SHOWN)}, not of RSA"
    for name, used in _LIMITS.items():
        if name in tags and not used & _parts(tags[name]):
            return (
                f"it has {name}={printable(tags[name], _SHOWN)}, by which it is not for this mail"
            )
    return "" if key == public else "it has another key"


_LIMITS = {"h": frozenset({"sha256"}), "s": frozenset({"*", "email"})}
"""Tags that limit a key to hashes and to kinds of mail, and what ours needs of them (RFC 6376, 3.6.1)."""


def _parts(value: str) -> frozenset[str]:
    return frozenset(one.strip().lower() for one in value.split(":"))


def _tags(record: str) -> dict[str, str]:
    tags: dict[str, str] = {}
    for part in text_of(record).split(";"):
        name, _, value = part.partition("=")
        tags.setdefault(name.strip(), value)
    return tags


def published(
    keys: Mapping[str, str], resolvers: Sequence[str], *, seconds: float
) -> dict[str, KeyRecord]:
    """Ask every authoritative server of each zone; `keys` have the public part by record name.

    The resolvers are queried only for the names of the servers, so no cache can answer. Never raises.
    """
    questions = {name: Question(name, "TXT") for name in keys}
    zones = ask_each_server(questions.values(), resolvers, seconds=seconds)
    lost = [(one.zone, one.why) for one in zones if not one.answers]
    found = {}
    for name, question in questions.items():
        zone = next((one for one in zones if _has(one, question)), None)
        answers = {
            server.name: had[question]
            for server, had in (zone.answers.items() if zone else ())
            if question in had
        }
        why_none = "".join(f": {of}: {why}" for of, why in lost if is_below(name, of))
        found[name] = judge(answers, keys[name], why_none)
    for zone in zones:
        unpublished = [
            name
            for name, question in questions.items()
            if _has(zone, question) and found[name].state in {MISSING, WRONG} and keys[name]
        ]
        wanted = [questions[one] for one in unpublished]
        primary = (
            ask_hidden_primary(wanted, zone, resolvers, seconds=seconds / _TURNS)
            if wanted
            else None
        )
        if primary is not None:
            for name in unpublished:
                more = _at_primary(primary, questions[name], keys[name])
                found[name] = replace(found[name], why=f"{found[name].why}; {more}")
    return found


def _has(zone: ZoneAnswers, question: Question) -> bool:
    return any(question in had for had in zone.answers.values())


def _at_primary(primary: Primary, question: Question, public: str) -> str:
    """Return what a hidden primary has of a record that is not right at the servers that everybody asks."""
    one = primary.answers.get(question)
    name = f"{primary.name}, the primary, which is not one of them,"
    if one is None or not one.known:
        return f"{name} does not answer here ({one.why if one else 'it has no address'})"
    if one.state != FOUND or fault(one.records, public):
        return f"{name} does not have it either"
    return (
        f"{name} has it: they take it over once the serial of its zone is higher than theirs and it "
        "notifies them"
    )


def judge(answers: Mapping[str, Answer], public: str, why_none: str = "") -> KeyRecord:
    """Return what the servers' answers, by server, say together. The worst counts.

    Without answers `why_none` says, after a colon, why no server was queried.
    """
    if not answers:
        return KeyRecord(UNKNOWN, f"no server of its zone can be found{why_none}")
    wrong = {
        server: fault(answer.records, public)
        for server, answer in answers.items()
        if answer.state == FOUND
    }
    missing = [server for server, one in answers.items() if one.known and one.state != FOUND]
    silent = [f"{server}: {one.why}" for server, one in answers.items() if not one.known]
    is_gone = not silent and all(why == _IS_WITHDRAWN for why in wrong.values())
    for server, why in wrong.items():
        if why:
            return KeyRecord(WRONG, f"{server}: {why}", is_gone)
    if missing:
        return KeyRecord(MISSING, f"there is no record at {shortened(missing, 3)}", is_gone)
    if silent:
        return KeyRecord(UNKNOWN, shortened(silent, 3))
    tests = any("y" in _parts(_tags(one.records[0]).get("t", "")) for one in answers.values())
    return KeyRecord(RIGHT, shortened(list(answers), 3), is_test=tests)
