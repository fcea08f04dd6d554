"""Data of TXT records: strings of at most 255 bytes, which BIND reads back as the same text."""

from __future__ import annotations

import dns.rdata
import pytest

from wizard.dns.spf import text_of
from wizard.dns.spf_text import first, merged, with_terms
from wizard.dns.txt import strings


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v=spf1 -all",
        'a"b\\c',
        "x" * 255,
        "x" * 256,
        "y" * 1000,
        '"' * 300,
        "\x1b]0;owned\x07\xe9",
    ],
)
def test_a_text_is_the_same_afterwards(text: str) -> None:
    read = dns.rdata.from_text("IN", "TXT", strings(text))
    parts: tuple[bytes, ...] = getattr(read, "strings")  # noqa: B009 (of one type of record)
    assert b"".join(parts).decode("latin-1") == text
    assert strings(text).isascii()
    assert strings(text).isprintable()
    assert max(map(len, parts)) <= 255
    assert text_of(str(read)) == text


@pytest.mark.parametrize(
    ("record", "terms", "expected"),
    [
        ("v=spf1 -all", ("mx",), "v=spf1 mx -all"),
        ("v=spf1 +mx ~all", ("mx",), "v=spf1 +mx ~all"),
        ("v=spf1", ("mx", "a"), "v=spf1 mx a"),
        ("v=spf1 redirect=x.example", ("mx",), "v=spf1 mx redirect=x.example"),
        ("v=spf1 a ?all exp=e.x", ("mx",), "v=spf1 a mx ?all exp=e.x"),
    ],
)
def test_spf_is_completed_before_its_end(
    record: str, terms: tuple[str, ...], expected: str
) -> None:
    assert with_terms(record, terms) == expected


def test_spf_records_become_one() -> None:
    assert merged(("v=spf1 mx -all", "v=spf1 mx a:x.example +all")) == "v=spf1 mx a:x.example ~all"
    assert first(("mx",)) == "v=spf1 mx ~all"
