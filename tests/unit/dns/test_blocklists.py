"""The health of blocklists: answers judged by themselves, then asked of a resolver of our own."""

from __future__ import annotations

import time
from collections.abc import Iterator

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from tests.unit.dns.resolver import answering
from wizard.answers.catalogue import ListZone
from wizard.dns.addresses import public4
from wizard.dns.asking import FAILED, FOUND, NO_NAME, SILENT, Answer, Question
from wizard.dns.blocklists import ask_lists, judge, matches, questions

GUARDED = ListZone("guarded", "guarded.example", registration="Register at https://x.example.")
LOOPBACK = ("127.0.0.1",)
OPEN = ListZone("open", "bl.example")
ZEN = ListZone("zen", "zen.example", "127.0.0.[2..11]", remedy="a key")


@pytest.mark.parametrize(
    ("reply_filter", "address", "passes"),
    [
        ("", "198.51.100.7", True),
        ("127.0.0.2", "127.0.0.2", True),
        ("127.0.0.2", "127.0.0.20", False),
        ("127.0.0.[2..11]", "127.0.0.11", True),
        ("127.0.0.[2..11]", "127.0.0.12", False),
        ("127.0.0.[2;4..6]", "127.0.0.5", True),
        ("127.0.0.[2;4..6]", "127.0.0.3", False),
        ("127.0.1.[2..99]", "127.0.0.2", False),
        ("127.255.255.[1..255]", "127.255.255.254", True),
        ("127.0.0.[2..]", "127.0.0.2", True),
        ("127.0.0.[..]", "127.0.0.2", False),
        ("127.0.0.2", "::1", False),
        ("127.0.0.2", "", False),
        ("127.0.0", "127.0.0.2", False),
    ],
)
def test_a_reply_filter(reply_filter: str, address: str, passes: bool) -> None:
    assert matches(reply_filter, address) == passes


def told(zone: ListZone, listed: object, unlisted: object, *own: object) -> dict[Question, Answer]:
    """A list's answers: a state, or the records that were found."""
    names = (*zone.points, "9.113.0.203")
    return {
        question: Answer(question, one, why="SERVFAIL" if one == FAILED else "no answer in time")
        if isinstance(one, str)
        else Answer(question, FOUND, tuple(one))  # type: ignore[arg-type]
        for name, one in zip(names, (listed, unlisted, *own))
        for question in [Question(f"{name}.{zone.zone}", "A")]
    }


@pytest.mark.parametrize(
    ("zone", "listed", "unlisted", "state", "words"),
    [
        (OPEN, ["127.0.0.2"], NO_NAME, "works", ""),
        (ZEN, ["127.0.0.2", "127.0.0.4"], NO_NAME, "works", ""),
        (ZEN, ["127.255.255.254"], NO_NAME, "refuses", "No spam is stopped"),
        (ZEN, ["127.255.255.254"], ["127.255.255.254"], "refuses", "such as unbound, or a key."),
        (OPEN, ["127.255.255.255"], ["127.255.255.255"], "refuses", "ALL MAIL is refused"),
        (OPEN, ["198.51.100.7"], ["198.51.100.7"], "lists everything", "ALL MAIL would be"),
        (ZEN, ["198.51.100.7"], ["198.51.100.7"], "lists everything", "Leave the list out"),
        (OPEN, NO_NAME, NO_NAME, "lists nothing", "still exists"),
        (ZEN, ["127.0.0.99"], NO_NAME, "lists nothing", "its replies"),
        (ZEN, SILENT, NO_NAME, "silent", "dig 2.0.0.127.zen.example"),
        (ZEN, ["127.0.0.2"], SILENT, "silent", "would wait"),
        (ZEN, FAILED, FAILED, "failed", "resolv.conf"),
        (GUARDED, ["127.0.0.2"], NO_NAME, "works", ""),
        (GUARDED, FAILED, FAILED, "failed", "`. Register at https://x.example."),
        (GUARDED, SILENT, SILENT, "silent", "`. Register at https://x.example."),
        (GUARDED, NO_NAME, NO_NAME, "lists nothing", "exists. Register at https://x.example."),
    ],
)
def test_states(zone: ListZone, listed: object, unlisted: object, state: str, words: str) -> None:
    health = judge(zone, told(zone, listed, unlisted))
    assert health.state == state
    assert words in health.advice
    assert health.works == (state == "works") == (not health.advice)


def test_what_the_error_code_means_is_told() -> None:
    health = judge(ZEN, told(ZEN, ["127.255.255.254"], NO_NAME))
    assert health.said == "127.255.255.254: it does not answer public resolvers"
    assert "127.255.255.7, an error code" in judge(ZEN, told(ZEN, ["127.255.255.7"], NO_NAME)).said


@pytest.mark.parametrize(
    ("zone", "own", "listed"),
    [
        (ZEN, ["127.0.0.10"], True),
        (ZEN, ["127.0.0.99"], False),
        (ZEN, NO_NAME, False),
        (ZEN, SILENT, False),
        (OPEN, ["127.0.0.9"], True),
        (OPEN, ["127.255.255.254"], False),
    ],
)
def test_an_address_of_our_own(zone: ListZone, own: object, listed: bool) -> None:
    health = judge(zone, told(zone, ["127.0.0.2"], NO_NAME, own), ["203.0.113.9"])
    assert health.own == (("203.0.113.9",) if listed else ())


def test_who_lists_everything_says_nothing_of_our_own() -> None:
    answers = told(OPEN, ["127.0.0.2"], ["127.0.0.2"], ["127.0.0.2"])
    assert judge(OPEN, answers, ["203.0.113.9"]).own == ()


def test_only_public_addresses_are_asked_about() -> None:
    given = ["127.0.0.1", "192.168.1.1", "100.64.3.3", "203.0.113.1", "::1", "2001:db8::1"]
    assert public4(given) == ("203.0.113.1",)


def respond(query: dns.message.Message) -> dns.message.Message | None:
    """Answer by the zone's first label."""
    asked = query.question[0]
    reply = dns.message.make_response(query)
    reply.flags |= dns.flags.RA
    labels = asked.name.to_text().split(".")
    is_listed = labels[0] in {"2", "test"}
    if b"silent" in asked.name.labels:
        return None
    if b"hostile" in asked.name.labels:
        behind = "\\027[31m\\010\\000." + "x" * 60 + ".example."
        reply.answer.append(dns.rrset.from_text(asked.name, 60, "IN", "CNAME", behind))
        reply.answer.append(dns.rrset.from_text(behind, 60, "IN", "A", "127.0.0.2"))
    elif b"many" in asked.name.labels:
        rows = [f"127.0.{number}.2" for number in range(25)]
        reply.answer.append(dns.rrset.from_text(asked.name, 60, "IN", "A", *rows))
    elif is_listed:
        reply.answer.append(dns.rrset.from_text(asked.name, 60, "IN", "A", "127.0.0.2"))
    else:
        reply.set_rcode(dns.rcode.NXDOMAIN)
    return reply


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A resolver's port."""
    with answering(respond) as at:
        yield at


def test_lists_are_asked_side_by_side_and_told_in_order(port: int) -> None:
    zones = [
        ListZone("good", "good.example"),
        ListZone("mute", "silent.example"),
        ListZone("names", "n.example", kinds=("sender",), points=("test", "invalid")),
        ListZone("wild", "many.example"),
    ]
    began = time.monotonic()
    found = ask_lists(zones, LOOPBACK, ["203.0.113.9"], seconds=0.6, port=port)
    assert time.monotonic() - began < 1.5
    assert [one.zone for one in found] == zones
    assert [one.state for one in found] == ["works", "silent", "works", "lists everything"]
    assert "and 22 more" in found[3].said


def test_no_answer_brings_a_control_character(port: int) -> None:
    (health,) = ask_lists([ListZone("bad", "hostile.example")], LOOPBACK, port=port)
    assert health.state == "lists everything"
    assert (health.said + health.advice).isprintable()


def test_a_hundred_lists_and_a_mute_resolver_take_the_time_of_one(port: int) -> None:
    zones = [ListZone(f"{number}", f"{number}.silent.example") for number in range(100)]
    began = time.monotonic()
    found = ask_lists(zones, LOOPBACK, seconds=0.5, port=port)
    assert time.monotonic() - began < 1.5
    assert {one.state for one in found} == {"silent"}


@pytest.mark.parametrize("resolvers", [(), ("nonsense",), ("-h",)])
def test_no_resolver_is_told(resolvers: tuple[str, ...]) -> None:
    (health,) = ask_lists([OPEN], resolvers, seconds=0.5)
    assert health.state == "failed"
    assert health.said.isprintable()


@pytest.mark.parametrize(
    ("reply", "odd"),
    [
        ("127.0.0.2", ()),
        ("203.0.113.99", ("203.0.113.99",)),
        ("127.255.255.254", ("127.255.255.254",)),
    ],
)
def test_a_reply_for_our_own_address_that_is_no_listing(reply: str, odd: tuple[str, ...]) -> None:
    answers = told(OPEN, ["127.0.0.2"], NO_NAME, [reply])
    health = judge(OPEN, answers, ["203.0.113.9"])
    assert health.odd == odd
    assert bool(health.own) == (not odd)


@pytest.mark.parametrize(
    ("own", "listed"),
    [(["127.0.1.2"], True), (["127.255.255.254"], False), (NO_NAME, False), (SILENT, False)],
)
def test_a_domain_of_our_own(own: object, *, listed: bool) -> None:
    zone = ListZone(
        "dbl", "dbl.example", "127.0.1.[2..99]", kinds=("sender",), points=("test", "invalid")
    )
    subjects = (["203.0.113.9"], ["here.example"])
    *_, mine = questions(zone, *subjects)
    assert mine.name == "here.example.dbl.example"
    found = list(told(zone, ["127.0.1.2"], NO_NAME, own).values())
    answers = dict(zip(questions(zone, *subjects), found))
    assert judge(zone, answers, *subjects).own == (("here.example",) if listed else ())
