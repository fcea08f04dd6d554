"""MTA-STS policies as senders read them (RFC 8461, 3.2)."""

from __future__ import annotations

import pytest

from wizard.dns.mta_sts import is_record, policy, read_policy


def test_our_own_policy_can_be_read() -> None:
    found = read_policy("\n".join(policy(("mail.example.com", "mx2.example.com"))))
    assert (found.mode, found.mx) == ("testing", ("mail.example.com", "mx2.example.com"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "version"),
        ("version: STSv2\nmode: none\nmax_age: 1", "version"),
        ("version: STSv1\nmode: forced\nmx: a.b\nmax_age: 1", "mode: forced"),
        ("version: STSv1\nmode: enforce\nmax_age: 1", "mx:"),
        ("version: STSv1\nmode: enforce\nmx: a.b", "max_age"),
        ("version: STSv1\nmode: enforce\nmx: a.b\nmax_age: -1", "max_age"),
        ("<html>\x1b]0;owned", "version"),
    ],
)
def test_what_senders_do_not_understand(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read_policy(text)


@pytest.mark.parametrize(
    ("pattern", "name", "permits"),
    [
        ("mail.example.com", "MAIL.example.com.", True),
        ("*.example.com", "mail.example.com", True),
        ("*.example.com", "a.mail.example.com", False),
        ("*.example.com", "example.com", False),
    ],
)
def test_an_exchanger(pattern: str, name: str, permits: bool) -> None:
    text = f"version: STSv1\nmode: enforce\nmx: {pattern}\nmax_age: 1"
    assert read_policy(text).permits(name) is permits


def test_the_first_of_a_field_counts() -> None:
    text = "version: STSv1\nmode: none\nmode: enforce\nmax_age: 1"
    assert read_policy(text).mode == "none"


@pytest.mark.parametrize("text", ["v=STSv1; id=20260101", "v=STSv1;id=a1;", "v=STSv1; id=1; x=y"])
def test_a_record(text: str) -> None:
    assert is_record(text)
    assert not is_record(text.replace("id=", "id=-"))
