"""Items of live lists are compared with those of the answers by what they mean, not by how they are written."""

from __future__ import annotations

from typing import Any, Optional

import pytest

from tests.unit.plan.live import (
    LOOPBACK,
    NAME,
    SUBNET,
    chosen,
    of_main_cf,
    planned,
)
from wizard.answers.unsaid import unsaid
from wizard.paths import MAIN_CF
from wizard.plan.choices import Choices
from wizard.plan.losses import losses
from wizard.plan.report import as_json
from wizard.planning.build import build_plan
from wizard.planning.by_hand import Base, hand_edits
from wizard.planning.read_back import lost_items, read_back
from wizard.postfix.main_cf import MainCf

NETS = "mynetworks = 127.0.0.0/8, "
LOCAL = "mydestination = "
NAMED = {"local": ["a.example.com"]}

BY_MEANING = {
    "one host": (NETS + "10.0.0.5\n", LOOPBACK, "127.0.0.0/8"),
    "one host of IPv6": (NETS + "[::1]\n", LOOPBACK, "127.0.0.0/8"),
    "one host in brackets": (NETS + "[10.0.0.5]\n", LOOPBACK, "127.0.0.0/8"),
    "one host that stays": (
        NETS + "10.0.0.5\n",
        {"mynetworks": ["127.0.0.0/8", "10.0.0.5/32"]},
        "127.0.0.0/8, 10.0.0.5",
    ),
    "an IPv6 network in another spelling": (
        NETS + "[2001:DB8:0::]/64\n",
        {"mynetworks": ["127.0.0.0/8", "[2001:db8::]/64"]},
        "127.0.0.0/8, [2001:DB8:0::]/64",
    ),
    "a network that Postfix cannot read": ("mynetworks = 127/8 10/8\n", LOOPBACK, "127.0.0.0/8"),
    "a network that Postfix cannot read, and again as it can": (
        "mynetworks = 127/8, 127.0.0.0/8, 10/8, 10.0.0.1/8\n",
        {"mynetworks": ["127.0.0.0/8", "10.0.0.0/8"]},
        "127.0.0.0/8, 10.0.0.0/8",
    ),
    "a network with host bits": ("mynetworks = 127.0.0.1/8\n", LOOPBACK, "127.0.0.0/8"),
    "a mask, which Postfix cannot read": (NETS + "10.0.0.0/255.0.0.0\n", LOOPBACK, "127.0.0.0/8"),
    "a mask that stays": (
        NETS + "10.0.0.0/255.0.0.0\n",
        {"mynetworks": ["127.0.0.0/8", "10.0.0.0/8"]},
        "127.0.0.0/8, 10.0.0.0/8",
    ),
    "an address of IPv4 in one of IPv6, and one with a zone": (
        NETS + "[::ffff:10.0.0.5]/128, [fe80::1%eth0]\n",
        LOOPBACK,
        "127.0.0.0/8, [::ffff:10.0.0.5]/128, [fe80::1%eth0]",
    ),
    "networks in a condition": (
        NETS + "${x?{10.0.0.0/8, 10.0.0.5, 192.0.2.0/24}:{10.0.0.6}}, 10.0.0.7\n",
        LOOPBACK,
        "127.0.0.0/8, ${x?{10.0.0.0/8, 10.0.0.5, 192.0.2.0/24}:{10.0.0.6}}",
    ),
    "tabs": ("mynetworks\t=\t127.0.0.0/8\t10.0.0.5\n", LOOPBACK, "127.0.0.0/8"),
    "the last of two lists": (
        "mynetworks = 10.0.0.5\nmynetworks = 127.0.0.0/8 192.0.2.9\n",
        LOOPBACK,
        "127.0.0.0/8",
    ),
    "names in a condition with blanks": (
        LOCAL + "$myhostname, ${x ? b.example : c.example }\n",
        NAMED,
        "$myhostname, a.example.com, ${x ? b.example : c.example }",
    ),
    "names behind a parameter and a file": (
        LOCAL + "/etc/postfix/dests, pcre:/etc/postfix/d, $mine, old.example\nmine = $myhostname\n",
        NAMED,
        "/etc/postfix/dests, pcre:/etc/postfix/d, $mine, a.example.com",
    ),
    "a name in its own script, which is not its A-label": (
        LOCAL + "$myhostname, 例え.example\n",
        {"local": ["xn--r8jz45g.example"]},
        "$myhostname, xn--r8jz45g.example, 例え.example",
    ),
    "its own name of two parameters": (
        "myhostname = $h.example.com\nh = mail\n" + LOCAL + "mail.example.com, example.com\n",
        NAMED,
        "mail.example.com, example.com, a.example.com",
    ),
    "an exclusion": (
        "mynetworks = !10.0.0.1, 10.0.0.0/8\n",
        LOOPBACK,
        "!10.0.0.1, 127.0.0.0/8",
    ),
    "an exclusion and a parameter": (
        NETS + "!10.0.0.5, $lan, 10.0.0.0/8\n",
        LOOPBACK,
        "127.0.0.0/8, !10.0.0.5, $lan",
    ),
    "its own names written out": (
        LOCAL + "mail.example.com, localhost.example.com, localhost, example.com\n",
        NAMED,
        "mail.example.com, localhost.example.com, localhost, example.com, a.example.com",
    ),
    "its own names in every spelling": (
        LOCAL + "$(myhostname) localhost.${mydomain} LOCALHOST MAIL.example.com ${mydomain}\n",
        NAMED,
        "$(myhostname) localhost.${mydomain} LOCALHOST MAIL.example.com ${mydomain} a.example.com",
    ),
    "its own name by its domain": (
        LOCAL + "mail.$mydomain, www.$mydomain\n",
        {"local": ["www.example.com"]},
        "mail.$mydomain, www.$mydomain",
    ),
    "a name by the domain that goes": (
        LOCAL + "$myhostname, www.$mydomain\n",
        {},
        "$myhostname",
    ),
    "capitals": (LOCAL + "$myhostname, A.Example.COM\n", NAMED, "$myhostname, A.Example.COM"),
    "a dot last, which Postfix matches with nothing": (
        LOCAL + "$myhostname, a.example.com.\n",
        NAMED,
        "$myhostname, a.example.com",
    ),
    "a name of one label and a table": (
        LOCAL + "$myhostname, mailbox, hash:/etc/postfix/names, old.example\n",
        NAMED,
        "$myhostname, mailbox, hash:/etc/postfix/names, a.example.com",
    ),
    "its own domain, which was not local": (
        LOCAL + "localhost\n",
        {"local": ["example.com"]},
        "localhost, example.com",
    ),
    "not set, its own domain": (
        "",
        {"local": ["mail.example.com", "example.com"]},
        "$myhostname, localhost.$mydomain, localhost, example.com",
    ),
    "not set, where Postfix has three": (
        "",
        NAMED,
        "$myhostname, localhost.$mydomain, localhost, a.example.com",
    ),
    "not set, and nothing to add": ("", {}, None),
}


@pytest.mark.slow
@pytest.mark.promise(41)
@pytest.mark.parametrize(("lines", "values", "after"), BY_MEANING.values(), ids=list(BY_MEANING))
def test_items_are_compared_by_what_they_mean(
    lines: str, values: dict[str, Any], after: Optional[str]
) -> None:
    name = "mynetworks" if "mynetworks" in lines else "mydestination"
    section = "networks" if name == "mynetworks" else "domains"
    plan, main = planned(lines, section, values)
    assert main.value(name) == after
    once_more = build_plan(
        chosen(section, values),
        of_main_cf(lines).with_file(MAIN_CF, live=plan.files[0].proposed),
        (section,),
    )
    assert once_more.files[0].proposed == plan.files[0].proposed


def test_the_whole_policy_brings_the_implied_names_once() -> None:
    """Also where the answers name one of them."""
    answers = chosen("domains", {"local": ["example.com", "a.example.com"]})
    plan = build_plan(answers, of_main_cf(LOCAL + "$myhostname, localhost\n"))
    main = MainCf.parse(plan.files[0].proposed)
    assert main.value("mydestination") == (
        "$myhostname, localhost.$mydomain, localhost, $mydomain, a.example.com"
    )


WITHIN = {
    "127.0.0.1, 10.0.0.5": (["127.0.0.0/8"], "10.0.0.5"),
    "[::1], [2001:db8::1]": (["127.0.0.0/8", "[::]/64"], "[2001:db8::1]"),
    "10.0.0.0/8": (["10.0.0.0/9"], "10.0.0.0/8"),
    "!127.0.0.9, 127.0.0.1": (["127.0.0.0/8"], "127.0.0.1"),
}


@pytest.mark.promise(52)
@pytest.mark.parametrize("live", WITHIN)
def test_what_a_wider_network_still_lets_in_is_not_said_to_go(live: str) -> None:
    """An exclusion (`!`) decides by its place, so then each network that goes is named."""
    networks, gone = WITHIN[live]
    values = {"mynetworks": networks, "inet_protocols": "all"}
    plan, _ = planned(f"mynetworks = {live}\n", "networks", values)
    assert tuple(losses(plan)) == (
        f"Taken away: {gone} can no longer relay without a password (mynetworks).",
    )


def test_what_takes_access_away_is_said_first() -> None:
    plan, _ = planned(NETS + "10.0.0.5, [::1]\n", "networks", LOOPBACK)
    lost = "Taken away: 10.0.0.5, [::1] can no longer relay without a password (mynetworks)."
    assert tuple(losses(plan)) == (lost,)
    assert as_json(plan)["taken_away"] == [lost]
    plan, _ = planned(LOCAL + "mail.example.com, old.example\n", "domains", NAMED)
    assert tuple(losses(plan)) == (
        "Taken away: old.example is no longer local here (mydestination).",
    )
    plan, _ = planned("", "networks", LOOPBACK, in_force=SUBNET)
    (lost,) = losses(plan)
    assert "only 127.0.0.0/8 can" in lost
    plan, _ = planned(
        NETS + "10.0.0.5/32\n", "networks", {"mynetworks": ["127.0.0.0/8", "10.0.0.5"]}
    )
    assert tuple(losses(plan)) == ()


def test_what_no_answer_can_say_is_told() -> None:
    plan, _ = planned(NETS + "$lan, cidr:/etc/postfix/nets\n", "networks", LOOPBACK)
    said = "mynetworks: no answer can express $lan, cidr:/etc/postfix/nets; it stays"
    assert any(one.startswith(said) for one in plan.warnings)


RESPELLED = {
    "one host": ("mynetworks", "127.0.0.0/8, 10.0.0.5/32", "127.0.0.0/8 10.0.0.5"),
    "IPv6": ("mynetworks", "[::1]/128", "[0:0::1]"),
    "its own name": ("mydestination", "$myhostname, localhost", "mail.example.com localhost"),
    "braces": ("mydestination", "localhost.$mydomain", "localhost.${mydomain}"),
    "a dot and capitals": ("mydestination", "a.example.com", "A.example.com."),
}


@pytest.mark.promise(29)
@pytest.mark.parametrize(("name", "left", "now"), RESPELLED.values(), ids=list(RESPELLED))
def test_another_spelling_is_no_edit_by_hand(name: str, left: str, now: str) -> None:
    texts = [f"{NAME}{name} = {value}\n".encode() for value in (left, now, left)]
    base = Base(texts[0], "1")
    edits = hand_edits(MAIN_CF, base, texts[1], texts[2], Choices())
    assert [one.name for one in edits] == []


@pytest.mark.parametrize(
    ("lines", "answers", "others"),
    [
        (
            "mydestination = m\u00fcnchen.example.com, a.example.com\n",
            ("a.example.com",),
            "m\u00fcnchen.example.com",
        ),
        ("mydestination = Cdb:/Etc/Names, $MY\n", (), "Cdb:/Etc/Names, $MY"),
        ("mydestination = regexp:{{/X/ OK}}\n", (), "regexp:{{/X/ OK}}"),
        ("mydestination = ${x}a.example.com, LOCALHOST\n", (), "${x}a.example.com"),
    ],
)
def test_an_item_that_no_answer_expresses_is_shown_as_it_stands(
    lines: str, answers: tuple[str, ...], others: str
) -> None:
    """In capitals, with its blanks, and a name in its own script: Postfix has no A-label for it."""
    host = of_main_cf(lines)
    today = read_back(host)
    assert today is not None
    assert today.domains.local == answers
    assert [one.value for one in lost_items(host, today)] == [others]


def test_a_list_without_any_answer_is_shown_as_it_stands() -> None:
    today = read_back(of_main_cf("mynetworks = cidr:/etc/postfix/Nets\n"))
    assert today is not None
    assert today.networks.mynetworks == unsaid("list", "cidr:/etc/postfix/Nets")
