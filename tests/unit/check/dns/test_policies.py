"""SPF of mail that leaves by a relay host, and DMARC of several domains and other readers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.dns.published import NS1, NS2, Rows, lookups
from wizard.answers.model import Answers
from wizard.answers.sections.dns import Dns
from wizard.answers.sections.domains import Domains
from wizard.answers.sections.hostname import Hostname
from wizard.answers.sections.relay import Relay
from wizard.check.dns.records import judge_lookups
from wizard.dns.asking import FAILED
from wizard.dns.record_basis import NO_PROVIDER
from wizard.dns.records import fragment, to_publish
from wizard.finding import RIGHT, UNKNOWN, WARNING, Finding

OUTER, RELAY = "198.51.100.7", "203.0.113.25"
ANSWERS = Answers(Hostname("mail.example.com", "example.com"))
BY_RELAY = replace(ANSWERS, relay=Relay("smtp.provider.example"))
HERE: Rows = {
    ("mail.example.com", "A"): (OUTER,),
    ("example.com", "MX"): ("10 mail.example.com",),
    ("example.com", "TXT"): ('"v=spf1 mx -all"',),
    ("_dmarc.example.com", "TXT"): ('"v=DMARC1; p=none"',),
    ("smtp.provider.example", "A"): (RELAY,),
    ("spf.provider.example", "TXT"): ('"v=spf1 ip4:203.0.113.0/24 -all"',),
    ("broken.provider.example", "TXT"): (FAILED,),
}


def judged(answers: Answers, rows: Rows, relay: str = "") -> dict[str, Finding]:
    found = lookups(answers, {**HERE, **rows}, (OUTER,))
    return {one.id: one for one in judge_lookups(answers, found, relay=relay)}


@pytest.mark.parametrize(
    ("tags", "missing", "verdict"),
    [
        ("rua=mailto:reports@example.com", {"reports@example.com"}, WARNING),
        ("rua=mailto:a@example.com,mailto:b@example.com!10m", {"b@example.com"}, WARNING),
        ("ruf=mailto:Reports@Example.com", {"Reports@Example.com"}, WARNING),
        ("rua=mailto:root@example.com", set(), RIGHT),
        ("rua=https://example.com/x", set(), WARNING),
    ],
)
def test_somebody_here_reads_the_reports(tags: str, missing: set[str], verdict: str) -> None:
    rows = {("_dmarc.example.com", "TXT"): (f'"v=DMARC1; p=none; {tags}"',)}
    found = judge_lookups(
        ANSWERS, lookups(ANSWERS, {**HERE, **rows}, (OUTER,)), missing=missing.intersection
    )
    one = next(one for one in found if one.id == "dns.dmarc")
    assert (one.verdict, all(name in one.seen for name in missing)) == (verdict, True)


@pytest.mark.parametrize(
    ("provider", "record", "verdict", "says"),
    [
        # The record that `check` once called right: receivers refuse what the relay host sends.
        ("", "v=spf1 mx -all", WARNING, RELAY),
        ("", "v=spf1 ip4:203.0.113.25 -all", UNKNOWN, "the relay host"),
        ("", "v=spf1 include:spf.provider.example -all", UNKNOWN, "the relay host"),
        ("", "v=spf1 +all", WARNING, "every address"),
        ("", "v=spf1 ip4:1.2.3 -all", WARNING, "no network"),
        ("spf.provider.example", "v=spf1 include:spf.provider.example ~all", RIGHT, "include:"),
        ("spf.provider.example", "v=spf1 +include:spf.provider.example ~all", RIGHT, "include:"),
        ("spf.provider.example", "v=spf1 mx -all", WARNING, "is not in it"),
        ("broken.provider.example", "v=spf1 include:broken.provider.example ~all", UNKNOWN, "SERV"),
        ("gone.provider.example", "v=spf1 include:gone.provider.example ~all", WARNING, "no SPF"),
    ],
)
def test_spf_of_mail_that_leaves_by_a_relay_host(
    provider: str, record: str, verdict: str, says: str
) -> None:
    answers = replace(BY_RELAY, dns=Dns(relay_spf=provider))
    rows = {("example.com", "TXT"): (f'"{record}"',), ("gone.provider.example", "TXT"): ()}
    found = judged(answers, rows)["dns.spf"]
    assert (found.verdict, says in found.seen) == (verdict, True), found


def test_the_advice_is_the_whole_record_with_a_blank() -> None:
    found = judged(BY_RELAY, {})["dns.spf"]
    assert f'"v=spf1 mx include:{NO_PROVIDER} -all"' in found.advice
    assert found.expected == f"v=spf1 mx include:{NO_PROVIDER} -all"


def test_a_relay_host_of_main_cf_counts_as_well() -> None:
    assert judged(ANSWERS, {})["dns.spf"].verdict == RIGHT
    assert judged(ANSWERS, {}, relay="smtp.provider.example")["dns.spf"].verdict == WARNING
    assert judged(ANSWERS, {}, relay=RELAY)["dns.spf"].verdict == WARNING


@pytest.mark.parametrize(
    ("permit", "verdict"),
    [(('"v=DMARC1"',), RIGHT), ((), WARNING), (('"v=spf1 -all"',), WARNING), ((FAILED,), UNKNOWN)],
)
def test_another_domain_must_permit_the_reports(permit: tuple[str, ...], verdict: str) -> None:
    rows = {
        ("_dmarc.example.com", "TXT"): ('"v=DMARC1; p=none; rua=mailto:d@Reader.example!10m"',),
        ("example.com._report._dmarc.reader.example", "TXT"): permit,
    }
    found = judged(ANSWERS, rows)["dns.dmarc"]
    assert found.verdict == verdict
    if verdict == WARNING:
        assert 'example.com._report._dmarc.reader.example. IN TXT "v=DMARC1"' in found.advice


@pytest.mark.parametrize("reader", ["example.com", "sub.example.com"])
def test_our_own_domains_need_no_permission(reader: str) -> None:
    rows = {("_dmarc.example.com", "TXT"): (f'"v=DMARC1; p=none; rua=mailto:d@{reader}"',)}
    assert judged(ANSWERS, rows)["dns.dmarc"].verdict == RIGHT


@pytest.mark.parametrize(
    ("policy", "spf", "verdict"),
    [
        ("reject", '"v=spf1 mx -all"', RIGHT),
        ("reject", '"v=spf1 ip4:192.0.2.1 -all"', WARNING),
        ("quarantine", '"unrelated"', WARNING),
        ("none", '"unrelated"', RIGHT),
    ],
)
def test_a_policy_that_refuses_what_nothing_proves(policy: str, spf: str, verdict: str) -> None:
    rows = {
        ("example.com", "TXT"): (spf,),
        ("_dmarc.example.com", "TXT"): (f'"v=DMARC1; p={policy}"',),
    }
    assert judged(ANSWERS, rows)["dns.dmarc"].verdict == verdict


def test_each_local_domain_has_its_policies() -> None:
    answers = replace(ANSWERS, domains=Domains(("sub.example.com", "example.org", "localhost")))
    found = judged(answers, {})
    assert (found["dns.spf.local"].verdict, found["dns.dmarc.local"].verdict) == (WARNING, WARNING)
    assert "sub.example.com: none; example.org: none" in found["dns.spf.local"].seen
    # A child has its parent's policy.
    assert found["dns.dmarc.local"].seen == "none"
    own = {
        ("example.org", "TXT"): ('"v=spf1 ip4:198.51.100.7 -all"',),
        ("sub.example.com", "TXT"): ('"v=spf1 ip4:198.51.100.7 -all"',),
        ("_dmarc.example.org", "TXT"): ('"v=DMARC1; p=none"',),
    }
    found = judged(answers, own)
    assert (found["dns.spf.local"].verdict, found["dns.dmarc.local"].verdict) == (RIGHT, RIGHT)
    twice = {("_dmarc.sub.example.com", "TXT"): ('"v=DMARC1; p=none"', '"v=DMARC1; p=reject"')}
    found = judged(answers, {**own, **twice})
    assert "sub.example.com: 2 records" in found["dns.dmarc.local"].seen


def test_only_what_the_zones_servers_have_is_right() -> None:
    """A resolver of this host may have what a hidden primary has, and nobody else sees."""
    found = lookups(ANSWERS, HERE, (OUTER,), servers=())
    verdicts = {one.id: one.verdict for one in judge_lookups(ANSWERS, found)}
    del verdicts["dns.ptr.198.51.100.7"]
    assert set(verdicts.values()) == {UNKNOWN}
    without = {key: data for key, data in HERE.items() if key[1] != "TXT"}
    found = lookups(ANSWERS, HERE, (OUTER,), servers=[(NS1, HERE), (NS2, without)])
    judged = {one.id: one for one in judge_lookups(ANSWERS, found)}
    assert judged["dns.spf"].verdict == UNKNOWN
    assert judged["dns.servers"].verdict == WARNING
    assert 'ns1.example.com: "v=spf1 mx -all"; ns2.example.com: none' in judged["dns.servers"].seen


def test_what_strangers_wrote_is_harmless_wherever_it_is_shown() -> None:
    nasty = '"v=spf1 ip4:192.0.2.1 \\027]0;owned\\007 -all"'
    found = lookups(ANSWERS, {**HERE, ("example.com", "TXT"): (nasty,)}, (OUTER,))
    for one in judge_lookups(ANSWERS, found, relay=RELAY):
        assert (one.seen + one.expected + one.advice).isprintable()
    lines = fragment(to_publish(ANSWERS, (OUTER,), found, relay=RELAY))
    assert any("owned" in line for line in lines)
    assert all(line.replace("\t", "").isprintable() for line in lines)
