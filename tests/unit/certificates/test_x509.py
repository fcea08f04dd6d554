"""Certificates read from their bytes; openssl says what they should say."""

from __future__ import annotations

import base64
import re
import ssl
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.certificates.tree import Authority
from wizard.certificates.x509 import Certificate, read_certificate


def by_openssl(pem: bytes) -> Certificate:
    argv = ["openssl", "x509", "-noout", "-serial", "-dates", "-ext", "subjectAltName"]
    said = subprocess.run(argv, input=pem, capture_output=True, check=True).stdout.decode()
    rows = dict(re.findall(r"^(serial|notBefore|notAfter)=(.*)$", said, re.MULTILINE))
    return Certificate(
        tuple(re.findall(r"DNS:([^,\s]+)", said)),
        ssl.cert_time_to_seconds(rows["notBefore"]),
        ssl.cert_time_to_seconds(rows["notAfter"]),
        rows["serial"],
    )


def make(place: Path, *words: str) -> bytes:
    subprocess.run(
        ["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-keyout", str(place / "key"), "-out", str(place / "cert"),
         "-subj", "/CN=x/O=Zeke", *words],
        capture_output=True, check=True,
    )  # fmt: skip
    return (place / "cert").read_bytes()


@pytest.mark.parametrize(
    "words",
    [
        ["-addext", "subjectAltName=DNS:zeke.ne.jp,DNS:*.zeke.ne.jp,IP:192.0.2.1,email:a@b.c"],
        ["-addext", "subjectAltName=critical,DNS:zeke.ne.jp"],
        ["-addext", "subjectAltName=DNS:" + ",DNS:".join(f"n{i}.example" for i in range(100))],
        [],
        ["-days", "36500"],
        ["-set_serial", "0"],
        ["-set_serial", "1"],
        ["-set_serial", "0x0a"],
        ["-set_serial", "0x80"],
        ["-set_serial", "0xFFEEDDCCBBAA99887766554433221100"],
    ],
)
def test_it_says_what_openssl_says(tmp_path: Path, words: list[str]) -> None:
    pem = make(tmp_path, *words)
    assert read_certificate(pem) == by_openssl(pem)


def test_the_first_of_a_chain_with_prose_before_it(tmp_path: Path, authority: Authority) -> None:
    pem = make(tmp_path, "-addext", "subjectAltName=DNS:first.example")
    chain = b"subject=CN = first\n" + pem.replace(b"\n", b"\r\n") + authority.chain
    certificate = read_certificate(chain)
    assert certificate is not None
    assert certificate.names == ("first.example",)


def test_names_that_could_be_no_hosts_are_left_out(tmp_path: Path) -> None:
    names = ["good.example", "a b.example", "-x.example", "a\x1b[31m.example", "*.ok.example", "*"]
    config = tmp_path / "config"
    listed = "\n".join(f"DNS.{at} = {name}" for at, name in enumerate(names))
    config.write_text(
        "[req]\ndistinguished_name=dn\nx509_extensions=ext\n[dn]\n[ext]\n"
        f"subjectAltName=@names\n[names]\n{listed}\n"
    )
    certificate = read_certificate(make(tmp_path, "-config", str(config)))
    assert certificate is not None
    assert certificate.names == ("good.example", "*.ok.example")


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"rubbish",
        b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
        b"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n",
    ],
)
def test_what_is_no_certificate(pem: bytes) -> None:
    assert read_certificate(pem) is None


@given(data=st.data())
def test_a_damaged_certificate_never_breaks_the_reader(
    authority: Authority, data: st.DataObject
) -> None:
    lines = authority.chain.split(b"-----")[2]
    der = bytearray(base64.b64decode(lines))
    for _ in range(data.draw(st.integers(1, 4))):
        der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(der)))
    text = base64.encodebytes(bytes(der[:cut]))
    read_certificate(b"-----BEGIN CERTIFICATE-----\n" + text + b"-----END CERTIFICATE-----\n")
