"""The name or the address of another server."""

from __future__ import annotations

import pytest

from wizard.answers.rules.names import server


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-oProxy",
        "mail",
        "a b.example",
        "a\n.example",
        "x\x1b.example",
        '"x".example',
        "{{x}}.y",
    ],
)
def test_what_is_no_server_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\. (Write|Use|Begin|Remove) "):
        server(text)


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("Mail.Example.com", "mail.example.com"),
        ("203.0.113.1", "203.0.113.1"),
        ("2001:DB8::1", "2001:db8::1"),
    ],
)
def test_a_name_or_an_address_is_a_server(text: str, taken: str) -> None:
    assert server(text) == taken
