"""The answers of a second MX, and the file of its recipients: what is taken, and what is refused."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.factories import ZEKE
from tests.sections.backup import DOMAINS, FILE, PRIMARY
from wizard.answers.build import build_answers, check_section, to_values
from wizard.answers.model import Answers
from wizard.door import Door
from wizard.sections.backup.recipients import read_recipients

# The answers.


@pytest.mark.parametrize(
    ("pasted", "address"),
    [
        ("198.51.100.25", "198.51.100.25"),
        ("198.51.100.25/32", "198.51.100.25"),
        ("[198.51.100.25]", "198.51.100.25"),
        ("10.0.0.2", "10.0.0.2"),
        ("2001:db8::25", "2001:db8::25"),
        ("2001:DB8:0:0::25", "2001:db8::25"),
        ("[2001:db8::25]", "2001:db8::25"),
        ("[IPv6:2001:db8::25]", "2001:db8::25"),
        ("IPv6:2001:db8::25/128", "2001:db8::25"),
        ("::ffff:198.51.100.25", "198.51.100.25"),
    ],
)
def test_an_address_is_taken_as_people_paste_it(pasted: str, address: str) -> None:
    assert check_section("backup", {"servers": [pasted]}) == ({"servers": (address,)}, ())


@pytest.mark.parametrize(
    ("pasted", "why"),
    [
        ("198.51.100.0/24", "This is a range"),
        ("2001:db8::/64", "This is a range"),
        ("mx2.zeke.ne.jp", "This is not an IP address"),
        ("198.51.100.25, 198.51.100.26", "This is not an IP address"),
        ("198.51.100", "This is not an IP address"),
        ("198.51.100.25:25", "This is not an IP address"),
        ("", "This is not an IP address"),
        ("127.0.0.1", "No other server has this address"),
        ("::", "No other server has this address"),
        ("224.0.0.1", "No other server has this address"),
        ("fe80::1%eth0", ""),
    ],
)
def test_what_is_no_single_address_is_refused(pasted: str, why: str) -> None:
    _, problems = check_section("backup", {"servers": [pasted]})
    assert [one.name for one in problems] == ["servers"]
    assert why in problems[0].message


@pytest.mark.parametrize(
    ("fields", "where", "why"),
    [
        ({"domains": DOMAINS}, "primary", "Write the server that delivers mail for hana.example"),
        ({"primary": PRIMARY}, "domains", "Write the domains"),
        (
            {"domains": ("zeke.ne.jp",), "primary": PRIMARY},
            "domains",
            'it, write `mydomain = "mail.zeke.ne.jp"` in [hostname]; else take it out of [backup]',
        ),
        (
            {"domains": ("ace.zeke.ne.jp",), "primary": PRIMARY},
            "domains",
            "Where another server delivers it, take it out of the local domains; else",
        ),
        ({"domains": DOMAINS, "primary": "mail.zeke.ne.jp"}, "primary", "is this host"),
        ({"domains": (*DOMAINS, DOMAINS[0]), "primary": PRIMARY}, "domains", "twice"),
        ({"recipients": "people"}, "recipients", "full path"),
        ({"recipients": ""}, "recipients", "full path"),
    ],
)
def test_answers_that_contradict_each_other(fields: dict[str, Any], where: str, why: str) -> None:
    found = build_answers({**to_values(ZEKE), "backup": fields})
    assert not isinstance(found, Answers)
    assert [(one.section, one.name) for one in found] == [("backup", where)]
    assert why in found[0].message


def test_verify_is_taken_in_any_case() -> None:
    assert check_section("backup", {"recipients": "Verify"}) == ({"recipients": "verify"}, ())


# The file.


def read(tmp_path: Path, data: bytes, mode: int = 0o600) -> tuple[str, ...]:
    path = tmp_path / FILE.lstrip("/")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(mode)
    return read_recipients(Door(tmp_path), FILE, DOMAINS)


def test_addresses_are_read_in_lower_case_and_once(tmp_path: Path) -> None:
    data = b"# people\n\nHanako@Hana.example\r\n  hanako@hana.example\njiro+x@taro.example"
    assert read(tmp_path, data) == ("hanako@hana.example", "jiro+x@taro.example")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"a@hana.example\n\nb@other.example\n", "line 3: b@other.example is not in a domain"),
        (b"a@hana.example\nhanako\n", "line 2: hanako is no mail address"),
        (b"hanako@\n", "line 1: hanako@ is no mail address"),
        (b"@hana.example\n", "line 1: @hana.example is a whole domain"),
        (b"a@hana.example b@hana.example\n", "line 1: .* is more than one address"),
        (b"a@hana.example,b@hana.example\n", "line 1: .* is more than one address"),
        (b"a@hana.example OK\n", "line 1: .* is more than one address"),
        (b"a\xffb@hana.example\n", r"line 1: a\\xffb@hana.example is no mail address"),
        (b'"a b"@hana.example\n', "line 1: "),
        (b"\x1b[2J@hana.example\n", r"line 1: \\x1b\[2J@hana.example is no mail address"),
        (b"# nobody\n", "has no address"),
        (b"", "has no address"),
    ],
)
def test_a_line_that_is_no_recipient_is_named(tmp_path: Path, data: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read(tmp_path, data)


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_change_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(ValueError, match=f"mode {mode:04o}.: `chmod go-w {FILE}`"):
        read(tmp_path, b"hanako@hana.example\n", mode)


def test_a_file_that_is_missing_or_another_users_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is not there: write into it the addresses of"):
        read_recipients(Door(tmp_path), FILE, DOMAINS)
    if os.geteuid() == 0:
        read(tmp_path, b"hanako@hana.example\n")
        os.chown(tmp_path / FILE.lstrip("/"), 1000, 0)
        with pytest.raises(ValueError, match="is not root's: `chown root"):
            read_recipients(Door(tmp_path), FILE, DOMAINS)
