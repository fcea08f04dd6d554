"""SPF as a receiving server evaluates it: each mechanism, each limit, and records that are void."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from wizard.dns import spf
from wizard.dns.asking import FOUND, NO_NAME, NO_RECORD, SILENT, Answer, Question

US, OTHER, SIX = "192.0.2.1", "198.51.100.9", "2001:db8::25"
ZONE: dict[str, dict[str, tuple[str, ...]]] = {
    "d.example": {"A": ("192.0.2.80",), "MX": ("10 mail.d.example", "20 b.example")},
    "mail.d.example": {"A": (US,), "AAAA": (SIX,)},
    "b.example": {"A": ("203.0.113.7",)},
    "provider.example": {"TXT": ('"v=spf1 ip4:192.0.2.0/28 -all"',)},
    "soft.example": {"TXT": ('"v=spf1 ~all"',)},
    "loop.example": {"TXT": ('"v=spf1 include:loop.example -all"',)},
    "redirected.example": {"TXT": ('"v=spf1 redirect=provider.example"',)},
    "1.2.0.192.in-addr.arpa": {"PTR": ("mail.d.example",)},
    "1.2.0.192.spf.d.example": {"A": ("127.0.0.2",)},
    "slow.example": {},
}


def lookup_in(zone: Mapping[str, Mapping[str, tuple[str, ...]]]) -> spf.Lookup:
    def lookup(name: str, kind: str) -> Answer:
        question = Question(name, kind)
        if name == "slow.example":
            return Answer(question, SILENT, why="no answer in time")
        if name not in zone:
            return Answer(question, NO_NAME)
        records = zone[name].get(kind, ())
        return Answer(question, FOUND if records else NO_RECORD, tuple(records))

    return lookup


def evaluated(record: str, address: str = US) -> spf.Result:
    zone = {**ZONE, "d.example": {**ZONE["d.example"], "TXT": (f'"{record}"',)}}
    return spf.evaluate(address, "d.example", lookup_in(zone))


@pytest.mark.parametrize(
    ("record", "address", "result"),
    [
        ("v=spf1 mx -all", US, spf.PASS),
        ("v=spf1 mx -all", SIX, spf.PASS),
        ("v=spf1 mx -all", f"::ffff:{US}", spf.PASS),
        ("v=spf1 mx -all", OTHER, spf.FAIL),
        ("V=SPF1 MX ~ALL", OTHER, spf.SOFTFAIL),
        ("v=spf1 ip4:198.51.100.7 -all", US, spf.FAIL),
        ("v=spf1 ip4:192.0.2.0/24 -all", US, spf.PASS),
        ("v=spf1 ip6:2001:db8::/32 -all", SIX, spf.PASS),
        ("v=spf1 a/24 -all", US, spf.PASS),
        ("v=spf1 a:mail.d.example//64 -all", "2001:db8::1", spf.PASS),
        ("v=spf1 include:provider.example -all", US, spf.PASS),
        ("v=spf1 include:provider.example ?all", OTHER, spf.NEUTRAL),
        ("v=spf1 redirect=provider.example", US, spf.PASS),
        ("v=spf1 redirect=redirected.example", OTHER, spf.FAIL),
        ("v=spf1 ptr:d.example -all", US, spf.PASS),
        ("v=spf1 exists:%{ir}.spf.%{d} -all", US, spf.PASS),
        ("v=spf1 exists:%{ir}.spf.%{d} -all", OTHER, spf.FAIL),
        ("v=spf1 -mx +all", US, spf.FAIL),
        ("v=spf1 +all", OTHER, spf.PASS),
        ("v=spf1", US, spf.NEUTRAL),
        ("v=spf1 exp=why.d.example unknown=x mx -all", US, spf.PASS),
        ("v=spf10 mx -all", US, spf.NONE),
    ],
)
def test_a_record(record: str, address: str, result: str) -> None:
    assert evaluated(record, address).result == result


@pytest.mark.parametrize(
    "record",
    [
        "v=spf1 ipv4:192.0.2.1 -all",
        "v=spf1 ip4:192.0.2.300 -all",
        "v=spf1 ip4:192.0.2.1/33 -all",
        "v=spf1 ip4:192.0.2.1/032 -all",
        "v=spf1 ip4:2001:db8::1 -all",
        "v=spf1 ip6:192.0.2.1 -all",
        "v=spf1 include -all",
        "v=spf1 include:soft.example/24 -all",
        "v=spf1 include:nothing.example -all",
        "v=spf1 redirect=nothing.example",
        "v=spf1 redirect=a.example redirect=b.example",
        "v=spf1 redirect=",
        "v=spf1 a:localhost -all",
        "v=spf1 a:192.0.2.1 -all",
        "v=spf1 all:x.example",
        "v=spf1 exists:%{z}.example -all",
        "v=spf1 mx; -all",
        "v=spf1 mx,a -all",
        "v=spf1 include:loop.example -all",
        "v=spf1 a:no1.example a:no2.example a:no3.example -all",
        f"v=spf1 {' '.join(['a'] * 11)} -all",
        r"v=spf1 mx \007 -all",
        # A fault behind the term that matches makes the record void all the same.
        "v=spf1 mx -all foo",
    ],
)
def test_a_record_that_is_void(record: str) -> None:
    assert evaluated(record).result == spf.PERMERROR


def test_no_record_and_two() -> None:
    lookup = lookup_in({"n.example": {}, "t.example": {"TXT": ('"v=spf1 a"', '"v=spf1 mx"')}})
    assert spf.evaluate(US, "n.example", lookup).result == spf.NONE
    assert spf.evaluate(US, "t.example", lookup).result == spf.PERMERROR


def test_a_name_server_without_an_answer_is_no_verdict() -> None:
    assert evaluated("v=spf1 include:slow.example -all").result == spf.TEMPERROR


def test_the_strings_of_a_record_are_joined() -> None:
    assert spf.text_of('"v=spf1 ip4:192.0" ".2.1 -all"') == "v=spf1 ip4:192.0.2.1 -all"
    assert spf.text_of(r'"a\"b\032c"') == 'a"b c'
    assert spf.text_of("v=spf1 mx") == "v=spf1 mx"
