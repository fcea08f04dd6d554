"""The TXT records of keys that sign mail (RFC 6376, 3.6), and what each server of a zone has of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from wizard.dns.asking import FOUND, Answer, Question
from wizard.dns.authority import ask_each_server
from wizard.dns.key_record import MISSING, RIGHT, UNKNOWN, WITHDRAWN, WRONG, KeyRecord
from wizard.dns.spf import text_of
from wizard.dns.txt import strings
from wizard.text import printable, shortened

_SHOWN = 80
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
    tags: dict[str, str] = {}
    for part in text_of(records[0]).split(";"):
        name, _, value = part.partition("=")
        tags.setdefault(name.strip(), value)
    key = "".join(tags.get("p", "").split())
    kind = tags.get("k", "rsa").strip()
    if tags.get("v", "DKIM1").strip() != "DKIM1" or "p" not in tags:
        return f"it is no record of a key: {printable(records[0], _SHOWN)}"
    if not key:
        return _IS_WITHDRAWN
    if kind != "rsa":
        return f"it has a key of {printable(kind, _SHOWN)}, not of RSA"
    return "" if key == public else "it has another key"


def published(
    keys: Mapping[str, str], resolvers: Sequence[str], *, seconds: float
) -> dict[str, KeyRecord]:
    """Ask every authoritative server of each zone; `keys` have the public part by record name.

    The resolvers are queried only for the names of the servers, so no cache can answer. Never raises.
    """
    questions = {name: Question(name, "TXT") for name in keys}
    zones = ask_each_server(questions.values(), resolvers, seconds=seconds)
    found = {}
    for name, public in keys.items():
        queried = [
            one for one in zones if any(questions[name] in had for had in one.answers.values())
        ]
        answers = {
            server.name: had[questions[name]]
            for one in queried[:1]
            for server, had in one.answers.items()
            if questions[name] in had
        }
        found[name] = judge(answers, public)
    return found


def judge(answers: Mapping[str, Answer], public: str) -> KeyRecord:
    """Return what the servers' answers, by server, say together. The worst counts."""
    if not answers:
        return KeyRecord(UNKNOWN, "no server of its zone can be found")
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
        some = "" if len(missing) == len(answers) else f" at {shortened(missing, 3)}"
        return KeyRecord(MISSING, f"there is no record{some}", is_gone)
    if silent:
        return KeyRecord(UNKNOWN, shortened(silent, 3))
    return KeyRecord(RIGHT, shortened(list(answers), 3))
