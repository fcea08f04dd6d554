"""Probe the DNS and port 25 of the old server, in parallel and each with a timeout."""

from __future__ import annotations

import hashlib
import ipaddress
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from wizard.answers.model import Answers
from wizard.answers.old_server import OldServer
from wizard.check.smtp.session import CLOSING, Endpoint, Exchange, converse
from wizard.dns.addresses import public4
from wizard.dns.asking import Answer, Question, ask_within, reversed_name
from wizard.dns.authority import ask_authority
from wizard.move.items import names_of, pointed
from wizard.move.model import Port25, View

SECONDS = 3.0
"""The timeout of the DNS, and the timeout of the old server's port 25."""

SMTP = 25
_READY = 220
_SCRIPT = (
    Exchange("greeting", must=_READY),
    Exchange("ehlo", "EHLO [127.0.0.1]"),
    Exchange("tls", "STARTTLS", tls=True, must=_READY),
    Exchange("quit", "QUIT"),
)


def probe(
    old: OldServer,
    answers: Answers,
    addresses: Sequence[str],
    resolvers: Sequence[str],
    *,
    seconds: float = SECONDS,
    port: int = 53,
    smtp: int = SMTP,
) -> View:
    """Return what the probes saw, after at most twice `seconds`. Never raises.

    `addresses` are this host's own. `port` is that of the DNS, `smtp` that of the old server.
    """
    blank = View(old, answers, tuple(addresses), (), {}, frozenset(), Port25())
    names = names_of(blank)
    questions = [Question(name, kind) for name in names for kind in ("A", "MX")]
    deadline = time.monotonic() + seconds
    with ThreadPoolExecutor(3, thread_name_prefix="move") as pool:
        leads = pool.submit(_addresses, old.name, resolvers, seconds, port)
        port25 = pool.submit(lambda: _port25(leads.result(), addresses, seconds, smtp))
        authority = pool.submit(ask_authority, questions, resolvers, seconds=seconds, port=port)
        own = {Question(reversed_name(one), "PTR") for one in public4(addresses)}
        records = ask_within([*questions, *own], resolvers, seconds=seconds, port=port)
        zones_own = {one: answer for one, answer in authority.result().items() if answer.known}
        records.update(zones_own)
        view = View(
            old,
            answers,
            tuple(addresses),
            tuple(one for one in leads.result() if one not in addresses),
            records,
            frozenset(zones_own),
            port25.result(),
        )
        return _with_pointers(view, resolvers, deadline, port)


def _with_pointers(view: View, resolvers: Sequence[str], deadline: float, port: int) -> View:
    """Query the PTR of addresses that only the DNS names, within the remaining time."""
    wanted = {Question(reversed_name(one), "PTR") for one in pointed(view)}
    new = wanted - set(view.records)
    remaining = deadline - time.monotonic()
    found: dict[Question, Answer] = ask_within(new, resolvers, seconds=remaining, port=port)
    return replace(view, records={**view.records, **found})


def _addresses(name: str, resolvers: Sequence[str], seconds: float, port: int) -> tuple[str, ...]:
    try:
        return (str(ipaddress.ip_address(name)),)
    except ValueError:
        question = Question(name, "A")
        return ask_within([question], resolvers, seconds=seconds, port=port)[question].records


def _port25(leads: Sequence[str], own: Sequence[str], seconds: float, smtp: int) -> Port25:
    theirs = [one for one in leads if one not in own]
    if not theirs:
        why = "its name leads to this host: name the old server by its address" if leads else ""
        return Port25(words=why or "its address is not known here")
    said = converse(Endpoint(theirs[0], smtp), _SCRIPT, seconds)
    greeting = said.replies.get("greeting")
    certificate = hashlib.sha256(said.certificate).hexdigest() if said.certificate else ""
    if greeting is None:
        return Port25(refuses=said.why == "connection refused", words=f"port 25: {said.why}")
    greets = greeting.code == _READY
    refuses = not greets and greeting.code != CLOSING
    return Port25(greets, refuses, f"port 25: {greeting}", certificate)
