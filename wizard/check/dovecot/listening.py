"""Check what Dovecot serves by its settings: certificate and key, the least TLS, the addresses of its listeners."""

from __future__ import annotations

import ipaddress
import re
import socket
import time
from collections.abc import Iterator, Mapping

from wizard.certificates.dates import day
from wizard.certificates.pairs import pair_problem
from wizard.certificates.x509 import read_certificate
from wizard.check.commands import start_command
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import WARNING, WRONG, Check, Finding
from wizard.host.facts import Dovecot
from wizard.postfix.dovecot import certificate
from wizard.text import printable

KEY = ("env", "DOVECOT_HOSTDOMAIN=localhost", "doveconf", "-P", "-h", "ssl_key")
"""2.3 hides the key's path from a list of all settings. Without -x it reads no file."""

_OF_PACKAGE = "/etc/pki/dovecot/"
"""The pair that the package of EL makes, which nobody chose."""
_OLD = frozenset({"any", "sslv2", "sslv3", "tlsv1", "tlsv1.0", "tlsv1.1"})
"""Versions that RFC 8996 deprecates, and the word for all of them."""
_SINCE = (2, 3, 15)
"""Before this release an old version was Dovecot's own default, and the system's policy decided."""
_FOR_PEOPLE = re.compile(r"\b(?:imap|pop3|submission)\b")
_LISTENER = re.compile(r"service [^/]+/inet_listener [^/]+/(?:address|listen)")


def judge_listening(door: Door, dovecot: Dovecot) -> Iterator[Finding]:
    """Yield those that are wrong of `dovecot.tls` and `dovecot.listen`."""
    settings = dovecot.settings
    yield from _addresses(settings)
    if settings.get("ssl") == "no" or not _serves_people(settings):
        return
    cert, key = certificate(settings, dovecot.version)
    if cert:
        yield from _pair(door, cert, key or _key_of_2_3(door))
    least = settings.get("ssl_min_protocol", "")
    if least.lower() in _OLD and _numbers(dovecot.version) >= _SINCE:
        yield _check("tls", "the least TLS", "TLSv1.2 or newer").warning(
            printable(f"ssl_min_protocol = {least}: what is said may be read on the way"),
            "Set `ssl_min_protocol = TLSv1.2`, and restart Dovecot.",
        )


def _check(name: str, subject: str, expected: str) -> Check:
    return Check(f"dovecot.{name}", f"Dovecot: {subject}", expected, fatal=False)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(one) for one in version.split(".") if one.isdecimal())


def _serves_people(settings: Mapping[str, str]) -> bool:
    named = (one.partition("/")[2] for one in settings if one.startswith("protocols/"))
    return bool(_FOR_PEOPLE.search(" ".join((settings.get("protocols", ""), *named))))


def _key_of_2_3(door: Door) -> str:
    result = start_command(door, KEY)()
    said = "" if result.failure else result.text.strip()
    return said[1:].strip() if said.startswith("<") and "\n" not in said else ""


def _pair(door: Door, cert: str, key: str) -> Iterator[Finding]:
    check = _check("tls", "its certificate", "a pair that is valid")
    try:
        problem = (
            pair_problem(door, cert, key) if key and door.stat(cert) and door.stat(key) else ""
        )
        found = read_certificate(door.read_bytes(cert) or b"")
    except Trouble:
        return
    names = "ssl_cert and ssl_key (2.3), ssl_server_cert_file and ssl_server_key_file (2.4)"
    if problem:
        yield check.wrong(
            printable(f"{cert} and {key}: {problem}: nobody reads mail by TLS"),
            f"Name a certificate and its key in {names}, and restart Dovecot.",
        )
    elif found is not None and found.not_after < time.time():
        verdict = WARNING if cert.startswith(_OF_PACKAGE) else WRONG
        seen = f"{cert} ended on {day(found.not_after)}: mail programs refuse it"
        yield check.finding(
            verdict,
            printable(seen),
            f"Name the files that Postfix serves in {names}, and restart Dovecot.",
        )


def _addresses(settings: Mapping[str, str]) -> Iterator[Finding]:
    """Find an address of a listener that this host lacks: Dovecot does not start with it."""
    for name, value in settings.items():
        if name != "listen" and not _LISTENER.fullmatch(name):
            continue
        for word in re.split(r"[\s,]+", value):
            if _is_missing(word):
                yield _check("listen", "the addresses that it listens on", "of this host").wrong(
                    printable(f"{name} = {value}: the address {word} is not there"),
                    printable(
                        f"Take {word} out of `listen`, or give this host that address; then restart Dovecot."
                    ),
                )
                return


def _is_missing(word: str) -> bool:
    """True if nothing on this host can listen on the address, as the kernel says itself (bind(2))."""
    try:
        address = ipaddress.ip_address(word.strip("[]"))
    except ValueError:
        return False
    if address.is_unspecified or address.is_link_local:
        return False
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6  # noqa: PLR2004 (IPv4)
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError:
        return True
    return False
