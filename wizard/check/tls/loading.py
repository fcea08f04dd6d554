"""Load certificates and keys as smtpd does when it starts (postconf(5), TLS_README).

Where that fails, smtpd goes on without TLS: it still offers STARTTLS, answers 454 to it, and mails
postmaster a notice of each 454. So a check tries this first, and does not say STARTTLS then.
"""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from wizard.postfix import served
from wizard.postfix.settings import Settings

_PAIRS = (
    served.PAIR,
    ("smtpd_tls_eccert_file", "smtpd_tls_eckey_file"),
    ("smtpd_tls_dcert_file", "smtpd_tls_dkey_file"),
)
_CA_FILE = "smtpd_tls_CAfile"
_MISMATCH = "KEY_VALUES_MISMATCH"
_OBJECT = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----\s.*?-----END \1-----", re.DOTALL)
_MAX_BYTES = 1 << 20


@dataclass(frozen=True)
class LoadFault:
    """Why smtpd has no TLS, and what to do."""

    text: str
    advice: str


def load_fault(settings: Settings) -> Optional[LoadFault]:
    """Return why smtpd cannot load its certificates and keys, None if it can.

    Never raises. Files that may not be read here are no fault.
    """
    try:
        return next(_faults(settings), None)
    except (PermissionError, ValueError, MemoryError):
        return None


def _faults(settings: Settings) -> Iterator[LoadFault]:
    chains = settings.words(served.CHAINS)
    if chains:
        yield from _of_chains(chains)
        return
    named = False
    for cert_name, key_name in _PAIRS:
        cert, key = settings.value(cert_name), settings.value(key_name)
        if cert.lower() == "none":
            return  # wanted: only suites without authentication
        if cert:
            named = True
            yield from _of_pair((cert_name, cert), (key_name, key or cert))
    if not named:
        yield LoadFault(
            "no certificate is set",
            "Name one in smtpd_tls_cert_file and its key in smtpd_tls_key_file (main.cf); reload.",
        )
    ca_file = settings.value(_CA_FILE)
    if ca_file and not Path(ca_file).is_file():
        yield LoadFault(
            f"{_CA_FILE} names {ca_file}, which is not there",
            f"Take {_CA_FILE} out, or correct its path: without it smtpd has no TLS; reload.",
        )


def _of_pair(cert: tuple[str, str], key: tuple[str, str]) -> Iterator[LoadFault]:
    for name, path in (cert, key):
        if not Path(path).is_file():
            yield _absent(name, path)
            return
    reason = _reason(cert[1], key[1])
    if reason == _MISMATCH:
        yield LoadFault(
            f"the key in {key[1]} is not that of the certificate in {cert[1]}",
            f"Name a certificate and a key that belong together in {cert[0]} and {key[0]}; reload.",
        )
    elif reason:
        yield LoadFault(
            f"{cert[1]} and {key[1]} cannot be read as a certificate and its key ({reason})",
            f"See what is in them: {cert[0]} needs a certificate in PEM form, {key[0]} its key, "
            "without a password; reload.",
        )


_Object = tuple[str, bytes]
"""An object of a PEM file: the file's path, and its text."""


def _of_chains(paths: Sequence[str]) -> Iterator[LoadFault]:
    """Check smtpd_tls_chain_files: keys, each before its own certificates, in any of the files."""
    absent = [path for path in paths if not Path(path).is_file()]
    if absent:
        yield _absent(served.CHAINS, absent[0])
        return
    groups: list[list[_Object]] = [[]]
    for path in paths:
        for one in _OBJECT.finditer(Path(path).read_bytes()[:_MAX_BYTES]):
            if one[1].endswith(b"PRIVATE KEY"):
                groups.append([])
            if one[1].endswith((b"PRIVATE KEY", b"CERTIFICATE")):
                groups[-1].append((path, one[0]))
    before, *keyed = groups
    if before or not keyed:
        yield _order(before[0][0] if before else paths[0])
        return
    for group in keyed:
        yield from _of_group(group)


def _of_group(group: Sequence[_Object]) -> Iterator[LoadFault]:
    """Check a key and the certificates after it."""
    path = group[0][0]
    if len(group) == 1:
        yield _order(path)
        return
    reason = _reason_of(b"\n".join(text for _, text in group) + b"\n")
    if reason == _MISMATCH:
        yield LoadFault(
            f"the key in {path} is not that of the certificate after it, in {group[1][0]}",
            f"Write a key and a certificate that belong together into {path}; reload.",
        )
    elif reason:
        yield LoadFault(
            f"{path} cannot be read as a key and its certificates ({reason})",
            f"See what is in it: {served.CHAINS} needs PEM, without a password; reload.",
        )


def _absent(name: str, path: str) -> LoadFault:
    what = "leads nowhere" if os.path.islink(path) else "does not exist"  # noqa: PTH114
    return LoadFault(
        f"{name} names {path}, which {what}",
        f"See that the certificate and its key exist, or name others in {name}; reload.",
    )


def _order(path: str) -> LoadFault:
    return LoadFault(
        f"{path} has no key with its certificates after it",
        f"In the files of {served.CHAINS} each key comes first, then its certificates; reload.",
    )


def _reason_of(pem: bytes) -> str:
    """Return why OpenSSL cannot load a key and its certificates from one text, "" if it can."""
    descriptor = os.memfd_create("chain", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, pem)
        path = f"/proc/self/fd/{descriptor}"
        return _reason(path, path)
    finally:
        os.close(descriptor)


def _reason(cert: str, key: str) -> str:
    """Return why OpenSSL cannot load a pair, in its own words, "" if it can."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")  # as smtpd, which takes short keys whatever the policy
    try:
        context.load_cert_chain(cert, key, password=lambda: "")
    except ssl.SSLError as error:
        reason = error.reason or ""
        return _MISMATCH if reason == _MISMATCH else (reason or "no PEM").lower().replace("_", " ")
    except PermissionError:
        raise
    except OSError as error:
        return error.strerror or "unreadable"
    return ""
