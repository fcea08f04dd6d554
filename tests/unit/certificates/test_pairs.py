"""Pairs outside /etc/letsencrypt."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tests.unit.certificates.tree import Authority
from wizard.certificates.model import CertificatePair
from wizard.certificates.pairs import read_pair
from wizard.door import Door

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
    digest = hashlib.sha256((tmp_path / CERT.lstrip("/")).read_bytes()).hexdigest()
    assert read_pair(Door(tmp_path), CERT, KEY) == CertificatePair(
        CERT, KEY, problem=f"{KEY} is not there", sha256=(digest, None)
    )


def test_a_certificate_without_names(tmp_path: Path, authority: Authority) -> None:
    issued = authority.issue()
    lay(tmp_path, CERT, issued.cert)
    lay(tmp_path, KEY, issued.privkey)
    pair = read_pair(Door(tmp_path), CERT, KEY)
    assert pair is not None
    assert (pair.names, pair.problem) == ((), "")


def test_a_key_that_anybody_can_read(tmp_path: Path, authority: Authority) -> None:
    issued = authority.issue("mail.zeke.ne.jp")
    lay(tmp_path, CERT, issued.cert)
    lay(tmp_path, KEY, issued.privkey)
    found = []
    for mode in (0o600, 0o640, 0o644):
        (tmp_path / KEY.lstrip("/")).chmod(mode)
        pair = read_pair(Door(tmp_path), CERT, KEY)
        assert pair is not None
        found.append(pair.key_open)
    assert found == [False, False, True]
