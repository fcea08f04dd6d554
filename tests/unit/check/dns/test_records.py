"""What the DNS says, judged: right, to look at, or not to be known from here."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wizard.answers.model import Answers
from wizard.answers.sections.domains import Domains
from wizard.answers.sections.hostname import Hostname
from wizard.answers.sections.networks import Networks
from wizard.check.dns.records import judge_lookups
from wizard.dns.asking import FAILED, FOUND, NO_NAME, NO_RECORD, SILENT, Answer, Question
from wizard.dns.authority import Server, ZoneAnswers
from wizard.dns.lookups import Lookups, policy_questions, questions
from wizard.dns.records import to_publish
from wizard.finding import RIGHT, UNKNOWN, WARNING, Finding

HOST, DOMAIN = "mail.example.com", "example.com"
ANSWERS = Answers(Hostname(HOST, DOMAIN), Domains(("a.example.com", "b.example.com")))
OUTER, INNER = "198.51.100.7", "192.168.1.1"
PTR = "7.100.51.198.in-addr.arpa"
MX = f"10 {HOST}"

PUBLISHED: dict[tuple[str, str], tuple[str, ...]] = {
    (HOST, "A"): (OUTER,),
    (DOMAIN, "MX"): (MX,),
    ("a.example.com", "MX"): (MX,),
    ("b.example.com", "MX"): (MX.upper(), "20 other.example."),
    (PTR, "PTR"): (HOST,),
    (DOMAIN, "TXT"): ('"v=spf1 mx -all"', '"google-site-verification=x"'),
    ("a.example.com", "TXT"): ('"v=spf1 mx -all"',),
    ("b.example.com", "TXT"): (f'"v=spf1 ip4:{OUTER} -all"',),
    (f"_dmarc.{DOMAIN}", "TXT"): ('"v=DMARC1; p=none"',),
}


def looked_up(
    changes: dict[tuple[str, str], tuple[str, ...]] | None = None,
    addresses: tuple[str, ...] = (OUTER,),
    proxies: tuple[str, ...] = (),
    **whole: object,
) -> dict[str, Finding]:
    """Judge what is published with these changes; an empty tuple is a record that is not there."""
    published = {**PUBLISHED, **(changes or {})}
    told = {}
    asked = (*questions(ANSWERS, addresses), *policy_questions(ANSWERS), Question(PTR, "PTR"))
    for question in asked:
        rows = published.get((question.name, question.kind), ())
        state = FOUND if rows else NO_RECORD
        told[question] = replace(
            Answer(question, state, rows, question.name),
            **whole,  # type: ignore[arg-type]
        )
    zones = (ZoneAnswers(DOMAIN, {Server("ns.example.com", "192.0.2.1"): told}),)
    found = judge_lookups(ANSWERS, Lookups(told, addresses, zones), proxies)
    return {one.id: one for one in found}


@pytest.mark.parametrize(
    "name",
    ["localhost.localdomain", "mail.local", "LOCALHOST", "srv", "mail.home.arpa", "a.b.internal"],
)
def test_no_record_is_advised_for_a_name_that_cannot_be_public(name: str) -> None:
    answers = Answers(Hostname(name, name.partition(".")[2] or name))
    (found,) = judge_lookups(answers, Lookups({}, (OUTER,)))
    assert (found.id, found.verdict) == ("dns.a", WARNING)
    assert "IN " not in found.advice
    assert "myhostname" in found.advice
    assert to_publish(answers, (OUTER,)) == ()


@pytest.mark.parametrize(
    "name", [HOST, "mail.local.example.org", "localhost.example.com", "lan.de"]
)
def test_a_name_of_the_internet_is_judged(name: str) -> None:
    assert to_publish(Answers(Hostname(name, DOMAIN)), (OUTER,))


def test_all_as_it_should_be() -> None:
    found = looked_up()
    assert list(found) == [
        "dns.a",
        "dns.aaaa",
        f"dns.ptr.{OUTER}",
        "dns.mx",
        "dns.mx.local",
        "dns.spf",
        "dns.spf.local",
        "dns.dmarc",
        "dns.servers",
    ]
    assert {one.verdict for one in found.values()} == {RIGHT}
    assert not any(one.fatal for one in found.values())


@pytest.mark.parametrize(
    ("changes", "addresses", "finding", "verdict", "says"),
    [
        ({(HOST, "A"): ()}, (OUTER,), "dns.a", WARNING, "no such record"),
        ({(HOST, "A"): ("203.0.113.9",)}, (OUTER,), "dns.a", WARNING, "203.0.113.9"),
        # Behind NAT the outer address is no address of this host, and nothing is called wrong.
        ({}, (INNER,), "dns.a", UNKNOWN, OUTER),
        ({}, (INNER,), f"dns.ptr.{OUTER}", RIGHT, HOST),
        # Split DNS: the resolver gives the inside view.
        ({(HOST, "A"): (INNER,)}, (INNER,), "dns.a", UNKNOWN, "this host from inside"),
        ({(HOST, "A"): (INNER,)}, (INNER,), "dns.ptr", UNKNOWN, "no public address"),
        ({(HOST, "A"): (INNER,)}, (INNER, OUTER), f"dns.ptr.{OUTER}", RIGHT, HOST),
        ({(HOST, "A"): ("192.168.1.9",)}, (INNER,), "dns.a", WARNING, "192.168.1.9"),
        (
            {(HOST, "A"): (INNER,), (DOMAIN, "TXT"): ()},
            (INNER,),
            "dns.spf",
            UNKNOWN,
            "seen from inside",
        ),
        ({(HOST, "AAAA"): ("2001:db8::1",)}, (OUTER,), "dns.aaaa", WARNING, "2001:db8::1"),
        ({(PTR, "PTR"): ()}, (OUTER,), f"dns.ptr.{OUTER}", WARNING, "no such record"),
        ({(PTR, "PTR"): ("x.isp.example",)}, (OUTER,), f"dns.ptr.{OUTER}", WARNING, "x.isp"),
        ({(DOMAIN, "MX"): ("10 old.example",)}, (OUTER,), "dns.mx", WARNING, "10 old.example"),
        ({(DOMAIN, "MX"): ()}, (OUTER,), "dns.mx", WARNING, "no such record"),
        ({("a.example.com", "MX"): ()}, (OUTER,), "dns.mx.local", WARNING, "a.example.com: no"),
        ({(DOMAIN, "TXT"): ()}, (OUTER,), "dns.spf", WARNING, "none"),
        ({(DOMAIN, "TXT"): ('"v=spf1 a"', '"v=spf1 mx"')}, (OUTER,), "dns.spf", WARNING, "2 rec"),
        ({(f"_dmarc.{DOMAIN}", "TXT"): ()}, (OUTER,), "dns.dmarc", WARNING, "none"),
        # A record is evaluated for the address that mail leaves by.
        (
            {(DOMAIN, "TXT"): ('"v=spf1 ip4:203.0.113.9 -all"',)},
            (OUTER,),
            "dns.spf",
            WARNING,
            "fail",
        ),
        ({(DOMAIN, "TXT"): ('"v=spf1 mx +all"',)}, (OUTER,), "dns.spf", WARNING, "every address"),
        ({(DOMAIN, "TXT"): ('"v=spf1 ipv4:1.2.3.4"',)}, (OUTER,), "dns.spf", WARNING, "no term"),
        (
            {(DOMAIN, "TXT"): ('"v=spf1 ip4:203.0.113.9 ?all"',)},
            (OUTER,),
            "dns.spf",
            WARNING,
            "neutral",
        ),
        (
            {(DOMAIN, "TXT"): ('"v=spf1 a:mail.example.com -all"',)},
            (OUTER,),
            "dns.spf",
            RIGHT,
            OUTER,
        ),
        ({(HOST, "TXT"): ('"v=spf1 -all"',)}, (OUTER,), "dns.spf.host", WARNING, "fail"),
        ({(HOST, "TXT"): ('"v=spf1 a -all"',)}, (OUTER,), "dns.spf.host", RIGHT, OUTER),
        # The inside view leads our names elsewhere, but an address in the record is the same there.
        (
            {(HOST, "A"): (INNER,), (DOMAIN, "TXT"): ('"v=spf1 ip4:203.0.113.9 -all"',)},
            (INNER, OUTER),
            "dns.spf",
            WARNING,
            "fail",
        ),
        ({(HOST, "A"): (INNER,)}, (INNER, OUTER), "dns.spf", UNKNOWN, "from inside"),
        ({(f"_dmarc.{DOMAIN}", "TXT"): ('"v=DMARC1"',)}, (OUTER,), "dns.dmarc", WARNING, "no p="),
        ({(f"_dmarc.{DOMAIN}", "TXT"): ('"v=dmarc1;p=none"',)}, (OUTER,), "dns.dmarc", WARNING, ""),
        # The exchangers with the lowest number get the mail.
        ({(DOMAIN, "MX"): (MX, "5 other.example")}, (OUTER,), "dns.mx", WARNING, "5 other"),
        ({(DOMAIN, "MX"): (MX, "15 other.example")}, (OUTER,), "dns.mx", RIGHT, "15 other"),
        ({(DOMAIN, "MX"): ("0 .",)}, (OUTER,), "dns.mx", WARNING, "0 ."),
        ({(DOMAIN, "TXT"): ('"v=spf1 mx"',)}, (OUTER,), "dns.spf", WARNING, "neutral"),
        ({(DOMAIN, "TXT"): ('"v=spf1 mx ?all"',)}, (OUTER,), "dns.spf", WARNING, "neutral"),
        ({(DOMAIN, "TXT"): ('"v=spf1 mx ~all"',)}, (OUTER,), "dns.spf", RIGHT, "mx ~all"),
        ({(DOMAIN, "TXT"): ('"v=spf1 mx ptr -all"',)}, (OUTER,), "dns.spf", WARNING, "ptr asks"),
        ({(DOMAIN, "TXT"): ('"v=spf1 mx a:ptr.a.example -all"',)}, (OUTER,), "dns.spf", RIGHT, ""),
        ({(DOMAIN, "TXT"): ('"v=spf1,mx,-all"',)}, (OUTER,), "dns.spf", WARNING, "v=spf1,mx"),
        ({(DOMAIN, "TXT"): ('"spf1 mx -all"', '"x"')}, (OUTER,), "dns.spf", WARNING, "none"),
        ({(DOMAIN, "TXT"): ('" v=SPF1 mx -all"',)}, (OUTER,), "dns.spf", WARNING, "v=SPF1 mx"),
        ({("a.example.com", "MX"): ("5 x.example", MX)}, (OUTER,), "dns.mx.local", WARNING, "5 x"),
    ],
)
def test_one_thing_at_a_time(
    changes: dict[tuple[str, str], tuple[str, ...]],
    addresses: tuple[str, ...],
    finding: str,
    verdict: str,
    says: str,
) -> None:
    found = looked_up(changes, addresses)[finding]
    assert (found.verdict, says in found.seen) == (verdict, True), found


@pytest.mark.parametrize(
    ("other", "address", "canonical", "verdict"),
    [
        ("mx2.example.com", "203.0.113.9", "mx2.example.com", WARNING),
        ("mx2.example.com", OUTER, "mx2.example.com", RIGHT),
        ("mx2.example.com", OUTER, HOST, WARNING),
        (HOST, OUTER, "real.example", WARNING),
    ],
    ids=["another host", "another name of this host", "an alias of this host", "its own name"],
)
def test_exchangers_of_the_same_number(
    other: str, address: str, canonical: str, verdict: str
) -> None:
    """A part of the mail goes to each of them."""
    exchangers, leads = Question(DOMAIN, "MX"), Question(other, "A")
    said = {
        exchangers: Answer(exchangers, FOUND, (MX, f"10 {other}"), DOMAIN),
        leads: Answer(leads, FOUND, (address,), canonical),
    }
    zones = (ZoneAnswers(DOMAIN, {Server("ns.example.com", "192.0.2.1"): said}),)
    found = {one.id: one for one in judge_lookups(ANSWERS, Lookups(said, (OUTER,), zones))}
    assert found["dns.mx"].verdict == verdict, found["dns.mx"]
    assert (other in found["dns.mx"].advice) == (verdict == WARNING)


def test_two_names_of_one_address_behind_a_router() -> None:
    names = {(DOMAIN, "MX"): (MX, "10 mx.example.com"), ("mx.example.com", "A"): (OUTER,)}
    said = {
        Question(*one): Answer(Question(*one), FOUND, rows, one[0]) for one, rows in names.items()
    }
    leads = Question(HOST, "A")
    said[leads] = Answer(leads, FOUND, (OUTER,), HOST)
    zones = (ZoneAnswers(DOMAIN, {Server("ns.example.com", "192.0.2.1"): said}),)
    found = {one.id: one for one in judge_lookups(ANSWERS, Lookups(said, (INNER,), zones))}
    assert found["dns.mx"].verdict == RIGHT


@pytest.mark.parametrize("record", ["0 ", "0 ."])
def test_the_record_of_a_domain_that_takes_no_mail_is_explained(record: str) -> None:
    assert "takes no mail (RFC 7505)" in looked_up({(DOMAIN, "MX"): (record,)})["dns.mx"].advice


def test_an_alias_is_told() -> None:
    assert looked_up(canonical="real.example")["dns.cname"].verdict == WARNING
    assert "dns.cname" not in looked_up(canonical=HOST.upper())


def test_ipv6_is_right_where_postfix_listens() -> None:
    answers = replace(ANSWERS, networks=Networks(inet_protocols="all"))
    question = Question(HOST, "AAAA")
    said = {question: Answer(question, FOUND, ("2001:db8::1",))}
    zones = (ZoneAnswers(DOMAIN, {Server("ns.example.com", "192.0.2.1"): said}),)
    told = Lookups(said, ("2001:db8::1",), zones)
    found = {one.id: one for one in judge_lookups(answers, told)}
    assert found["dns.aaaa"].verdict == RIGHT


@pytest.mark.parametrize("state", [SILENT, FAILED])
def test_a_resolver_that_is_down_makes_nothing_wrong(state: str) -> None:
    found = looked_up(state=state, records=(), why="no answer in time")
    assert {one.verdict for one in found.values()} == {UNKNOWN}


def test_a_name_that_is_not_there_is_told() -> None:
    found = looked_up(state=NO_NAME, records=())
    assert found["dns.a"].seen == "no such name"
    assert {found[one].follows for one in ("dns.mx", "dns.spf", "dns.dmarc")} == {"dns.a"}
    assert not found["dns.a"].follows
    for one, name, section in (
        ("dns.a", HOST, "hostname"),
        ("dns.mx.local", "a.example.com", "domains"),
    ):
        assert f"If {name} is mistyped, correct" in found[one].advice
        assert f"in section {section}." in found[one].advice


def test_a_mistyped_name_in_a_domain_that_is_there_is_the_cause_of_nothing_else() -> None:
    """The PTR names the host that was meant."""
    typed = "mial.example.com"
    answers = Answers(Hostname(typed, DOMAIN))
    told = {
        question: Answer(
            question,
            NO_NAME if question.name == typed else FOUND if rows else NO_RECORD,
            rows,
            question.name,
        )
        for question in (*questions(answers, (OUTER,)), Question(PTR, "PTR"))
        for rows in [PUBLISHED.get((question.name, question.kind), ())]
    }
    found = {one.id: one for one in judge_lookups(answers, Lookups(told, (OUTER,)))}
    assert found["dns.a"].seen == "no such name"
    assert f"The PTR of {OUTER} names {HOST}." in found["dns.a"].advice
    assert not any(one.follows for one in found.values())


@pytest.mark.promise(21, 25)
def test_control_characters_are_harmless() -> None:
    nasty = "\x1b]0;owned\x07 \u202e"
    found = looked_up(
        {(HOST, "A"): (), (DOMAIN, "MX"): (nasty,), (DOMAIN, "TXT"): (f"v=spf1 {nasty}",)}
    )
    for one in found.values():
        assert one.seen.isprintable()
        assert "\x1b" not in one.advice
    assert "\\x1b" in found["dns.mx"].seen


def test_of_ten_thousand_names_some_are_asked() -> None:
    many = replace(ANSWERS, domains=Domains(tuple(f"n{n}.example" for n in range(10_000))))
    assert len(questions(many, (OUTER,))) < 40
    assert len(list(policy_questions(many))) < 130


@pytest.mark.parametrize(
    ("published", "addresses", "proxies", "verdict"),
    [
        (OUTER, (INNER,), (), WARNING),
        (OUTER, (INNER,), ("198.51.100.8",), WARNING),
        (OUTER, (INNER,), (OUTER,), RIGHT),
        (OUTER, (INNER, OUTER), (), ""),
        (OUTER, (INNER, "198.51.100.8"), (), ""),
        (INNER, ("192.168.1.9",), (), ""),
    ],
)
def test_behind_a_router_postfix_must_know_the_address_that_the_world_sees(
    published: str, addresses: tuple[str, ...], proxies: tuple[str, ...], verdict: str
) -> None:
    found = looked_up({(HOST, "A"): (published,)}, addresses, proxies)
    row = found.get("networks.proxy")
    assert (row.verdict if row else "") == verdict
    assert row is None or not row.fatal
    if verdict == WARNING:
        assert row is not None
        assert f"`proxy_interfaces = {OUTER}`" in row.advice


def test_with_split_dns_the_ptr_of_the_routers_address_is_asked_about() -> None:
    inside: dict[tuple[str, str], tuple[str, ...]] = {(HOST, "A"): (INNER,)}
    assert looked_up(inside, (INNER,))["dns.ptr"].verdict == UNKNOWN
    assert looked_up(inside, (INNER,), (OUTER,))[f"dns.ptr.{OUTER}"].verdict == RIGHT
    other = looked_up({**inside, (PTR, "PTR"): ("other.example",)}, (INNER,), (OUTER,))
    assert other[f"dns.ptr.{OUTER}"].verdict == WARNING
