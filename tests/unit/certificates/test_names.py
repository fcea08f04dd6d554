"""Which names cover which host (RFC 6125, section 6.4.3)."""

from __future__ import annotations

import pytest

from wizard.certificates.names import covers


@pytest.mark.parametrize(
    ("names", "hostname"),
    [
        (["mail.zeke.ne.jp"], "mail.zeke.ne.jp"),
        (["MAIL.Zeke.ne.jp."], "mail.zeke.ne.jp"),
        (["zeke.ne.jp", "*.zeke.ne.jp"], "mail.zeke.ne.jp"),
        (["*.zeke.ne.jp"], "MAIL.zeke.ne.jp."),
        (["*.xn--bcher-kva.example"], "mail.xn--bcher-kva.example"),
    ],
)
def test_covered(names: list[str], hostname: str) -> None:
    assert covers(names, hostname)


@pytest.mark.parametrize(
    ("names", "hostname"),
    [
        ([], "mail.zeke.ne.jp"),
        (["zeke.ne.jp"], "mail.zeke.ne.jp"),
        (["*.zeke.ne.jp"], "zeke.ne.jp"),
        (["*.zeke.ne.jp"], "a.mail.zeke.ne.jp"),
        (["*.jp"], "zeke.jp"),
        (["*"], "mail"),
        (["m*.zeke.ne.jp"], "mail.zeke.ne.jp"),
        (["mail.*.ne.jp"], "mail.zeke.ne.jp"),
        (["*.zeke.ne.jp"], ".zeke.ne.jp.evil"),
        (["", "."], ""),
    ],
)
def test_not_covered(names: list[str], hostname: str) -> None:
    assert not covers(names, hostname)
