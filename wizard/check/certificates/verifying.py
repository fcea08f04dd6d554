"""Have openssl verify a chain as a client would: whether it is trusted, and whether it is valid now.

The chain is what a port served, so it is in no file: openssl reads it from memory (memfd_create(2)).
"""

from __future__ import annotations

import os
import re
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Optional

from wizard.check.commands import CommandResult, start_command
from wizard.door import Door
from wizard.text import clean

_AS_CLIENT = ("-show_chain", "-purpose", "sslserver")
_UNTRUSTED = re.compile(rb"^depth=\d+:.*\(untrusted\)\s*$", re.MULTILINE)
_ERROR = re.compile(rb"\berror (\d+) at (\d+) depth lookup:?\s*(.*)")

Chain = tuple[bytes, ...]
"""Certificates as DER, the leaf first."""


@dataclass(frozen=True)
class VerifyFault:
    """OpenSSL's error (x509_vfy.h): its number, the certificate's place from 0, its words."""

    number: int
    depth: int
    words: str


@dataclass(frozen=True)
class Verified:
    """What openssl said of a chain without and with the time; None where it found no fault.

    `used` is how many certificates of the chain lead to the trusted root. `why` is the reason if
    openssl could not be run.
    """

    trust: Optional[VerifyFault] = None
    now: Optional[VerifyFault] = None
    used: int = 0
    why: str = ""


class Verifier:
    """Verifies each chain once, however many ports serve it."""

    def __init__(self, door: Door, options: Sequence[str] = ()) -> None:
        """Verify on this host, by its trust store; `options` are more of openssl's."""
        self._door = door
        self._options = tuple(options)
        self._known: dict[Chain, Verified] = {}
        self._lock = threading.Lock()

    def verify(self, chain: Chain) -> Verified:
        """Return what openssl says of a chain. Never raises; takes the time of one command at most."""
        with self._lock:
            if chain not in self._known:
                self._known[chain] = self._ask(chain)
            return self._known[chain]

    def _ask(self, chain: Chain) -> Verified:
        with _in_memory(chain[:1]) as leaf, _in_memory(chain[1:]) as others:
            above = ("-untrusted", others) if chain[1:] else ()
            argv = ("openssl", "verify", *self._options, *_AS_CLIENT, *above)
            pending = [
                start_command(self._door, (*argv, *time, leaf))
                for time in (("-no_check_time",), ())
            ]
            trust, now = (one() for one in pending)
        return understood(trust, now)


def understood(trust: CommandResult, now: CommandResult) -> Verified:
    """Return what the outputs of openssl mean: without the time, and with it."""
    why = trust.why or now.why
    used = len(_UNTRUSTED.findall(trust.outcome.stdout))
    return Verified(why=why) if why else Verified(_fault(trust), _fault(now), used)


def _fault(result: CommandResult) -> Optional[VerifyFault]:
    if result.outcome.code == 0:
        return None
    said = _ERROR.search(result.outcome.stdout + b"\n" + result.outcome.stderr)
    if said is None:
        return VerifyFault(0, 0, result.failure)
    return VerifyFault(int(said[1]), int(said[2]), clean(said[3]))


@contextmanager
def _in_memory(chain: Chain) -> Iterator[str]:
    """Give a path of these certificates in PEM form, which a child of ours can read."""
    descriptor = os.memfd_create("chain", os.MFD_CLOEXEC)
    try:
        for der in chain:
            os.write(descriptor, ssl.DER_cert_to_PEM_cert(der).encode("ascii"))
        yield f"/proc/{os.getpid()}/fd/{descriptor}"
    finally:
        os.close(descriptor)
