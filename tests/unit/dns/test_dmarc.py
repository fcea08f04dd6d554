"""A DMARC record as receivers read it."""

from __future__ import annotations

import pytest

from wizard.dns.dmarc import fault, is_dmarc


@pytest.mark.parametrize(
    "text",
    [
        "v=DMARC1; p=none",
        "v=DMARC1;p=reject;rua=mailto:a@b.example!10m,mailto:c@d.example;",
        "v = DMARC1 ; p = quarantine ; sp=none; adkim=s; aspf=r; pct=50; fo=1; x=y",
    ],
)
def test_a_record_that_is_whole(text: str) -> None:
    assert is_dmarc(text)
    assert fault(text) == ""


@pytest.mark.parametrize("text", ["v=dmarc1; p=none", "p=none; v=DMARC1", "v=DMARC10; p=none", ""])
def test_a_record_that_does_not_count(text: str) -> None:
    assert not is_dmarc(text)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("v=DMARC1", "no p="),
        ("v=DMARC1; p=nothing", "p=nothing"),
        ("v=DMARC1; p=none; p=reject", "twice"),
        ("v=DMARC1; p=none; sp=no", "sp=no"),
        ("v=DMARC1; p=none; pct=200", "pct=200"),
        ("v=DMARC1; p=none; rua=a@b.example", "rua="),
        ("v=DMARC1; p=none; rua=mailto:a", "rua="),
        ("v=DMARC1; p=none; reject", "no tag"),
    ],
)
def test_a_record_with_a_fault(text: str, word: str) -> None:
    assert word in fault(text)
