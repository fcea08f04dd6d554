"""Ask a port for the certificates of each kind of client, and for ciphers that nobody should use.

Each handshake is broken off after the server's part, so that no session begins and no mail is named.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Optional

from wizard.check.abuse.client_hello import (
    ANONYMOUS,
    TLS_1_2,
    WEAK,
    Answer,
    Offer,
    offer_tls,
)
from wizard.check.abuse.suites import ECDSA_SUITES, RSA_SUITES
from wizard.check.certificates.verifying import Chain, Verified, Verifier
from wizard.check.smtp.session import Endpoint, Exchange, Transcript
from wizard.limits import PROBE_SECONDS

RSA, ECDSA, ALL = "RSA clients", "ECDSA clients", "clients that take both"
BY_NAME = "clients that name"
_MIN_SECONDS = 0.1
"""For a handshake when the time is over."""
_OF_KIND = {RSA: RSA_SUITES, ECDSA: ECDSA_SUITES}

Ask = Callable[[Sequence[int]], Answer]
"""Offers these suites, the best for us first."""


@dataclass(frozen=True)
class PortTls:
    """What a port served: its session, the chain of each kind of client, the answers to bad offers.

    `verified` has what openssl says of each chain. `leaf` alone is known of a chain that only TLS
    1.3 shows. The answers are None where TLS did not begin.
    """

    transcript: Transcript
    chains: Mapping[str, Chain] = field(default_factory=dict)
    verified: Mapping[Chain, Verified] = field(default_factory=dict)
    weak: Optional[Answer] = None
    anonymous: Optional[Answer] = None

    @property
    def leaves(self) -> Mapping[str, bytes]:
        """The leaf that each kind of client was served, empty where it got none."""
        kinds = {ALL, *_OF_KIND}
        found = {client: chain[0] for client, chain in self.chains.items() if client in kinds}
        return {ALL: self.transcript.certificate, **found}

    @property
    def refuses_1_2(self) -> bool:
        """True if TLS began in the session, and no client of TLS 1.2 got a certificate."""
        answers = (self.weak, self.anonymous)
        is_refused = all(one is not None and one.refused for one in answers)
        return bool(self.transcript.certificate) and is_refused and not self.takes_1_2

    @property
    def takes_1_2(self) -> bool:
        """True if a client of TLS 1.2 got a certificate."""
        return not self.chains.keys().isdisjoint(_OF_KIND)


def probe(
    where: Endpoint,
    before: Sequence[Exchange],
    transcript: Transcript,
    verifier: Verifier,
    files: Iterable[Chain],
    *,
    has_own_order: bool = False,
    names: Sequence[str] = (),
) -> PortTls:
    """Ask a port whose session is over, in the time of one probe.

    Where TLS did not begin in the session, nothing is tried.

    `files` has the chains of the files on disk: TLS 1.3 hides the chain, and Postfix sends that of
    the file. With `has_own_order` the server chooses by its own order (tls_preempt_cipherlist).
    `names` are of tls_server_sni_maps: their clients may get other certificates.
    """
    on_disk = {chain[0]: chain for chain in files if chain}
    if not transcript.certificate:
        return PortTls(transcript)
    if transcript.stopped_at and not transcript.replies.get(transcript.stopped_at):
        # Its smtpd has ended, and master(8) starts no other for a minute.
        chain = on_disk.get(transcript.certificate, ())
        return (
            PortTls(transcript, {ALL: chain}, {chain: verifier.verify(chain)})
            if chain
            else PortTls(transcript)
        )

    until = time.monotonic() + PROBE_SECONDS

    def ask(suites: Sequence[int], name: str = "") -> Answer:
        remaining = max(_MIN_SECONDS, until - time.monotonic())
        return offer_tls(where, before, Offer(TLS_1_2, tuple(suites), name), remaining)

    weak, anonymous, answers = (_one_by_one if has_own_order else _in_our_order)(ask)
    chains = {
        client: answer.chain
        for client, answer in answers.items()
        if answer.chain and answer.suite in _OF_KIND[client]
    }
    if transcript.certificate not in {chain[0] for chain in chains.values()}:
        chains[ALL] = on_disk.get(transcript.certificate, (transcript.certificate,))
    for name in names:
        chain = ask((*ECDSA_SUITES, *RSA_SUITES), name).chain
        if chain and chain not in chains.values():
            chains[f"{BY_NAME} {name}"] = chain
    whole = [chain for client, chain in chains.items() if client != ALL or chain[0] in on_disk]
    verified = {chain: verifier.verify(chain) for chain in whole}
    return PortTls(transcript, chains, verified, weak, anonymous)


def hello_at_once(where: Endpoint) -> Transcript:
    """Return whether a port with TLS from the first byte begins TLS, as a session that ends there.

    Its smtpd, which would die without Dovecot, does not come so far.
    """
    answer = offer_tls(where, (), Offer(TLS_1_2, (*ECDSA_SUITES, *RSA_SUITES)), PROBE_SECONDS)
    why = answer.refused or answer.why
    return Transcript(stopped_at="greeting", why=why) if why else Transcript()


_Answers = tuple[Answer, Answer, Mapping[str, Answer]]
"""The answers to weak suites and to those without authentication, and by kind of client."""


def _one_by_one(ask: Ask) -> _Answers:
    answers = {client: ask(suites) for client, suites in _OF_KIND.items()}
    return ask(WEAK.suites), ask(ANONYMOUS.suites), answers


def _in_our_order(ask: Ask) -> _Answers:
    """Offer good suites after the bad ones: smtpd takes the first that it has.

    So it refuses no handshake, and logs no warning of one.
    """
    weak = ask((*WEAK.suites, *ECDSA_SUITES, *RSA_SUITES))
    anonymous = ask((*ANONYMOUS.suites, *RSA_SUITES, *ECDSA_SUITES))
    ecdsa = ask((*ECDSA_SUITES, *RSA_SUITES)) if weak.suite in WEAK.suites else weak
    rsa = anonymous
    if anonymous.suite in ANONYMOUS.suites:
        rsa = ask((*RSA_SUITES, *ECDSA_SUITES))
    return _only(weak, WEAK.suites), _only(anonymous, ANONYMOUS.suites), {RSA: rsa, ECDSA: ecdsa}


def _only(answer: Answer, suites: Sequence[int]) -> Answer:
    """Return a good suite in place of the bad ones as a refusal of those."""
    return Answer(refused="refused") if answer.taken and answer.suite not in suites else answer
