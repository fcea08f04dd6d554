"""The records to publish: from the answers and what is published, as a fragment that BIND would load."""

from __future__ import annotations

from dataclasses import replace

import dns.zone
import pytest

from tests.factories import ZEKE
from tests.unit.dns.published import lookups
from wizard.answers.model import Answers
from wizard.answers.sections.dns import PUBLISHABLE, Dns
from wizard.answers.sections.domains import Domains
from wizard.answers.sections.dovecot import Dovecot
from wizard.answers.sections.hostname import Hostname
from wizard.answers.sections.relay import Relay
from wizard.dns.record_basis import NO_PROVIDER, ServedKeys
from wizard.dns.record_kinds import KINDS, UNKNOWN_ADDRESS
from wizard.dns.records import Published, fragment, table, to_publish

ANSWERS = Answers(
    Hostname("mail.example.com", "example.com"), Domains(("example.net", "mail.example.com"))
)
OUTER = ("198.51.100.7",)
RELAYED = replace(ANSWERS, relay=Relay("smtp.provider.example"))
LE = ServedKeys("letsencrypt.org", ("ab" * 32,), keeps_key=True)


def rows(records: tuple[Published, ...], *ids: str) -> dict[str, str]:
    """Return the data by name of the records of these kinds."""
    return {one.name: one.data for one in records if not ids or one.id in ids}


def test_what_a_mail_server_needs() -> None:
    required = [one for one in to_publish(ANSWERS, OUTER) if not one.optional]
    assert {(one.name, one.kind, one.data) for one in required} == {
        ("mail.example.com.", "A", "198.51.100.7"),
        ("example.com.", "MX", "10 mail.example.com."),
        ("example.net.", "MX", "10 mail.example.com."),
        ("7.100.51.198.in-addr.arpa.", "PTR", "mail.example.com."),
        ("example.com.", "TXT", '"v=spf1 mx ~all"'),
        ("example.net.", "TXT", '"v=spf1 mx ~all"'),
        ("mail.example.com.", "TXT", '"v=spf1 a ~all"'),
        (
            "_dmarc.example.com.",
            "TXT",
            '"v=DMARC1; p=none; rua=mailto:postmaster@example.com"',
        ),
        (
            "_dmarc.example.net.",
            "TXT",
            '"v=DMARC1; p=none; rua=mailto:postmaster@example.net"',
        ),
    }


def test_what_helps_and_is_not_needed() -> None:
    answers = replace(ANSWERS, dovecot=Dovecot(imaps="open"))
    optional = [one for one in to_publish(answers, OUTER, keys=LE) if one.optional]
    of_one = {(one.name, one.kind, one.data) for one in optional if "example.com" in one.name}
    assert of_one == {
        (
            "_smtp._tls.example.com.",
            "TXT",
            '"v=TLSRPTv1; rua=mailto:postmaster@example.com"',
        ),
        ("_mta-sts.example.com.", "TXT", '"v=STSv1; id=1"'),
        ("_submissions._tcp.example.com.", "SRV", "0 1 465 mail.example.com."),
        ("_imaps._tcp.example.com.", "SRV", "0 1 993 mail.example.com."),
        ("example.com.", "CAA", '0 issue "letsencrypt.org"'),
    }


def test_imaps_only_where_it_is_open() -> None:
    assert not [one for one in to_publish(ANSWERS, OUTER) if one.name.startswith("_imaps")]


SIGNING = {"s2._domainkey.example.com": "AAAA", "s1._domainkey.example.com": ""}
"""A key that signs, and one whose record is to be withdrawn."""


def test_each_row_of_the_table_can_be_seen() -> None:
    """A kind that no answers and no zone bring forth is dead."""
    answers = replace(
        ANSWERS, dovecot=Dovecot(imaps="open"), dns=Dns(reports="dmarc@reader.example")
    )
    signed = lookups(
        answers, {("example.com", "DS"): ("1 8 2 AB",), ("example.com", "DNSKEY"): ("257 3 8 AB",)}
    )
    found = to_publish(answers, OUTER, signed, LE, signing=SIGNING)
    assert {one.id for one in found} == {one.id for one in KINDS}
    assert rows(found, "dkim") == {"s2._domainkey.example.com.": '"v=DKIM1; k=rsa; p=AAAA"'}
    assert rows(found, "dkim-withdrawn") == {"s1._domainkey.example.com.": '"v=DKIM1; p="'}


def test_each_word_of_publish_writes_something() -> None:
    assert {one.publish for one in KINDS if one.publish} == set(PUBLISHABLE)
    assert all(one.version for one in KINDS if one.publish and one.kind == "TXT")


def test_tlsa_only_for_a_signed_zone_and_a_key_that_stays() -> None:
    signs = {("example.com", "DS"): ("1 8 2 AB",), ("example.com", "DNSKEY"): ("257 3 8 AB",)}
    signed = lookups(ANSWERS, signs)
    assert rows(to_publish(ANSWERS, OUTER, signed, LE), "tlsa") == {
        "_25._tcp.mail.example.com.": f"3 1 1 {'ab' * 32}"
    }
    island = lookups(ANSWERS, {key: data for key, data in signs.items() if key[1] == "DNSKEY"})
    for found, keys in (
        (island, LE),
        (lookups(ANSWERS, {}), LE),
        (signed, replace(LE, keeps_key=False)),
        (signed, replace(LE, keeps_key=None)),
    ):
        assert rows(to_publish(ANSWERS, OUTER, found, keys), "tlsa") == {}


def test_caa_is_said_to_bind_the_whole_domain() -> None:
    lines = fragment(to_publish(ANSWERS, OUTER, keys=LE))
    at = lines.index('; example.com.\tIN CAA\t0 issue "letsencrypt.org"')
    assert lines[at - 1] == (
        "; CAA binds all of example.com, the certificates of its web shop too:"
    )
    assert not [one for one in fragment(to_publish(ANSWERS, OUTER)) if "CAA" in one]
    there = lookups(ANSWERS, {("example.com", "CAA"): ('0 issue "letsencrypt.org"',)})
    named = rows(to_publish(ANSWERS, OUTER, there, LE), "caa")
    assert "example.com." not in named


def test_a_policy_is_printed_before_its_record() -> None:
    there = lookups(ANSWERS, {("example.com", "MX"): ("10 mail.example.com", "20 mx2.example.com")})
    lines = fragment(to_publish(ANSWERS, OUTER, there))
    at = next(number for number, one in enumerate(lines) if "_mta-sts.example.com." in one)
    assert lines[at].startswith("; _mta-sts")
    assert (
        lines[at - 1]
        == "; once https://mta-sts.example.com/.well-known/mta-sts.txt shows the policy:"
    )
    assert [one.strip("; ") for one in lines[at - 7 : at - 1]] == [
        "MTA-STS needs a web server that shows this policy:",
        "version: STSv1",
        "mode: testing",
        "mx: mail.example.com",
        "mx: mx2.example.com",
        "max_age: 86400",
    ]


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        ((), f"v=spf1 mx include:{NO_PROVIDER} ~all"),
        (("v=spf1 mx -all",), f"v=spf1 mx include:{NO_PROVIDER} -all"),
        (("v=spf1 mx redirect=_spf.x.example",), "v=spf1 mx redirect=_spf.x.example"),
        (("v=spf1 include:spf.y.example -all",), "v=spf1 include:spf.y.example -all"),
        (("v=spf1 mx -all", "v=spf1 a -all"), f"v=spf1 a mx include:{NO_PROVIDER} ~all"),
    ],
)
def test_spf_with_a_relay_host_has_a_blank(published: tuple[str, ...], expected: str) -> None:
    quoted = tuple(f'"{one}"' for one in published)
    found = lookups(RELAYED, {("example.com", "TXT"): quoted})
    records = to_publish(RELAYED, OUTER, found)
    assert rows(records, "spf")["example.com."] == f'"{expected}"'
    lines = [one for one in fragment(records) if one.endswith(f'"{expected}"')]
    assert lines
    if NO_PROVIDER in expected:
        assert all(one.startswith("; ") for one in lines)
        blank = "; put the name of the provider's SPF record in (smtp.provider.example):"
        assert blank in fragment(records)
    assert not any("v=spf1 mx -all" in one for one in fragment(records))


def test_spf_with_a_relay_host_has_the_name_that_was_asked_for() -> None:
    answers = replace(RELAYED, dns=Dns(relay_spf="spf.provider.example"))
    assert rows(to_publish(answers, OUTER), "spf") == {
        "example.com.": '"v=spf1 mx include:spf.provider.example ~all"',
        "example.net.": '"v=spf1 mx include:spf.provider.example ~all"',
        "mail.example.com.": '"v=spf1 a include:spf.provider.example ~all"',
    }
    old = lookups(answers, {("example.com", "TXT"): ('"v=spf1 include:spf.other.example ?all"',)})
    assert rows(to_publish(answers, OUTER, old), "spf")["example.com."] == (
        '"v=spf1 include:spf.other.example include:spf.provider.example ?all"'
    )


def test_a_relay_host_of_main_cf_counts_too() -> None:
    assert (
        NO_PROVIDER
        in rows(to_publish(ANSWERS, OUTER, relay="[smtp.x.example]"), "spf")["example.com."]
    )


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ("v=spf1 ip4:203.0.113.9 -all", "v=spf1 ip4:203.0.113.9 ip4:198.51.100.7 -all"),
        ("v=spf1 a:mail.example.com -all", "v=spf1 a:mail.example.com -all"),
        ("v=spf1 ip4:203.0.113.9", "v=spf1 ip4:203.0.113.9 ip4:198.51.100.7"),
    ],
)
def test_spf_that_is_there_is_completed(record: str, expected: str) -> None:
    here = {("mail.example.com", "A"): OUTER, ("example.com", "TXT"): (f'"{record}"',)}
    records = to_publish(ANSWERS, OUTER, lookups(ANSWERS, here, OUTER))
    (one,) = [one for one in records if one.id == "spf" and one.name == "example.com."]
    assert one.data == f'"{expected}"'
    assert one.waits == ("" if record == expected else "in place of the record that is there")


def test_the_inside_view_completes_nothing() -> None:
    here = {("mail.example.com", "A"): ("192.168.1.1",), ("example.com", "TXT"): ('"v=spf1 -all"',)}
    records = to_publish(ANSWERS, OUTER, lookups(ANSWERS, here, ("192.168.1.1",)))
    assert rows(records, "spf")["example.com."] == '"v=spf1 -all"'


def test_a_dmarc_policy_that_is_there_is_never_weakened() -> None:
    there = lookups(ANSWERS, {("_dmarc.example.com", "TXT"): ('"v=DMARC1; p=reject"',)})
    assert rows(to_publish(ANSWERS, OUTER, there), "dmarc")["_dmarc.example.com."] == (
        '"v=DMARC1; p=reject"'
    )


def test_a_reader_in_another_domain_must_permit_it() -> None:
    answers = replace(ANSWERS, dns=Dns(reports="dmarc@example.net"))
    assert rows(to_publish(answers, OUTER), "dmarc-permit") == {
        "example.com._report._dmarc.example.net.": '"v=DMARC1"'
    }
    elsewhere = replace(ANSWERS, dns=Dns(reports="a!b@reader.example"))
    records = to_publish(elsewhere, OUTER)
    assert rows(records, "dmarc")["_dmarc.example.com."].endswith(
        'rua=mailto:a%21b@reader.example"'
    )
    assert {one.zone for one in records if one.id == "dmarc-permit"} == {"other"}
    assert "; in the zone of reader.example:" in fragment(records)


def test_several_domains_parents_and_children_and_names_that_cannot_be_public() -> None:
    local = (
        *("sub.example.com", "xn--bcher-kva.example", "localhost", "a.localdomain", "example.org"),
        "deep.sub.example.org",
    )
    answers = Answers(Hostname("mail.example.com", "example.com"), Domains(local))
    records = to_publish(answers, OUTER)
    assert set(rows(records, "dmarc")) == {
        "_dmarc.example.com.",
        "_dmarc.xn--bcher-kva.example.",
        "_dmarc.example.org.",
    }
    assert "sub.example.com." in rows(records, "spf")
    assert "_smtp._tls.deep.sub.example.org." in rows(records, "tls-rpt")
    assert not [one for one in records if "local" in one.name]


def test_the_seed_has_one_dmarc_record() -> None:
    assert set(rows(to_publish(ZEKE, OUTER), "dmarc")) == {"_dmarc.zeke.ne.jp."}


def test_the_fragment_is_a_part_of_a_zone() -> None:
    for addresses in (OUTER, ()):
        lines = fragment(to_publish(ANSWERS, addresses, keys=LE))
        text = "\n".join(("@ 60 IN SOA a. b. 1 2 3 4 5", "@ 60 IN NS a.", *lines, ""))
        zone = dns.zone.from_text(text, "example.com.", relativize=False)
        assert zone.get_rdataset("mail.example.com.", "TXT")
        assert bool(zone.get_rdataset("mail.example.com.", "A")) == bool(addresses)
        assert zone.get_rdataset("_submissions._tcp.example.com.", "SRV")
        assert any("in-addr.arpa" in one and one.startswith(";") for one in lines) == bool(
            addresses
        )


def test_an_address_that_is_not_known_is_said_to_be() -> None:
    assert any(UNKNOWN_ADDRESS in one for one in table(to_publish(ANSWERS, ())))


def test_the_table_has_columns() -> None:
    lines = table(to_publish(ANSWERS, OUTER))
    assert len({line.index(f" {line.split()[1]} ") for line in lines}) == 1
