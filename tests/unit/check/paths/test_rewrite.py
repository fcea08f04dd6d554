"""trivial-rewrite's answers: whole, in pieces, with a greeting before them, and none."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from wizard.check.paths import rewrite

ANSWER = (
    "flags\0000\0transport\0smtp\0nexthop\0[192.0.2.25]:26\0recipient\0a@b.example\0flags\0{}\0\0"
)
GREETING = b"protocol\0rewrite_protocol\0\0"


@contextmanager
def answering(path: Path, *pieces: bytes) -> Iterator[list[bytes]]:
    asked: list[bytes] = []
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve() -> None:
            line, _ = listener.accept()
            with line:
                asked.append(line.recv(4096))
                for piece in pieces:
                    line.sendall(piece)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield asked
        thread.join(5)


def said(flags: int) -> bytes:
    return ANSWER.format(flags).encode()


@pytest.mark.parametrize(
    "pieces",
    [
        (said(4096),),
        (GREETING, said(4096)),
        (GREETING + said(4096),),
        tuple(bytes([one]) for one in said(4096)),
    ],
    ids=["whole", "greeted", "at-once", "byte-by-byte"],
)
def test_a_route_is_read(tmp_path: Path, pieces: tuple[bytes, ...]) -> None:
    with answering(tmp_path / "rewrite", *pieces) as asked:
        found = rewrite.resolve("a@b.example", "me@here.example", path=str(tmp_path / "rewrite"))
    assert found == rewrite.Route(
        "a@b.example", "smtp", "[192.0.2.25]:26", "a@b.example", "default"
    )
    assert asked == [b"request\0resolve\0sender\0me@here.example\0address\0a@b.example\0\0"]
    assert not found.is_direct


@pytest.mark.parametrize(
    ("flags", "word"), [(4096 | rewrite.FAILED, "gives Postfix no answer"), (4, "for no address")]
)
def test_what_postfix_cannot_resolve_is_a_fault(tmp_path: Path, flags: int, word: str) -> None:
    with answering(tmp_path / "rewrite", said(flags)):
        found = rewrite.resolve("a@b.example", path=str(tmp_path / "rewrite"))
    assert word in found.fault
    assert not found.is_unknown


@pytest.mark.parametrize("pieces", [(), (b"flags\0000\0",), (b"\0\0\0",), (b"\xff" * 9,)])
def test_no_answer_is_unknown(tmp_path: Path, pieces: tuple[bytes, ...]) -> None:
    with answering(tmp_path / "rewrite", *pieces):
        found = rewrite.resolve("a@b.example", path=str(tmp_path / "rewrite"))
    assert found.is_unknown
    assert found.fault


def test_a_postfix_that_does_not_run_is_unknown(tmp_path: Path) -> None:
    found = rewrite.resolve("a@b.example", path=str(tmp_path / "rewrite"))
    assert found.is_unknown
    assert "No such file" in found.fault
