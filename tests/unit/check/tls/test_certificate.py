"""The certificate on disk: for this name, and for how long."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.unit.check.scripted import NAME, Behaviour, make_pair, serving
from wizard.certificates.x509 import Certificate
from wizard.check.smtp import scripts
from wizard.check.smtp.session import Endpoint, converse
from wizard.check.tls.certificate import files, judge_files, judge_served, judge_trust, on_disk
from wizard.check.tls.handshake import ECDSA, RSA, leaf
from wizard.door import Door
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG

DAY = 86400


def told(*names: str, begun: float = -1, left: float = 60) -> Certificate:
    now = int(time.time())
    return Certificate(names, now + int(begun * DAY), now + int(left * DAY), "01")


@pytest.mark.parametrize(
    ("names", "verdict"),
    [
        ((NAME,), RIGHT),
        (("*.zeke.ne.jp",), RIGHT),
        (("zeke.ne.jp", "www.zeke.ne.jp"), WARNING),
        (("*.mail.zeke.ne.jp",), WARNING),
        ((), WARNING),
    ],
)
def test_a_misfit_is_a_warning(names: tuple[str, ...], verdict: str) -> None:
    name, _ = judge_trust("/c.pem", told(*names), NAME)
    assert (name.id, name.verdict, name.fatal) == ("certificate.name", verdict, False)


@pytest.mark.parametrize(
    ("begun", "left", "verdict", "seen"),
    [
        (-30, 60, RIGHT, "days left"),
        (-80, 10, WARNING, "days left"),
        (-90, -1, WRONG, "ended on "),
        (1, 90, WRONG, "not valid yet"),
        (-1, 5, RIGHT, "days left"),
        (-5, 1, WARNING, "days left"),
    ],
    ids=["fresh", "not-renewed", "ended", "early", "six-days", "six-days-not-renewed"],
)
def test_its_lifetime(begun: float, left: float, verdict: str, seen: str) -> None:
    _, expiry = judge_trust("/c.pem", told(NAME, begun=begun, left=left), NAME)
    assert (expiry.id, expiry.verdict, expiry.fatal) == ("certificate.expiry", verdict, False)
    assert seen in expiry.seen


def test_real_files_are_read(tmp_path: Path) -> None:
    pair = make_pair(tmp_path, NAME, days=90)
    paths = files({"smtpd_tls_cert_file": "$own", "own": str(pair.cert)})
    found = list(judge_files(on_disk(Door(), paths), paths, NAME))
    assert [one.verdict for one in found] == [RIGHT, RIGHT]
    assert found[0].seen == NAME


def test_a_file_that_is_no_certificate_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "cert.pem"
    path.write_text("-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n")
    (found,) = judge_files(on_disk(Door(), (str(path),)), (str(path),), NAME)
    assert found.verdict == UNKNOWN
    assert str(path) in found.seen


@pytest.mark.promise(43)
@pytest.mark.parametrize(
    ("leaves", "main_cf", "verdict", "seen", "advice"),
    [
        ({"RSA": b"new", "ECDSA": b"new"}, {}, RIGHT, "the one on disk", ""),
        ({"RSA": b"new", "ECDSA": b""}, {}, RIGHT, "the one on disk", ""),
        ({"RSA": b"old"}, {}, WRONG, "another one than on disk", "postconf -P"),
        ({"RSA": b"new", "ECDSA": b"old"}, {}, WRONG, "than on disk, to ECDSA", "reload"),
        ({"RSA": b"old", "ECDSA": b"new"}, {}, WRONG, "than on disk, to RSA", "reload"),
        (
            {"RSA": b"old", "ECDSA": b"old"},
            {"smtpd_tls_chain_files": "/c.pem"},
            WRONG,
            "another one than on disk",
            "smtpd_tls_chain_files in main.cf wins",
        ),
        (
            {"ECDSA": b"old"},
            {"smtpd_tls_eccert_file": "", "tlsproxy_tls_cert_file": "$smtpd_tls_cert_file"},
            WRONG,
            "another one than on disk",
            "postconf -P",
        ),
    ],
)
def test_each_kind_of_client_gets_the_planned_one(
    leaves: dict[str, bytes], main_cf: dict[str, str], verdict: str, seen: str, advice: str
) -> None:
    (found,) = judge_served(25, leaves, {"/new.pem": b"new"}, main_cf)
    assert (found.verdict, found.fatal) == (verdict, True)
    assert found.seen.endswith(seen)
    assert advice in found.advice


def test_what_is_served_cannot_be_compared_with_nothing() -> None:
    (found,) = judge_served(25, {"RSA": b"der"}, {}, {})
    assert found.verdict == UNKNOWN
    assert list(judge_served(25, {"RSA": b""}, {}, {})) == []


@pytest.mark.promise(43)
@pytest.mark.parametrize(("kind", "got"), [(ECDSA, True), (RSA, False), ("", True)])
def test_a_client_of_one_kind_gets_that_kind_alone(tmp_path: Path, kind: str, got: bool) -> None:
    pair = make_pair(tmp_path, NAME)  # an ECDSA one
    for first in (False, True):
        script = scripts.HANDSHAKE_AT_ONCE if first else scripts.HANDSHAKE
        with serving(Behaviour(wrapped=first), pair) as server:
            talk = converse(Endpoint("127.0.0.1", server.port, kind=kind), script, 5)
        assert talk.certificate == (leaf(pair.cert.read_bytes()) if got else b"")


def test_chain_files_come_before_the_others() -> None:
    others = {"smtpd_tls_cert_file": "/rsa.pem", "smtpd_tls_eccert_file": "/ec.pem"}
    assert files(others) == ("/rsa.pem", "/ec.pem")
    assert files({**others, "smtpd_tls_chain_files": "/a.pem, /b.pem"}) == ("/a.pem", "/b.pem")
    assert files({"smtpd_tls_cert_file": "none"}) == ()


@pytest.mark.parametrize("pem", [b"", b"no pem", b"-----BEGIN CERTIFICATE-----\n", b"\xff\xfe"])
def test_no_leaf(pem: bytes) -> None:
    assert leaf(pem) == b""


def test_the_first_of_a_chain_is_the_leaf(tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    first.mkdir()
    second.mkdir()
    one, two = make_pair(first, "a.example"), make_pair(second, "b.example")
    chain = one.cert.read_bytes() + two.cert.read_bytes()
    assert leaf(chain) == leaf(one.cert.read_bytes()) != leaf(two.cert.read_bytes())
