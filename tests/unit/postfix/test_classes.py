"""A domain's class under two configurations, and what a change of it does to queued mail."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.postfix.classes import (
    ALIAS,
    LOCAL,
    MAILBOX,
    NONE,
    RELAY,
    Classes,
    class_parameters,
    domain_of,
    may_bounce,
    may_differ,
    recipient_keys,
)

pytestmark = pytest.mark.promise(54)

TABLES = {
    "hash:/v": {"in-table.example", "taro", "taro@example.com"},
    "static:x": None,
    "inline:{a.example=1, b.example=2}": {"a.example", "b.example"},
}
FILES = {"/etc/postfix/list": "# comment\nin-file.example other.example\n!not.example\n"}


def ask(table: str, keys: Collection[str]) -> Optional[frozenset[str]]:
    has = TABLES.get(table)
    return None if has is None else frozenset(has & set(keys))


def classes(**values: str) -> Classes:
    return Classes(values, ask, FILES.get)


@pytest.mark.parametrize(
    ("values", "domain", "kind"),
    [
        ({"mydestination": "a.example, b.example"}, "b.example", LOCAL),
        ({"mydestination": "A.Example"}, "a.example", LOCAL),
        ({"mydestination": "a.example"}, "sub.a.example", NONE),
        ({"mydestination": "!a.example, static:x"}, "a.example", NONE),
        ({"mydestination": "!a.example a.example"}, "a.example", NONE),
        ({"mydestination": "!a.example", "relay_domains": "a.example"}, "a.example", RELAY),
        ({"mydestination": "!!a.example"}, "a.example", LOCAL),
        ({"mydestination": "!!hash:/v"}, "in-table.example", LOCAL),
        ({"mydestination": "!/etc/postfix/list"}, "not.example", LOCAL),
        ({"mydestination": "pcre:/x a.example"}, "a.example", "local unless in pcre:/x"),
        ({"mydestination": "a.example.", "relay_domains": "a.example"}, "a.example", RELAY),
        ({"relay_domains": "!sub.a.example, .a.example"}, "sub.a.example", NONE),
        (
            {"mydestination": "inline:{{b.example = x y}, a.example=1}"},
            "a.example",
            "no class unless in inline:{{b.example = x y}, a.example=1}",
        ),
        ({"mydestination": "hash:/v"}, "in-table.example", LOCAL),
        ({"mydestination": "!hash:/v, in-table.example"}, "in-table.example", NONE),
        ({"mydestination": "ldap:/x"}, "a.example", "no class unless in ldap:/x"),
        ({"mydestination": "ldap:/x a.example"}, "a.example", "local unless in ldap:/x"),
        ({"mydestination": "!ldap:/x a.example"}, "a.example", "local unless in !ldap:/x"),
        ({"mydestination": "a.example ldap:/x"}, "a.example", LOCAL),
        ({"mydestination": "/etc/postfix/list"}, "in-file.example", LOCAL),
        ({"mydestination": "/etc/postfix/list"}, "comment", NONE),
        ({"mydestination": "/etc/postfix/list not.example"}, "not.example", NONE),
        ({"mydestination": "/gone"}, "a.example", "no class unless in /gone"),
        ({"mydestination": "inline:{a.example=1, b.example=2}"}, "b.example", LOCAL),
        ({"mydestination": "a.example", "virtual_alias_domains": "a.example"}, "a.example", LOCAL),
        ({"virtual_alias_domains": "hash:/v"}, "in-table.example", ALIAS),
        ({"virtual_mailbox_domains": "a.example"}, "a.example", MAILBOX),
        ({"relay_domains": "a.example"}, "a.example", RELAY),
        ({"relay_domains": "a.example"}, "sub.a.example", NONE),
        ({"relay_domains": ".a.example"}, "sub.a.example", RELAY),
        (
            {"relay_domains": "a.example", "parent_domain_matches_subdomains": "x,relay_domains"},
            "deep.sub.a.example",
            RELAY,
        ),
        ({}, "a.example", NONE),
        ({"mydestination": ""}, "", NONE),
        ({"mydestination": "日本.example"}, "日本.example", LOCAL),
    ],
)
def test_the_first_pattern_that_matches_decides(
    values: dict[str, str], domain: str, kind: str
) -> None:
    assert classes(**values).of([domain, "other.test"])[domain] == kind


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("taro@A.Example", "a.example"),
        ("taro@a.example.", "a.example"),
        ('"a@b c"@a.example', "a.example"),
        ("-rf@a.example", "a.example"),
        ("taro@[192.0.2.1]", ""),
        ("taro", ""),
        ("", ""),
        ("@", ""),
        ("日本@日本.example", "日本.example"),
        ("a%b@a.example", "a.example"),
    ],
)
def test_the_domain_of_an_address(address: str, domain: str) -> None:
    assert domain_of(address) == domain


def test_recipients_are_known_by_any_of_their_names() -> None:
    found = classes(local_recipient_maps="ldap:/x hash:/v", recipient_delimiter="+")
    people = ["taro@example.com", "TARO+x@other.example", '"taro"@x.example', "hana@example.com"]
    assert found.known(people, LOCAL) == set(people[:3])
    assert found.known(people, ALIAS) == frozenset()
    assert recipient_keys("+x@a.example", "+")[-1] == "+x"


@pytest.mark.parametrize(
    ("old", "new", "bounces"),
    [
        (LOCAL, LOCAL, False),
        (LOCAL, NONE, True),
        (LOCAL, RELAY, True),
        (LOCAL, ALIAS, True),
        (NONE, RELAY, False),
        (RELAY, NONE, True),
        (NONE, LOCAL, True),
        ("no class unless in ldap:/x", "no class unless in ldap:/x", False),
        ("local unless in ldap:/x", "no class unless in ldap:/x", True),
        ("no class unless in ldap:/x", LOCAL, True),
    ],
)
def test_what_a_change_may_do(old: str, new: str, bounces: bool) -> None:
    assert may_bounce(old, new) is bounces


@pytest.mark.parametrize(
    ("before", "after", "differs"),
    [
        (b"mydestination = a, b\n", b"mydestination = b a\n", False),
        (b"mydestination = a\n", b"mydestination = a\n  b\n", True),
        (b"mydestination = a\n", b"#mydestination = b\nmydestination = a\n", False),
        (b"mydestination = $x\nx = a\n", b"mydestination = $x\nx = b\n", True),
        (b"mydestination = ${x}\nx = $(y)\ny=1", b"mydestination = ${x}\nx = $(y)\ny=2", True),
        (b"mydomain = a\n", b"mydomain = b\n", True),
        (b"mynetworks = a\n", b"mynetworks = b\n", False),
        (b"relayhost = a\n", b"relayhost = b\n", False),
        (b"", b"virtual_alias_maps = hash:/v\n", True),
        (b"", b"relay_domains = a\n", True),
        (b"mydestination = a\n", b"", True),
        (b"mydestination = \xff\n", b"mydestination = \xfe\n", True),
    ],
)
def test_only_lists_of_domains_count(before: bytes, after: bytes, differs: bool) -> None:
    assert may_differ(before, after) is differs
    assert may_differ(after, before) is differs


def test_no_key_of_a_blocklist_is_copied() -> None:
    text = b"""mydestination = $myhostname
myhostname = mail.example.com
smtpd_recipient_restrictions = reject_rbl_client SECRET.zen.dq.spamhaus.net
loop = $loop2
loop2 = $loop
virtual_alias_domains = $loop
"""
    found = dict(class_parameters(text))
    assert set(found) == {"mydestination", "myhostname", "virtual_alias_domains", "loop", "loop2"}


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_value_is_searched_without_an_error(value: str, domain: str) -> None:
    found = classes(mydestination=value, relay_domains=value).of([domain])
    assert list(found) == [domain]


def test_ten_thousand_names_are_searched_once() -> None:
    names = [f"d{at}.example" for at in range(10_000)]
    began = time.process_time()
    found = classes(mydestination=" ".join(names)).of([*names, "other.example"])
    assert time.process_time() - began < 2
    assert set(found.values()) == {LOCAL, NONE}
