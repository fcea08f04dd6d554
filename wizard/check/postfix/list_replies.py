"""Find blocklists that Postfix takes at any reply, though they reply with errors too (postconf(5)).

Such a list refuses a resolver by an address that is no listing. Without a filter of replies Postfix
refuses each client then.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from wizard.check.postfix.restrictions import LISTS, items
from wizard.finding import NO_CURE, Check, Cure, Finding
from wizard.postfix.settings import Settings
from wizard.secrets import masked
from wizard.text import printable

_CHECK = Check(
    "restrictions.replies", "blocklists: their replies", "errors are no listing", fatal=False
)
_QUERIES = re.compile(r"reject_(?:rbl(?:_client)?|maps_rbl|rhsbl_\w+)")
_RELOAD = ("systemctl", "reload", "postfix")


class _Errors(NamedTuple):
    """The zones of an operator, what they reply as an error, and the filter of listings."""

    zones: re.Pattern[str]
    errors: str
    replies: str


_KNOWN = tuple(
    _Errors(re.compile(zones, re.IGNORECASE), errors, replies)
    for zones, errors, replies in (
        (r"(?:\w+\.)?dbl\.(?:dq\.)?spamhaus\.\w+", "127.255.255.x", "127.0.1.[2..99]"),
        (r"(?:\w+\.)?zrd\.(?:dq\.)?spamhaus\.\w+", "127.255.255.x", "127.0.2.[2..24]"),
        (r"(?:[\w-]+\.)+spamhaus\.\w+", "127.255.255.x", "127.0.0.[2..11]"),
        (r"(?:[\w-]+\.)+uribl\.com", "127.0.0.1", "127.0.0.[2..254]"),
        (r"(?:[\w-]+\.)+surbl\.org", "127.0.0.1", "127.0.0.[2..254]"),
    )
)


def judge_replies(
    settings: Settings, services: Iterable[tuple[str, Mapping[str, str]]]
) -> Iterator[Finding]:
    """`restrictions.replies`; nothing if no such list is queried.

    `services` are the smtpd services of master.cf by name, each with its `-o` options.
    """
    lists = [(name, name, settings.words(name)) for name in LISTS]
    lists += [
        (f"{service}: {name}", "", settings.of(options).words(name))
        for service, options in services
        for name in LISTS
        if name in options
    ]
    queried = [
        (where, own, domain, one)
        for where, own, listed in lists
        for domain in _domains(listed)
        for one in _KNOWN
        if one.zones.fullmatch(domain.partition("=")[0].rstrip("."))
    ]
    for where, own, domain, one in queried:
        if "=" not in domain:
            seen = f"{where}: {domain} counts with any reply, such as its errors ({one.errors})"
            advice = f"Write {domain}={one.replies}; reload: else each client is refused one day."
            raw = settings.own.get(own, "")
            yield _CHECK.warning(
                printable(masked(seen)),
                printable(masked(advice)),
                _filtered(own, raw, domain, f"{domain}={one.replies}"),
            )
            return
    if queried:
        yield _CHECK.right("each list has a filter of replies")


def _domains(listed: Sequence[str]) -> Iterator[str]:
    """Yield the lists that refuse clients; one that only warns refuses nobody."""
    warns = False
    for name, domain in items(listed):
        if _QUERIES.fullmatch(name) and not warns:
            yield domain
        warns = name == "warn_if_reject"


def _filtered(name: str, raw: str, domain: str, filtered: str) -> Cure:
    """Return the command that gives the list its filter where main.cf has it once."""
    parts = re.split(rf"(?<=\s){re.escape(domain)}(?=[\s,]|\Z)", raw)
    if len(parts) != 2:  # noqa: PLR2004 (once)
        return NO_CURE
    return Cure((("postconf", "-e", f"{name} = {filtered.join(parts)}"), _RELOAD))
