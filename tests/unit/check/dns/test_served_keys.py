"""What TLSA and CAA follow from: certificates of port 25, and certbot's renewal conf."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from tests.unit.check.certificates.authority import issue
from wizard.certificates.authorities import authority_of
from wizard.check.dns.served_keys import served_keys
from wizard.door import Door

LIVE = "/etc/letsencrypt/live/example.com/fullchain.pem"
CONF = "server = https://acme-v02.api.letsencrypt.org/directory\n"


def door(tmp_path: Path, text: str) -> Door:
    at = tmp_path / "etc/letsencrypt/renewal/example.com.conf"
    at.parent.mkdir(parents=True)
    at.write_text(f"[renewalparams]\n{text}")
    return Door(tmp_path)


@pytest.mark.parametrize(
    ("text", "keeps", "authority"),
    [
        (f"{CONF}reuse_key = True\n", True, "letsencrypt.org"),
        (CONF, False, "letsencrypt.org"),
        (f"{CONF}reuse_key = False\n", False, "letsencrypt.org"),
        ("server = https://acme.corp.example/dir\nreuse_key = True\n", True, ""),
        ("\x00[[", False, ""),
    ],
)
def test_the_renewal_conf(tmp_path: Path, text: str, keeps: bool, authority: str) -> None:
    found = served_keys(door(tmp_path, text), (), (LIVE,))
    assert (found.keeps_key, found.authority) == (keeps, authority)


def test_files_of_ones_own_are_renewed_by_nobody_known(tmp_path: Path) -> None:
    found = served_keys(Door(tmp_path), (), ("/etc/pki/tls/certs/mail.pem",))
    assert (found.keeps_key, found.authority) == (None, "")


def test_pins_are_of_what_can_be_read(tmp_path: Path) -> None:
    pem = issue(tmp_path, "mail.example.com").cert.read_text()
    leaf = ssl.PEM_cert_to_DER_cert(pem[pem.index("-----BEGIN CERT") :])
    found = served_keys(Door(tmp_path), ((leaf,), (b"\x30\x80garbage",)), ())
    assert found.chains == ((leaf,),)
    assert [len(one) for one in found.pins] == [64]


@pytest.mark.parametrize(
    ("server", "authority"),
    [
        ("https://acme-staging-v02.api.letsencrypt.org/directory", "letsencrypt.org"),
        ("https://acme.zerossl.com/v2/DV90", "sectigo.com"),
        ("https://evilletsencrypt.org/", ""),
        ("https://[", ""),
        ("", ""),
    ],
)
def test_an_authority_by_its_server(server: str, authority: str) -> None:
    assert authority_of(server) == authority
