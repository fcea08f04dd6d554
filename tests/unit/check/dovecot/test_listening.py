"""What Dovecot serves: its certificate and key, the least TLS, its addresses."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.unit.check.results import told
from wizard.check.dovecot import listening
from wizard.check.dovecot.listening import judge_listening
from wizard.door import Door
from wizard.finding import WARNING, WRONG, Finding
from wizard.host.facts import Dovecot

BASE = {"ssl": "yes", "protocols": "imap lmtp"}


def made(place: Path, name: str, days: int = 30) -> tuple[str, str]:
    """A pair that openssl makes; with negative days it has ended."""
    cert, key, request = (str(place / f"{name}.{end}") for end in ("pem", "key", "csr"))
    new = ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    new += ["-nodes", "-keyout", key, "-subj", f"/CN={name}", "-out", request]
    signs = ["openssl", "x509", "-req", "-in", request, "-signkey", key, "-days", str(days)]
    for argv in (new, [*signs, "-out", cert]):
        subprocess.run(argv, check=True, capture_output=True)
    return cert, key


def judged(settings: dict[str, str], version: str = "2.4.1") -> list[Finding]:
    return list(judge_listening(Door(), Dovecot(version=version, settings={**BASE, **settings})))


def test_a_certificate_that_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cert, key = made(tmp_path, "old", -1)
    (found,) = judged({"ssl_server/cert_file": cert, "ssl_server/key_file": key})
    assert (found.id, found.verdict, cert in found.seen) == ("dovecot.tls", WRONG, True)
    assert judged({"ssl_server/cert_file": cert, "ssl_server/key_file": key, "ssl": "no"}) == []
    only_lmtp = {"ssl_server/cert_file": cert, "ssl_server/key_file": key, "protocols": "lmtp"}
    assert judged(only_lmtp) == []
    monkeypatch.setattr(listening, "_OF_PACKAGE", str(tmp_path))
    (found,) = judged({"ssl_server/cert_file": cert, "ssl_server/key_file": key})
    assert found.verdict == WARNING


@pytest.mark.parametrize(
    ("said", "verdicts"),
    [
        ("<{other}\n", [WRONG]),
        ("< {other}\n", [WRONG]),
        ("<{own}\n", []),
        ("", []),
        ("-----BEGIN\nx", []),
    ],
)
def test_the_key_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, verdicts: list[str]
) -> None:
    cert, key = made(tmp_path, "own")
    _, other = made(tmp_path, "other")
    text = said.format(own=key, other=other)
    monkeypatch.setattr(listening, "start_command", lambda *_: lambda: told(text))
    found = judged({"ssl_cert": f"<{cert}"}, "2.3.16")
    assert [one.verdict for one in found] == verdicts
    assert all(other in one.seen for one in found)
    (found_of_new,) = judged({"ssl_server_cert_file": cert, "ssl_server_key_file": other})
    assert found_of_new.verdict == WRONG


@pytest.mark.parametrize(
    ("least", "verdicts"),
    [
        ("TLSv1", [WARNING]),
        ("TLSv1.1", [WARNING]),
        ("ANY", [WARNING]),
        ("TLSv1.2", []),
        ("TLSv1.3", []),
        ("", []),
    ],
)
def test_the_least_tls(least: str, verdicts: list[str]) -> None:
    assert [one.verdict for one in judged({"ssl_min_protocol": least})] == verdicts
    assert [one.verdict for one in judged({"ssl_min_protocol": least}, "2.3.16")] == verdicts
    # Its own default then.
    assert judged({"ssl_min_protocol": least}, "2.3.13") == []


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"listen": "192.0.2.99"}, "192.0.2.99"),
        ({"listen": "*, ::, 192.0.2.99"}, "192.0.2.99"),
        ({"listen": "127.0.0.1 [2001:db8::99]"}, "2001:db8::99"),
        ({"service imap-login/inet_listener imaps/address": "192.0.2.98"}, "192.0.2.98"),
        ({"service imap-login/inet_listener imaps/listen": "192.0.2.97"}, "192.0.2.97"),
        ({"listen": "*, ::"}, ""),
        ({"listen": "127.0.0.1, localhost"}, ""),
        ({"listen": "0.0.0.0"}, ""),
        ({"service lmtp/unix_listener lmtp/path": "192.0.2.99"}, ""),
    ],
)
def test_an_address_that_the_host_has_not(settings: dict[str, str], word: str) -> None:
    found = judged(settings)
    assert [(one.id, one.verdict, word in one.seen) for one in found] == (
        [("dovecot.listen", WRONG, True)] if word else []
    )
