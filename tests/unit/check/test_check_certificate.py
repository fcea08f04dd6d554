"""The certificate on disk: for this name, and for how long."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.unit.check.scripted import NAME, make_pair
from wizard.certificates.x509 import Certificate
from wizard.check.certificate import files, judge_files, judge_served, judge_trust, on_disk
from wizard.check.model import RIGHT, UNKNOWN, WARNING, WRONG
from wizard.check.tls import leaf
from wizard.door import Door

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
    main_cf = {"smtpd_tls_cert_file": str(pair.cert)}
    disk = on_disk(Door(), files(main_cf))
    found = list(judge_files(disk, main_cf, NAME))
    assert [one.verdict for one in found] == [RIGHT, RIGHT]
    assert found[0].seen == NAME


def test_a_file_that_is_no_certificate_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "cert.pem"
    path.write_text("-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n")
    main_cf = {"smtpd_tls_cert_file": str(path)}
    (found,) = judge_files(on_disk(Door(), (str(path),)), main_cf, NAME)
    assert found.verdict == UNKNOWN
    assert str(path) in found.seen


def test_what_is_served_cannot_be_compared_with_nothing() -> None:
    (found,) = judge_served(25, b"der", {})
    assert found.verdict == UNKNOWN
    assert list(judge_served(25, b"", {})) == []


def test_chain_files_come_before_the_others() -> None:
    others = {"smtpd_tls_cert_file": "/rsa.pem", "smtpd_tls_eccert_file": "/ec.pem"}
    assert files(others) == ("/rsa.pem", "/ec.pem")
    assert files({**others, "smtpd_tls_chain_files": "/a.pem, /b.pem"}) == ("/a.pem", "/b.pem")


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
