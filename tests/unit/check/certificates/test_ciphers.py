"""Weak ciphers that a port accepts, and those without authentication."""

from __future__ import annotations

import pytest

from wizard.check.abuse.client_hello import Answer
from wizard.check.certificates.ciphers import judge_ciphers
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
