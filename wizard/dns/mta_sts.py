"""Make and read an MTA-STS policy and its record (RFC 8461, sections 3.1 and 3.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_MODES = ("enforce", "testing", "none")
MAX_AGE = 86_400
"""Seconds of a first policy: a day, so that a fault in it ends soon."""

_RECORD = re.compile(r"v=STSv1\s*;\s*id=[A-Za-z0-9]{1,32}\s*(?:;.*)?")


def url(domain: str) -> str:
    """Return where the policy of a domain is."""
    return f"https://mta-sts.{domain}/.well-known/mta-sts.txt"


def policy(exchangers: Iterable[str]) -> tuple[str, ...]:
    """Return the lines of a first policy, which refuses no mail."""
    mx = (f"mx: {one}" for one in exchangers)
    return ("version: STSv1", "mode: testing", *mx, f"max_age: {MAX_AGE}")


def is_record(text: str) -> bool:
    """True if senders understand the TXT record."""
    return _RECORD.fullmatch(text) is not None


@dataclass(frozen=True)
class Policy:
    """A policy as senders read it: `mx` are names, or `*.` and a name."""

    mode: str
    mx: tuple[str, ...]

    def permits(self, exchanger: str) -> bool:
        """True if senders may use a mail exchanger (RFC 8461, 4.1): a `*` is exactly one label."""
        name = exchanger.lower().rstrip(".")
        rest = name.partition(".")[2]
        return any(one in {name, f"*.{rest}"} for one in self.mx)


def read_policy(text: str) -> Policy:
    """Return the policy of a text. Raises ValueError with what senders do not understand."""
    pairs = list(_pairs(text))
    first = dict(reversed(pairs))
    mode = first.get("mode", "")
    if first.get("version") != "STSv1":
        raise ValueError("it has no line `version: STSv1`")
    if mode not in _MODES:
        raise ValueError(f"mode: {mode or 'missing'}, not one of {', '.join(_MODES)}")
    if not re.fullmatch(r"[0-9]{1,10}", first.get("max_age", "")):
        raise ValueError("it has no line `max_age:` with seconds")
    mx = tuple(value.lower().rstrip(".") for name, value in pairs if name == "mx")
    if not mx and mode != "none":
        raise ValueError("it has no line `mx:`")
    return Policy(mode, mx)


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, _, value = line.partition(":")
        yield name.strip().lower(), value.strip()
