"""Why a port may say nothing for some seconds though it is right (postconf(5)).

A probe does not wait for it: greet waits and pauses of many seconds are usual. So what is not
answered is unknown, with the setting that delays it, or with nothing if none does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from wizard.check.postfix.restrictions import RECIPIENT, RELAY, items
from wizard.check.tls.services import PortSettings

CLIENT, HELO, SENDER = (
    "smtpd_client_restrictions",
    "smtpd_helo_restrictions",
    "smtpd_sender_restrictions",
)
_EARLY = {CLIENT: "greeting", HELO: "EHLO", SENDER: "MAIL"}
"""When smtpd(8) applies a list with smtpd_delay_reject = no; else all of them at RCPT."""
_LAST = "RCPT"
_LISTS = (CLIENT, HELO, SENDER, RELAY, RECIPIENT)
"""The lists of a session that ends before DATA."""
_TIME = re.compile(r"\d+[smhdw]?")

Reader = Callable[[PortSettings, str], Iterator[str]]
"""Yields by a port's settings what delays the answer to a command, or the greeting."""


def delay(here: PortSettings, command: str, *, is_stranger: bool) -> str:
    """Return what may delay the answer to a command on a port, "" if nothing is set that does.

    `command` is its verb, or `greeting`. `is_stranger` is True if the client is in no mynetworks.
    """
    readers = (_postscreen, *_READERS) if is_stranger else _READERS
    return "; ".join(one for read in readers for one in read(here, command))


def _pauses(here: PortSettings, command: str) -> Iterator[str]:
    """`sleep SECONDS` in a list that is applied at this command."""
    for name, restriction, seconds in _applied(here, command):
        if restriction == "sleep":
            yield f"`sleep {seconds}` in {name} delays it"


def _postscreen(here: PortSettings, command: str) -> Iterator[str]:
    """Postscreen(8) lets strangers wait before its greeting is complete."""
    if here.has_postscreen and command == "greeting":
        wait = here.value("postscreen_greet_wait")
        shown = f" = {wait}" if _TIME.fullmatch(wait) else ""
        yield f"postscreen_greet_wait{shown} delays it"


def _proxy(here: PortSettings, command: str) -> Iterator[str]:
    """A load balancer in front says first whose connection it is."""
    for name in ("smtpd_upstream_proxy_protocol", "postscreen_upstream_proxy_protocol"):
        if here.value(name) and command == "greeting":
            yield f"{name} = {here.value(name)} waits for a proxy"


def _others(here: PortSettings, command: str) -> Iterator[str]:
    """Milters answer each command first, and other servers and services before the reply to RCPT."""
    milters = here.settings.value("smtpd_milters")
    if milters:
        yield f"a milter may delay it ({milters})"
    for name, restriction, argument in _applied(here, command):
        if restriction.startswith(("reject_unverified_", "check_policy_service")):
            yield f"{f'{restriction} {argument}'.strip()} in {name} may delay it"


def _applied(here: PortSettings, command: str) -> Iterator[tuple[str, str, str]]:
    """Yield the restrictions that are applied at a command: their list, name and argument."""
    is_early = here.value("smtpd_delay_reject") == "no"
    for name in _LISTS:
        if command == (_EARLY.get(name, _LAST) if is_early else _LAST):
            yield from ((name, *one) for one in items(here.settings.words(name)))


_READERS: tuple[Reader, ...] = (_pauses, _proxy, _others)
