"""[user@]host as scp takes it: what is let through becomes a word of argv."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.answers.rules.names import ssh_host

RIGHT = (
    "",
    "old",
    "old.example.com",
    "root@old.example.com",
    "10.0.0.2",
    "cert_copy@old-1.example",
    "root@[2001:db8::1]",
    "[fe80::1%enp0s3]",
)
WRONG = {
    "-oProxyCommand=id": "The host cannot begin with '-'",
    "root@-oProxyCommand=id": "This is not [user@]host",
    "-l@host": "The host cannot begin with '-'",
    "root;id@host": "is not a plain name",
    "@host": "is not a plain name",
    "root@": "This is not [user@]host",
    "old example": "This is not [user@]host",
    "old:/etc": "This is not [user@]host",
    "old.example:22": "This is not [user@]host",
    "$(id)": "This is not [user@]host",
    "root@2001:db8::1": "Write [2001:db8::1]",
    "root@[not::an::address]": "no IPv6 address",
    "[fe80::1%-x]": "Write the interface's name",
    "old\nexample": "control character U+000A",
    "old\x1b[2Jexample": "control character U+001B",
    "ｏｌｄ": "full-width",  # noqa: RUF001 - that is the case
    "../old": "This is not [user@]host",
    "%h": "This is not [user@]host",
}


@pytest.mark.parametrize("text", RIGHT)
def test_let_through_as_it_is(text: str) -> None:
    assert ssh_host(text) == text


@pytest.mark.promise(21, 22)
@pytest.mark.parametrize("text", WRONG)
def test_refused_and_why(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(WRONG[text])):
        ssh_host(text)


@pytest.mark.promise(21, 22)
@given(st.text(max_size=30))
def test_nothing_that_passes_is_an_option_or_more_than_a_word(text: str) -> None:
    try:
        passed = ssh_host(text)
    except ValueError:
        return
    host = passed.rpartition("@")[2]
    assert not passed.startswith("-")
    assert not host.startswith("-")
    assert not set(passed) & set(" \t\n\r\0/;|&$`\"'\\<>*?(){}!#~")
