"""The certificates that a server's ports show to another machine, and its addresses."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from wizard.check.abuse.offers import TLS_PORTS, TlsPort
from wizard.check.abuse.trials import filled, literal
from wizard.check.against.reach import Way, Ways
from wizard.check.certificates.lifetime import judge_certificates, served_chains
from wizard.check.certificates.probing import PortTls, probe
from wizard.check.certificates.verifying import Verifier
from wizard.check.smtp.refusals import TRANSIENT
from wizard.check.smtp.session import (
    AT_ONCE,
    QUIT,
    STARTTLS,
    Endpoint,
    Transcript,
    converse,
    opening,
)
from wizard.door import Door
from wizard.finding import Check, Finding
from wizard.text import counted

SECONDS = 8.0
"""For one session."""


def certificates(way: Way, name: str, *, seconds: float = SECONDS) -> Iterator[Finding]:
    """`certificate.name`, `.expiry`, `.chain` and `.strength` of all ports. Never raises.

    `name` is the server's. openssl(1) of this machine verifies the chains with its own roots.
    """
    verifier = Verifier(Door(Path("/")))
    me = literal(way.source)

    def ask(port: TlsPort) -> PortTls:
        where = Endpoint(way.address, port.port, way.source)
        start = opening(me, STARTTLS if port.before else AT_ONCE)
        transcript = converse(where, (*start, QUIT), seconds)
        return probe(where, filled(port.before, {"me": me}), transcript, verifier, ())

    with ThreadPoolExecutor(len(TLS_PORTS), thread_name_prefix="certificate") as pool:
        ports = {one.port: answer for one, answer in zip(TLS_PORTS, pool.map(ask, TLS_PORTS))}
    yield from judge_certificates(served_chains(ports, {}, verifier, {}), name)


def addresses(ways: Ways, *, seconds: float = SECONDS) -> Iterator[Finding]:
    """`against.addresses`: each address of the server greets on port 25. None if it has only one."""
    if len(ways.addresses) < 2:  # noqa: PLR2004
        return

    def greet(way: Way) -> Transcript:
        where = Endpoint(way.address, 25, way.source)
        return converse(where, (*opening(literal(way.source))[:1], QUIT), seconds)

    check = Check("against.addresses", "25: each address", "a greeting from each", fatal=False)
    with ThreadPoolExecutor(len(ways.ways), thread_name_prefix="address") as pool:
        found = dict(zip(ways.ways, pool.map(greet, ways.ways)))
    replies = {way: one.replies.get("greeting") for way, one in found.items()}
    silent = [f"{way.address}: {found[way].why}" for way, reply in replies.items() if reply is None]
    # A server that refuses us for now, or us alone, can be reached.
    refused = [
        f"{way.address}: {reply}"
        for way, reply in replies.items()
        if reply is not None and reply.code >= TRANSIENT
    ]
    closed = [f"{one}: this machine has no way there" for one in ways.closed]
    advice = (
        "Other servers try all addresses of the name: open port 25 of each, or take its record out."
    )
    if silent and len(silent) < len(found):
        yield check.warning("; ".join(silent), advice)
    elif silent or refused or closed:
        yield check.unknown("; ".join((*silent, *refused, *closed)))
    else:
        yield check.right(f"the greeting came from {counted(len(found), 'address', 'addresses')}")
