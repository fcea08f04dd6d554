"""Check that each certificate of a fullchain.pem is signed by the next (openssl-verify(1))."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

MAX_CERTIFICATES = 10
"""A chain usually has two to four."""

_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----\s[^-]*-----END CERTIFICATE-----")

Verify = Callable[[Sequence[str], bytes], str]
"""Runs openssl with this argv and standard input. Returns its message if it refused, else ""."""


def blocks(pem: bytes) -> tuple[bytes, ...]:
    """Return the certificates of a PEM file one by one."""
    return tuple(_BLOCK.findall(pem))


def chain_problem(pem: bytes, verify: Verify, aside: Path) -> str:
    """Return why a certificate is not signed by the next one, "" if all are.

    `aside` is a scratch file for one certificate at a time. Neither dates nor trust in the last
    certificate are checked.
    """
    chain = blocks(pem)
    if len(chain) > MAX_CERTIFICATES:
        return f"its chain has {len(chain)} certificates"
    for number, (this, above) in enumerate(zip(chain, chain[1:]), 1):
        aside.write_bytes(above + b"\n")
        argv = ("openssl", "verify", "-no-CAfile", "-no-CApath", "-partial_chain", "-no_check_time")
        if verify((*argv, "-trusted", str(aside)), this + b"\n"):
            return f"certificate {number} of its chain is not signed by the next one"
    return ""


def is_trusted(pem: bytes, verify: Verify, aside: Path) -> bool:
    """True if the host's trust store verifies this chain. Dates are not checked."""
    chain = blocks(pem)
    if not chain:
        return False
    aside.write_bytes(b"\n".join(chain) + b"\n")
    argv = ("openssl", "verify", "-no_check_time", "-untrusted", str(aside))
    return not verify(argv, chain[0] + b"\n")
