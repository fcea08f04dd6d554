"""Questions about this server, put to resolvers that are right, dead or silent."""

from __future__ import annotations

import socket
import time

import pytest

from wizard.answers.model import Answers
from wizard.answers.sections.domains import Domains
from wizard.answers.sections.hostname import Hostname
from wizard.dns.asking import FOUND, SILENT
from wizard.dns.lookups import look_up

ANSWERS = Answers(
    Hostname("mail.example.com", "example.com"), Domains(tuple(f"n{n}.example" for n in range(30)))
)


@pytest.mark.parametrize("silent", [True, False])
def test_a_resolver_that_is_down_takes_its_time_and_no_more(silent: bool) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        if not silent:
            server.close()
        began = time.monotonic()
        found = look_up(ANSWERS, ("198.51.100.7",), ("127.0.0.1",), seconds=0.5, port=port)
        assert time.monotonic() - began < 1.5
    assert {answer.state for answer in found.answers.values()} == {SILENT}
    assert not found.of("mail.example.com", "A").known


def test_no_resolver_at_all() -> None:
    found = look_up(ANSWERS, (), ())
    assert FOUND not in {answer.state for answer in found.answers.values()}
