"""Weak ciphers that a port accepts, and those without authentication."""

from __future__ import annotations

import pytest

from wizard.check.abuse.client_hello import Answer
from wizard.check.certificates.ciphers import judge_ciphers, judge_versions
from wizard.check.certificates.probing import PortTls
from wizard.check.smtp.session import Transcript
from wizard.check.tls.services import PortSettings
from wizard.finding import RIGHT, UNKNOWN, WARNING
from wizard.postfix.settings import Settings

NO = Answer(refused="refused")
NULL = Answer(taken="TLS 1.2, cipher suite 0x0001 (no encryption)")
OLD = Answer(taken="TLS 1.2, cipher suite 0x000A (3DES)")
ANON = Answer(taken="TLS 1.2, cipher suite 0x00A7 (no authentication)")
OFF = Answer(why="no answer within 2 s")


@pytest.mark.parametrize(
    ("weak", "anonymous", "own", "verdict", "advice"),
    [
        (NO, NO, {}, RIGHT, ""),
        (NO, ANON, {}, RIGHT, ""),
        (NO, ANON, {"tls_medium_cipherlist": "aNULL:HIGH"}, WARNING, "smtpd_tls_exclude_ciphers"),
        (NULL, ANON, {}, WARNING, "smtpd_tls_ciphers = medium"),
        (
            NULL,
            NO,
            {"tls_medium_cipherlist": "eNULL"},
            WARNING,
            "Take tls_medium_cipherlist = eNULL out",
        ),
        (NULL, NO, {"smtpd_tls_ciphers": "null"}, WARNING, "Take smtpd_tls_ciphers = null out"),
        (OLD, NO, {}, WARNING, "medium"),
        (OFF, NO, {}, UNKNOWN, ""),
        (NO, OFF, {}, UNKNOWN, ""),
    ],
)
def test_ciphers(
    weak: Answer, anonymous: Answer, own: dict[str, str], verdict: str, advice: str
) -> None:
    here = {port: PortSettings(port, Settings(own)) for port in (25, 587)}
    right = PortTls(Transcript(), weak=NO, anonymous=NO)
    ports = {25: right, 587: PortTls(Transcript(), weak=weak, anonymous=anonymous)}
    (found,) = judge_ciphers(ports, here)
    assert (found.id, found.verdict) == ("tls.ciphers", verdict)
    assert advice in found.advice
    assert verdict == RIGHT or "587" in found.seen
    assert "port 25" not in found.seen


def test_nothing_is_said_where_nothing_was_asked() -> None:
    assert list(judge_ciphers({25: PortTls(Transcript())}, {})) == []


GOT = Transcript(certificate=b"leaf")


def versions(tls: PortTls, own: dict[str, str], *, is_modern: bool = False) -> list[str]:
    here = {587: PortSettings(587, Settings(own))}
    found = list(judge_versions({587: tls}, here, is_modern=is_modern))
    assert all(name in found[0].advice for name in own)
    return [one.verdict for one in found]


@pytest.mark.parametrize(
    ("own", "chains"),
    [
        ({"smtpd_tls_protocols": "TLSv1.3"}, {}),
        ({"smtpd_tls_mandatory_protocols": ">=TLSv1.3"}, {"clients that take both": (b"leaf",)}),
        ({"smtpd_tls_mandatory_protocols": "!TLSv1.2", "smtpd_tls_protocols": "!TLSv1.2"}, {}),
        ({}, {}),
    ],
)
def test_tls_1_2_is_refused(own: dict[str, str], chains: dict[str, tuple[bytes, ...]]) -> None:
    assert versions(PortTls(GOT, chains, weak=NO, anonymous=NO), own) == [WARNING]
    assert versions(PortTls(GOT, chains, weak=NO, anonymous=NO), {}, is_modern=True) == []


@pytest.mark.parametrize(
    ("tls", "verdict"),
    [
        (PortTls(GOT, {"RSA clients": (b"leaf",)}, weak=NO, anonymous=NO), RIGHT),
        (PortTls(GOT, {"ECDSA clients": (b"leaf",)}, weak=NO, anonymous=ANON), RIGHT),
        (PortTls(GOT, weak=NO, anonymous=OFF), UNKNOWN),
        (PortTls(Transcript(), weak=NO, anonymous=NO), UNKNOWN),
    ],
)
def test_tls_1_2_is_taken_or_not_known(tls: PortTls, verdict: str) -> None:
    assert versions(tls, {}) == [verdict]
