"""The certificate that each kind of client is served, against those on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.check.scripted import Behaviour, make_pair, serving
from wizard.check.certificates.probing import ALL, ECDSA, RSA, probe
from wizard.check.certificates.served import chains_on_disk, judge_ignored, judge_served, on_disk
from wizard.check.certificates.verifying import Verifier
from wizard.check.smtp import scripts
from wizard.check.smtp.session import Endpoint, converse
from wizard.check.tls.handshake import leaf
from wizard.check.tls.services import PortSettings, certificate_files, port_settings
from wizard.door import Door
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG
from wizard.postfix.master_cf import MasterCf
from wizard.postfix.settings import Settings


def on(port: int, own: dict[str, str], options: dict[str, str] | None = None) -> PortSettings:
    entry = "submission/inet" if options else "smtp/inet"
    return PortSettings(port, Settings(own, {}, options or {}), entry)


@pytest.mark.promise(43)
@pytest.mark.parametrize(
    ("leaves", "main_cf", "verdict", "seen", "advice"),
    [
        ({"RSA": b"new", "ECDSA": b"new"}, {}, RIGHT, "the one on disk", ""),
        ({"RSA": b"new", "ECDSA": b""}, {}, RIGHT, "the one on disk", ""),
        ({"RSA": b"old"}, {}, WRONG, "another one than on disk", "postconf -P"),
        ({"RSA": b"new", "ECDSA": b"old"}, {}, WRONG, "than on disk, to ECDSA", "reload"),
        ({"RSA": b"old", "ECDSA": b"new"}, {}, WRONG, "than on disk, to RSA", "reload"),
        ({ALL: b"old", "RSA": b"new", "EC": b"old"}, {}, WRONG, "on disk, to EC", "reload"),
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
    (found,) = judge_served(25, leaves, {"/new.pem": b"new"}, on(25, main_cf))
    assert (found.verdict, found.fatal) == (verdict, True)
    assert found.seen.endswith(seen)
    assert advice in found.advice


@pytest.mark.parametrize(
    ("leaves", "verdict"),
    [
        ({"RSA": b"planned", "ECDSA": b"own"}, RIGHT),
        ({"RSA": b"own", "ECDSA": b"planned"}, RIGHT),
        ({"RSA": b"planned", "ECDSA": b""}, RIGHT),
        ({ALL: b"planned", "RSA": b"planned", "ECDSA": b"own"}, RIGHT),
        ({"RSA": b"own", "ECDSA": b"own"}, WARNING),
        ({"RSA": b"planned", "ECDSA": b"old"}, WRONG),
        ({"RSA": b"old"}, WRONG),
    ],
)
def test_another_certificate_beside_that_of_the_answers(
    leaves: dict[str, bytes], verdict: str
) -> None:
    disk = {"/rsa.pem": b"planned", "/ec.pem": b"own"}
    (found,) = judge_served(25, leaves, disk, on(25, {}), {"/rsa.pem": b"planned"})
    assert found.verdict == verdict
    assert bool(found.advice) == (verdict != RIGHT)


def test_the_option_of_a_service_is_named() -> None:
    here = on(587, {"smtpd_tls_eccert_file": "/e.pem"}, {"smtpd_tls_cert_file": "/o.pem"})
    (found,) = judge_served(587, {"RSA": b"old"}, {"/new.pem": b"new"}, here)
    assert "-o smtpd_tls_cert_file of submission/inet in master.cf" in found.advice


def test_what_is_served_cannot_be_compared_with_nothing() -> None:
    (found,) = judge_served(25, {"RSA": b"der"}, {}, on(25, {}))
    assert found.verdict == UNKNOWN
    assert list(judge_served(25, {"RSA": b""}, {}, on(25, {}))) == []


@pytest.mark.promise(43)
@pytest.mark.parametrize("own_order", [False, True])
@pytest.mark.parametrize("wrapped", [False, True])
def test_a_client_of_one_kind_gets_that_kind_alone(
    tmp_path: Path, own_order: bool, wrapped: bool
) -> None:
    pair = make_pair(tmp_path, "mail.zeke.ne.jp")  # an ECDSA one
    script = scripts.SMTPS if wrapped else scripts.SUBMISSION
    with serving(Behaviour(wrapped=wrapped), pair) as server:
        where = Endpoint("127.0.0.1", server.port)
        before = () if wrapped else scripts.UNTIL_TLS
        talk = converse(where, script, 5)
        served = probe(where, before, talk, Verifier(Door()), (), has_own_order=own_order)
    der = leaf(pair.cert.read_bytes())
    assert served.leaves == {ALL: der, ECDSA: der}
    assert served.chains == {ECDSA: (der,)}
    verified = served.verified[der,]
    assert verified.trust is not None
    assert verified.trust.number == 18
    for answer in (served.weak, served.anonymous):
        assert answer is not None
        assert answer.refused
    assert RSA not in served.chains


def test_nothing_is_asked_where_tls_did_not_begin() -> None:
    with serving(Behaviour(wrapped=False)) as server:
        where = Endpoint("127.0.0.1", server.port)
        talk = converse(where, scripts.SMTPS, 2)
        count = len(server.sources)
        served = probe(where, (), talk, Verifier(Door()), ())
        assert len(server.sources) == count
    assert served.weak is None


def test_chain_files_come_before_the_others() -> None:
    def files(own: dict[str, str]) -> tuple[str, ...]:
        return certificate_files(Settings(own))

    others = {"smtpd_tls_cert_file": "/rsa.pem", "smtpd_tls_eccert_file": "/ec.pem"}
    assert files(others) == ("/rsa.pem", "/ec.pem")
    assert files({**others, "smtpd_tls_chain_files": "/a.pem, /b.pem"}) == ("/a.pem", "/b.pem")
    assert files({"smtpd_tls_cert_file": "none"}) == ()
    assert files({"smtpd_tls_cert_file": "$own", "own": "/o.pem"}) == ("/o.pem",)


@pytest.mark.parametrize(
    ("own", "names"),
    [
        ({"smtpd_tls_cert_file": "/a.pem"}, ""),
        ({"smtpd_tls_cert_file": "/a.pem", "smtpd_tls_chain_files": "/b.pem"}, "_cert_file"),
        ({"smtpd_tls_eccert_file": "/a.pem", "smtpd_tls_chain_files": "/b.pem"}, "eccert"),
        ({"smtpd_tls_cert_file": "/b.pem", "smtpd_tls_chain_files": "/b.pem"}, ""),
    ],
)
def test_files_in_vain(own: dict[str, str], names: str) -> None:
    found = list(judge_ignored({25: on(25, own)}))
    assert [one.verdict for one in found] == ([WARNING] if names else [])
    assert all(names in one.seen for one in found)


def test_the_settings_of_each_port() -> None:
    services = MasterCf.parse(
        b"smtp inet n - n - 1 postscreen\n"
        b"smtpd pass - - n - - smtpd -o smtpd_tls_cert_file=/pass.pem\n"
        b"tlsmgr unix - - n 1000? 1 tlsmgr\n"
        b"submission inet n - n - - smtpd -o smtpd_tls_cert_file=/own.pem\n"
        b"127.0.0.1:465 inet n - n - - smtpd\n"
    ).services
    found = port_settings(services, Settings({"smtpd_tls_cert_file": "/main.pem"}))
    named = {port: one.settings.value("smtpd_tls_cert_file") for port, one in found.items()}
    assert named == {25: "/pass.pem", 587: "/own.pem", 465: "/main.pem"}
    assert found[587].place("smtpd_tls_cert_file") == "submission/inet in master.cf"
    assert found[25].has_tlsmgr
    assert not port_settings(services[:1], Settings({}))[25].has_tlsmgr
    assert port_settings((), Settings({}))[587].has_tlsmgr


@pytest.mark.parametrize("pem", [b"", b"no pem", b"-----BEGIN CERTIFICATE-----\n", b"\xff\xfe"])
def test_no_leaf(pem: bytes, tmp_path: Path) -> None:
    assert leaf(pem) == b""
    (tmp_path / "c.pem").write_bytes(pem)
    assert chains_on_disk(Door(), (str(tmp_path / "c.pem"), str(tmp_path / "none"))) == {}


def test_the_first_of_a_chain_is_the_leaf(tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    first.mkdir()
    second.mkdir()
    one, two = make_pair(first, "a.example"), make_pair(second, "b.example")
    chain = tmp_path / "chain.pem"
    chain.write_bytes(one.cert.read_bytes() + two.cert.read_bytes())
    leaves = [leaf(pair.cert.read_bytes()) for pair in (one, two)]
    assert chains_on_disk(Door(), (str(chain),)) == {str(chain): tuple(leaves)}
    assert on_disk(Door(), (str(chain),)) == {str(chain): leaves[0]}
