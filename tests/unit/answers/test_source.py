"""`--answers -`: TOML or JSON from standard input, with the limits of a file."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Optional

import pytest

from wizard.answers import source
from wizard.answers.model import Answers
from wizard.answers.source import LARGEST, STDIN
from wizard.answers.toml import parse_answers, read_answers
from wizard.errors import Trouble

TOML = '[hostname]\nmyhostname = "mail.example.com"\n[certificate]\nsource = "self-signed"\n'
JSON = '{"hostname": {"myhostname": "mail.example.com"}, "certificate": {"source": "self-signed"}}'
WHOLE = f'{{"version": 1, "answers": {JSON}, "unexpressed": []}}'


class Stdin(io.TextIOWrapper):
    """Standard input with these bytes."""

    is_terminal = False

    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data), encoding="utf-8")

    def isatty(self) -> bool:
        return self.is_terminal


@pytest.fixture(autouse=True)
def _anew() -> Iterator[None]:
    source._stdin_text.cache_clear()
    yield
    source._stdin_text.cache_clear()


def read(data: bytes, monkeypatch: pytest.MonkeyPatch) -> Answers:
    monkeypatch.setattr(sys, "stdin", Stdin(data))
    return read_answers(STDIN)


def refused(data: bytes, monkeypatch: pytest.MonkeyPatch) -> Trouble:
    with pytest.raises(Trouble) as caught:
        read(data, monkeypatch)
    return caught.value


@pytest.mark.parametrize("text", [TOML, JSON, f"\n \t{JSON}\n", WHOLE], ids=range(4))
def test_each_form_is_read(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(text.encode(), monkeypatch) == parse_answers(TOML)


def test_it_is_read_once_and_used_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gather run is followed by a second plan."""
    first = read(TOML.encode(), monkeypatch)
    assert read_answers(STDIN) == first


def test_a_file_may_be_json_too(tmp_path: Path) -> None:
    path = tmp_path / "answers.json"
    path.write_text(JSON)
    path.chmod(0o600)
    assert read_answers(path) == parse_answers(TOML)
    if os.geteuid() == 0:
        path.chmod(0o666)
        with pytest.raises(Trouble, match="others than root may write it"):
            read_answers(path)


NUMBER = '{"limits": {"message_size_limit": %s}}'


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        (b"\xff\xfe", "line 1 is not UTF-8"),
        (b"\0" * 100, "This is not TOML"),
        (b"a" * (LARGEST + 1), "larger than 16 MiB"),
        (b"a" * 10_000_000, "This is not TOML"),
        (b"{", "stdin:1: This is not JSON"),
        (b"{} {}", "This is not JSON: Extra data"),
        (b'{"a": ' + b"[" * 200_000, "nested too deeply"),
        (b"a = " + b"[" * 200_000, "This is not TOML"),
        ((NUMBER % "NaN").encode(), "NaN is not a number"),
        ((NUMBER % "-Infinity").encode(), "-Infinity is not a number"),
        ((NUMBER % ("9" * 5_000_000)).encode(), "is too large"),
        ((NUMBER % "1e999").encode(), "Write a whole number"),
        ((NUMBER % "true").encode(), "Write a whole number"),
        ((NUMBER % '"7"').encode(), "Write a whole number"),
        (b'{"hostname": {"myhostname": "a.b", "myhostname": "a.b"}}', "is there twice"),
        (b'{"hostname": [], "hostname": []}', "is there twice"),
        (b'{"limits": 1}', "This must be a table"),
        (b'{"hostname": {"my\\u001b[31mhost": 1}}', r"hostname.my\x1b[31mhost"),
        (b'{"hostname": {"myhostname": "a\\u0007.example.com"}}', "control character"),
        (b'{"hostname": {"myhostname": "\\ud800.example.com"}}', "U+D800"),
        (b'{"hostname": {"myhostname": "-rf.example.com"}}', "cannot begin with '-'"),
        (b'{"hostname": {"myhostname": "$(id).example.com"}}', "cannot contain"),
        (b'{"hostname": {"myhostname": "{{ name }}.example.com"}}', "cannot contain"),
        (b"[1]\n", "There is no section [1]"),
    ],
    ids=lambda one: repr(one)[:40],
)
def test_what_is_no_answers_is_refused_in_words(
    data: bytes, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    trouble = refused(data, monkeypatch)
    assert says in str(trouble)
    assert "reading the answers in standard input" in str(trouble)
    assert len(str(trouble)) < 1000
    assert trouble.exit_code == os.EX_DATAERR


def test_a_terminal_or_a_closed_input_is_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stdin, "is_terminal", True)
    assert refused(TOML.encode(), monkeypatch).exit_code == os.EX_USAGE
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(Trouble, match="it is closed") as caught:
        read_answers(STDIN)
    assert caught.value.exit_code == os.EX_USAGE


def test_an_input_that_cannot_be_read_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(io.BytesIO):
        def read(self, _size: Optional[int] = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    stdin = Stdin(b"")
    monkeypatch.setattr(sys, "stdin", stdin)
    monkeypatch.setattr(Stdin, "buffer", Broken())
    with pytest.raises(Trouble, match="Input/output error"):
        read_answers(STDIN)


def test_a_file_named_minus_has_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("-").write_text(TOML)
    Path("-").chmod(0o600)
    assert read_answers(tmp_path / "-") == parse_answers(TOML)
