"""Check the served certificate: the one on disk, the right name, its lifetime (RFC 6125)."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Optional

from wizard.answers.model import Answers
from wizard.certificates.dates import day
from wizard.certificates.names import covers
from wizard.certificates.x509 import Certificate, read_certificate
from wizard.check.tls.handshake import leaf
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG, Check, Finding
from wizard.postfix import served
from wizard.postfix.parameters import BY_NAME
from wizard.postfix.settings import Settings

_NO_FILE = "none"
"""The value of smtpd_tls_cert_file for no certificate (postconf(5))."""

THIRD, TENTH = 3, 10
"""certbot renews in the last third of the lifetime. Less is a warning; the last tenth is an error."""


def files(main_cf: Mapping[str, str]) -> tuple[str, ...]:
    """Return the certificate files in main.cf; with chain files Postfix ignores the others."""
    settings = Settings(main_cf)
    chains, *others = map(settings.words, served.CERTIFICATES)
    listed = chains or tuple(path for paths in others for path in paths)
    return tuple(path for path in listed if path != _NO_FILE)


def planned_files(answers: Answers) -> tuple[str, ...]:
    """Return the certificate file of the answers."""
    return (BY_NAME[served.PAIR[0]].value(answers),)


def on_disk(door: Door, paths: tuple[str, ...]) -> dict[str, bytes]:
    """Return the leaf of each file that has one, as DER."""
    found = {}
    for path in paths:
        try:
            der = leaf(door.read_bytes(path) or b"")
        except Trouble:
            continue
        if der:
            found[path] = der
    return found


def judge_served(
    port: int, leaves: Mapping[str, bytes], disk: Mapping[str, bytes], main_cf: Mapping[str, str]
) -> Iterator[Finding]:
    """`certificate.PORT`: the leaf of each handshake is the same as on disk.

    `leaves` are by kind of client; a client without a certificate is not checked here. `disk` has
    the allowed leaves. After a renewal Postfix serves the old one until its smtpd processes end.
    """
    got = {client: leaf for client, leaf in leaves.items() if leaf}
    if not got:
        return
    others = [client for client, leaf in got.items() if leaf not in disk.values()]
    to = f", to {' and '.join(others)}" if len(others) < len(got) else ""
    check = Check(
        f"certificate.{port}", f"port {port}: certificate", " or ".join(disk) or served.PAIR[0]
    )
    if not disk:
        seen = "not known: no certificate can be read on disk"
        yield check.finding(UNKNOWN, seen, _advice(main_cf))
    elif others:
        yield check.wrong(f"another one than on disk{to}", _advice(main_cf))
    else:
        yield check.right("the one on disk")


def _advice(main_cf: Mapping[str, str]) -> str:
    names = [
        name for name in served.TAKEN_OUT if name in main_cf and served.is_set(name, main_cf[name])
    ]
    if names:
        return (
            f"Run `systemctl reload postfix`; else {', '.join(names)} in main.cf wins: take it"
            " out, or run `postfix-wizard apply --section certificate`."
        )
    return (
        "Run `systemctl reload postfix`; else see whether `postconf -P` has a smtpd_tls_ file for"
        " this port."
    )


def judge_files(
    disk: Mapping[str, bytes], paths: Sequence[str], myhostname: str
) -> Iterator[Finding]:
    """`certificate.name` and `certificate.expiry` for the first file with a certificate."""
    path = next(iter(disk or paths), "")
    pem = ssl.DER_cert_to_PEM_cert(disk[path]).encode("ascii") if path in disk else b""
    certificate = read_certificate(pem)
    yield from judge_trust(path, certificate, myhostname)


def judge_trust(
    path: str, certificate: Optional[Certificate], myhostname: str
) -> Iterator[Finding]:
    """Check that clients will accept the certificate. It fails no run."""
    check = Check("certificate.name", "certificate: names", myhostname, fatal=False)
    if certificate is None:
        why = f"{path or 'smtpd_tls_cert_file'} holds no certificate that can be read"
        yield check.unknown(why)
        return
    yield check.finding(
        RIGHT if covers(certificate.names, myhostname) else WARNING,
        ", ".join(certificate.names)[:200] or "no DNS name",
        f"Mail programs will refuse it: issue one that covers {myhostname}.",
    )
    remaining = certificate.not_after - time.time()
    early = certificate.not_before > time.time()
    span = certificate.not_after - certificate.not_before
    date = day(certificate.not_after)
    days = f"{int(remaining // 86400)} days left"
    yield Check("certificate.expiry", "certificate: lifetime", "valid now", fatal=False).finding(
        WRONG
        if early or remaining < span / TENTH
        else WARNING
        if remaining < span / THIRD
        else RIGHT,
        "not valid yet" if early else f"ended on {date}" if remaining <= 0 else f"{date}, {days}",
        "Renew it (`certbot renew`), then `systemctl reload postfix`.",
    )
