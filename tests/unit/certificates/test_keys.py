"""The key in a certificate: OpenSSL makes them, the sizes are what was asked for."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

import pytest

from wizard.certificates.keys import Key, public_key


def der(directory: Path, *key: str) -> bytes:
    cert = directory / "cert.pem"
    argv = ["openssl", "req", "-x509", *key, "-nodes", "-subj", "/CN=x", "-days", "1"]
    argv += ["-keyout", str(directory / "key.pem"), "-out", str(cert)]
    subprocess.run(argv, check=True, capture_output=True)
    return ssl.PEM_cert_to_DER_cert(cert.read_text())


def curve(name: str) -> tuple[str, ...]:
    return ("-newkey", "ec", "-pkeyopt", f"ec_paramgen_curve:{name}")


@pytest.mark.parametrize(
    ("made", "told", "weak"),
    [
        (("-newkey", "rsa:1024"), "RSA 1024", True),
        (("-newkey", "rsa:2047"), "RSA 2047", True),
        (("-newkey", "rsa:2048"), "RSA 2048", False),
        (curve("P-224"), "EC 224", True),
        (curve("prime192v1"), "EC 192", True),
        (curve("P-256"), "EC 256", False),
        (curve("P-384"), "EC 384", False),
        (("-newkey", "ed25519"), "Ed25519 256", False),
    ],
    ids=lambda one: one[-1] if isinstance(one, tuple) else "",
)
def test_kind_and_bits(tmp_path: Path, made: tuple[str, ...], told: str, weak: bool) -> None:
    key = public_key(der(tmp_path, *made))
    assert key is not None
    assert (str(key), key.weak) == (told, weak)


def test_what_is_no_certificate_has_no_key(tmp_path: Path) -> None:
    whole = der(tmp_path, *curve("P-256"))
    for cut in range(0, len(whole), 7):
        assert public_key(whole[:cut]) is None
    assert public_key(b"\x30\x82") is None
    assert public_key(whole) == Key("EC", 256)
