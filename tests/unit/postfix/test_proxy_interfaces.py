"""The router's outer addresses in main.cf: set, kept where nobody names them, taken out again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wizard.answers.build import build_answers
from wizard.answers.model import Answers
from wizard.answers.sections.networks import Networks
from wizard.host.facts import Postfix
from wizard.postfix.main_cf import MainCf
from wizard.postfix.main_policy import propose_main_cf

OUTER = ("203.0.113.1", "2001:db8::1")
LINE = b"proxy_interfaces = 203.0.113.1, 2001:db8::1\n"
EXAMPLE = b"#proxy_interfaces =\n#proxy_interfaces = 1.2.3.4\n"


def behind(answers: Answers, *outer: str) -> Answers:
    return replace(answers, networks=replace(answers.networks, proxy_interfaces=outer))


def test_it_stands_behind_its_examples(answers: Answers, el9: Postfix) -> None:
    proposal = propose_main_cf(EXAMPLE + b"a = b\n", behind(answers, *OUTER), el9, ("networks",))
    assert EXAMPLE + LINE + b"a = b\n" in proposal.text
    assert any("router" in one.why for one in proposal.reasons)
    again = propose_main_cf(proposal.text, behind(answers, *OUTER), el9, ("networks",))
    assert again.text == proposal.text


@pytest.mark.parametrize("live", [b"proxy_interfaces = 1.2.3.4\n", b"proxy_interfaces = $other\n"])
def test_where_no_answer_names_one_it_stays_as_it_is(
    answers: Answers, el9: Postfix, live: bytes
) -> None:
    assert live in propose_main_cf(live, answers, el9).text
    today = behind(answers)
    assert live in propose_main_cf(live, answers, el9, ("networks",), today).text


def test_the_section_alone_takes_it_out_again(answers: Answers, el9: Postfix) -> None:
    proposal = propose_main_cf(LINE, answers, el9, ("networks",), behind(answers, *OUTER))
    assert MainCf.parse(proposal.text).value("proxy_interfaces") is None
    assert b"#" + LINE in proposal.text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("203.0.113.1/24", "This is not an IP address"),
        ("[203.0.113.1]", "This is not an IP address"),
        ("mail.zeke.ne.jp", "This is not an IP address"),
        ("-1", "This is not an IP address"),
        ("$myhostname", "This is not an IP address"),
        ("{{ x }}", "This is not an IP address"),
        ("", "This is not an IP address"),
        ("127.0.0.1", "Others cannot reach this address"),
        ("0.0.0.0", "Others cannot reach this address"),
        ("203.0.113.1\n", "control character"),
        ("203.0.113.\uff11", "full-width"),
    ],
)
def test_what_is_no_such_address_is_refused(given: str, said: str) -> None:
    found = build_answers(
        {"hostname": {"myhostname": "mail.a.example"}, "networks": {"proxy_interfaces": [given]}}
    )
    assert isinstance(found, tuple)
    assert said in found[0].message


def test_an_address_is_written_in_its_short_form() -> None:
    found = build_answers(
        {
            "hostname": {"myhostname": "mail.a.example"},
            "networks": {"proxy_interfaces": ["2001:DB8:0:0::1"]},
            "certificate": {"source": "self-signed"},
        }
    )
    assert isinstance(found, Answers)
    assert found.networks == Networks(proxy_interfaces=("2001:db8::1",))
