"""Pairs outside /etc/letsencrypt, and what openssl's words are read as."""

from __future__ import annotations

from pathlib import Path

from tests.unit.certificates.tree import Authority
from wizard.certificates.model import CertificatePair
from wizard.certificates.pairs import Certificate, read_pair, told_certificate
from wizard.door import Door, Outcome

CERT = "/etc/pki/tls/certs/mail.pem"
KEY = "/etc/pki/tls/private/mail.key"


def lay(root: Path, path: str, content: bytes) -> None:
    place = root / path.lstrip("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)


def test_a_whole_pair(tmp_path: Path, authority: Authority) -> None:
    issued = authority.issue("mail.zeke.ne.jp", days=365)
    lay(tmp_path, CERT, issued.cert)
    lay(tmp_path, KEY, issued.privkey)
    pair = read_pair(Door(tmp_path), CERT, KEY)
    assert pair is not None
    assert (pair.cert_file, pair.key_file, pair.names) == (CERT, KEY, ("mail.zeke.ne.jp",))
    assert pair.problem == ""
    assert pair.not_after > 0
    assert pair.serial


def test_no_pair(tmp_path: Path) -> None:
    assert read_pair(Door(tmp_path), CERT, KEY) is None


def test_half_a_pair(tmp_path: Path, authority: Authority) -> None:
    lay(tmp_path, CERT, authority.issue("mail.zeke.ne.jp").cert)
    assert read_pair(Door(tmp_path), CERT, KEY) == CertificatePair(
        CERT, KEY, problem=f"{KEY} is not there"
    )


def test_names_that_are_no_host_names_are_left_out() -> None:
    said = b"""serial=0A1B
notBefore=Jan  2 03:04:05 2026 GMT
notAfter=Apr  2 03:04:05 2026 GMT
X509v3 Subject Alternative Name:
    DNS:zeke.ne.jp, DNS:*.zeke.ne.jp, IP Address:192.0.2.1, DNS:a b, DNS:-x, DNS:a\x1b[31m, DNS:
"""
    assert told_certificate(Outcome(0, said, b"")) == Certificate(
        ("zeke.ne.jp", "*.zeke.ne.jp"), 1767323045, 1775099045, "0A1B"
    )


def test_what_is_no_certificate() -> None:
    assert told_certificate(Outcome(1, b"", b"unable to load certificate\n")) is None


def test_a_certificate_without_names(tmp_path: Path, authority: Authority) -> None:
    issued = authority.issue()
    lay(tmp_path, CERT, issued.cert)
    lay(tmp_path, KEY, issued.privkey)
    pair = read_pair(Door(tmp_path), CERT, KEY)
    assert pair is not None
    assert (pair.names, pair.problem) == ((), "")
