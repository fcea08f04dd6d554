"""MTA-STS policies over https, from a server of our own: read, absent, slow, with a bad certificate."""

from __future__ import annotations

import contextlib
import http.server
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.check.certificates.authority import Issued, issue
from tests.unit.dns.published import lookups
from wizard.answers.model import Answers
from wizard.answers.sections.hostname import Hostname
from wizard.check.dns.sts_policies import fetch_policies
from wizard.check.dns.transport import Fetched

ANSWERS = Answers(Hostname("mail.example.com", "example.com"))
FOUND = lookups(ANSWERS, {("_mta-sts.example.com", "TXT"): ('"v=STSv1; id=1"',)})
GOOD = b"version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmax_age: 86400\r\n"


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Issued]:
    at = tmp_path_factory.mktemp("authority")
    root = issue(at, "root")
    names = ("mta-sts.example.com", "other.example.com")
    return {"root": root, **{name: issue(at, name, root) for name in names}}


@contextlib.contextmanager
def serving(pair: Issued, status: int, body: bytes, pause: float = 0) -> Iterator[int]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Location", "https://elsewhere.example/")
            self.end_headers()
            for at in range(0, len(body), 16):
                time.sleep(pause)
                with contextlib.suppress(OSError):
                    self.wfile.write(body[at : at + 16])

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.cert, pair.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def here(pairs: dict[str, Issued], monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each name lead to loopback, and trust our own root."""
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda _host, port, *rest: real("127.0.0.1", port, *rest)
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(pairs["root"].cert))


def fetched(pair: Issued, status: int = 200, body: bytes = GOOD, **more: float) -> Fetched:
    with serving(pair, status, body, more.get("pause", 0)) as port:
        return fetch_policies(FOUND, port=port, seconds=1)["example.com"]


@pytest.mark.usefixtures("here")
def test_a_policy_is_read(pairs: dict[str, Issued]) -> None:
    found = fetched(pairs["mta-sts.example.com"])
    assert found.policy is not None
    assert (found.policy.mode, found.policy.mx) == ("enforce", ("mail.example.com",))


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [(404, b"", "status 404"), (301, GOOD, "status 301"), (200, b"<html>", "version: STSv1")],
)
def test_what_is_no_policy(pairs: dict[str, Issued], status: int, body: bytes, fault: str) -> None:
    found = fetched(pairs["mta-sts.example.com"], status, body)
    assert (found.policy, fault in found.fault) == (None, True)


@pytest.mark.usefixtures("here")
def test_a_certificate_of_another_name_is_a_fault(pairs: dict[str, Issued]) -> None:
    assert fetched(pairs["other.example.com"]).fault.startswith("its certificate")


@pytest.mark.usefixtures("here")
def test_a_root_that_this_host_lacks_is_not_known(
    pairs: dict[str, Issued], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(issue(tmp_path, "another").cert))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert fetched(pairs["mta-sts.example.com"]).unknown.startswith("its certificate")


@pytest.mark.usefixtures("here")
def test_a_server_that_drips_ends_in_time(pairs: dict[str, Issued]) -> None:
    began = time.monotonic()
    found = fetched(pairs["mta-sts.example.com"], body=GOOD * 100, pause=0.2)
    assert found == Fetched(unknown="no answer within 1 s")
    assert time.monotonic() - began < 3


@pytest.mark.usefixtures("here")
def test_no_server_is_not_known() -> None:
    assert fetch_policies(FOUND, port=1)["example.com"].unknown


def test_without_a_record_nothing_is_fetched() -> None:
    assert fetch_policies(lookups(ANSWERS, {})) == {}
