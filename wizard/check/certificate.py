"""The certificate that is served: the one on disk, for this name, and for how long (RFC 6125)."""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Iterator, Mapping
from typing import Optional

from wizard.certificates.dates import day
from wizard.certificates.names import covers
from wizard.certificates.x509 import Certificate, read_certificate
from wizard.check.asked import unknown
from wizard.check.model import RIGHT, UNKNOWN, WARNING, WRONG, Finding
from wizard.check.tls import leaf
from wizard.door import Door
from wizard.errors import Trouble

FILES = ("smtpd_tls_chain_files", "smtpd_tls_cert_file", "smtpd_tls_eccert_file")
"""Where smtpd takes its certificates from; with the first set it ignores the others."""

THIRD, TENTH = 3, 10
"""certbot renews when a third of the lifetime is left: less is a warning, a tenth an error."""


def files(main_cf: Mapping[str, str]) -> tuple[str, ...]:
    """The certificate files that main.cf names."""
    for name in FILES:
        listed = tuple(re.findall(r"[^,\s]+", main_cf.get(name, "")))
        if listed and name == FILES[0]:
            return listed
    return tuple(main_cf[name] for name in FILES[1:] if main_cf.get(name))


def on_disk(door: Door, paths: tuple[str, ...]) -> dict[str, bytes]:
    """The leaf of each file that has one, as DER."""
    found = {}
    for path in paths:
        try:
            der = leaf(door.read_bytes(path) or b"")
        except Trouble:
            continue
        if der:
            found[path] = der
    return found


def judge_served(port: int, served: bytes, disk: Mapping[str, bytes]) -> Iterator[Finding]:
    """`certificate.PORT`: the leaf of the handshake is the leaf on disk, byte for byte.

    After a renewal Postfix serves the old one until its smtpd processes end.
    """
    if not served:
        return
    where = " or ".join(disk) or "smtpd_tls_cert_file"
    same = served in disk.values()
    yield Finding(
        id=f"certificate.{port}",
        looked_at=f"port {port}: certificate",
        seen="the one on disk"
        if same
        else "another one than on disk"
        if disk
        else "not known: no certificate can be read on disk",
        expected=where,
        verdict=RIGHT if same else WRONG if disk else UNKNOWN,
        advice="" if same else "Run `systemctl reload postfix`.",
    )


def judge_files(
    disk: Mapping[str, bytes], main_cf: Mapping[str, str], myhostname: str
) -> Iterator[Finding]:
    """`certificate.name` and `certificate.expiry` of the first file that holds a certificate."""
    path = next(iter(disk or files(main_cf)), "")
    pem = ssl.DER_cert_to_PEM_cert(disk[path]).encode("ascii") if path in disk else b""
    certificate = read_certificate(pem)
    yield from judge_trust(path, certificate, myhostname)


def judge_trust(
    path: str, certificate: Optional[Certificate], myhostname: str
) -> Iterator[Finding]:
    """Whether clients will take it. A matter of trust, so it fails no run."""
    if certificate is None:
        why = f"{path or 'smtpd_tls_cert_file'} holds no certificate that can be read"
        yield unknown("certificate.name", "certificate: names", why, myhostname, fatal=False)
        return
    fits = covers(certificate.names, myhostname)
    yield Finding(
        id="certificate.name",
        looked_at="certificate: names",
        seen=", ".join(certificate.names)[:200] or "no DNS name",
        expected=myhostname,
        verdict=RIGHT if fits else WARNING,
        advice="" if fits else f"Mail programs will refuse it: issue one that covers {myhostname}.",
        fatal=False,
    )
    left = certificate.not_after - time.time()
    early = certificate.not_before > time.time()
    span = certificate.not_after - certificate.not_before
    date = day(certificate.not_after)
    days = f"{int(left // 86400)} days left"
    yield Finding(
        id="certificate.expiry",
        looked_at="certificate: lifetime",
        seen="not valid yet" if early else f"ended on {date}" if left <= 0 else f"{date}, {days}",
        expected="valid now",
        verdict=WRONG
        if left < span / TENTH or early
        else WARNING
        if left < span / THIRD
        else RIGHT,
        advice="Renew it (`certbot renew`), then `systemctl reload postfix`."
        if left < span / THIRD or early
        else "",
        fatal=False,
    )
