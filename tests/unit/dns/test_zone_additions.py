"""Further records of a zone file: added once, never doubled, and SPF completed."""

from __future__ import annotations

from dataclasses import replace

import dns.zone
import pytest

from tests.factories import FRESH
from wizard.answers.model import Answers
from wizard.answers.sections.certificate import Certificate
from wizard.answers.sections.dns import PUBLISHABLE, Dns
from wizard.answers.sections.domains import Domains
from wizard.answers.sections.dovecot import Dovecot
from wizard.answers.sections.hostname import Hostname
from wizard.answers.sections.relay import Relay
from wizard.dns.key_records import unmade, unmade_paths, with_key
from wizard.dns.zone_edits import Edited, Wanted, edit
from wizard.host.facts import Host, Network
from wizard.host.signing_facts import Signing
from wizard.sections.dns.further import further

OURS = ("example.com", "example.org")
NOW = 1_780_000_000
OUTER = "198.51.100.7"
HEAD = "$TTL 60\n@ IN SOA ns root 1 2 3 4 5\n @ IN NS ns\nns IN A 192.0.2.1\n".replace(" @", "@")
BODY = f"@ IN MX 10 mail\nns IN MX 10 mail\nmail IN A {OUTER}\n IN MX 10 mail\n"
ZONE = HEAD + BODY
ANSWERS = Answers(
    Hostname("mail.example.com", "example.com"),
    certificate=Certificate("certbot", "example.com"),
    dns=Dns("/var/named/example.com.zone", publish=PUBLISHABLE),
)
KEY = "A" * 392
"""As long as the public part of a key of 2048 bits: its record has two strings."""
HERE = replace(
    FRESH,
    network=Network(addresses=("127.0.0.1", OUTER)),
    signing=Signing(publics={"s1._domainkey.example.com": KEY}),
)


def edited(text: str = ZONE, answers: Answers = ANSWERS, host: Host = HERE) -> Edited:
    wanted = Wanted("example.com", "mail.example.com", NOW, further=further(answers, host))
    return edit(text.encode(), wanted)


def published(found: Edited) -> dict[tuple[str, str], list[str]]:
    """Return the records of a zone as dnspython reads them, by name and type."""
    zone = dns.zone.from_text(found.text.decode(), "example.com.", relativize=False)
    rows: dict[tuple[str, str], list[str]] = {}
    for name, _, data in zone.iterate_rdatas():
        kind = dns.rdatatype.to_text(data.rdtype)
        rows.setdefault((str(name), kind), []).append(str(data))
    return rows


def test_a_zone_gets_what_was_asked_for_once() -> None:
    answers = replace(ANSWERS, dovecot=Dovecot(imaps="open"))
    found = edited(answers=answers)
    rows = published(found)
    assert rows["example.com.", "TXT"] == ['"v=spf1 mx ~all"']
    assert rows["mail.example.com.", "TXT"] == ['"v=spf1 a ~all"']
    assert rows["_dmarc.example.com.", "TXT"] == [
        '"v=DMARC1; p=none; rua=mailto:postmaster@example.com"'
    ]
    assert rows["_smtp._tls.example.com.", "TXT"] == [
        '"v=TLSRPTv1; rua=mailto:postmaster@example.com"'
    ]
    assert rows["_submissions._tcp.example.com.", "SRV"] == ["0 1 465 mail.example.com."]
    assert rows["_imaps._tcp.example.com.", "SRV"] == ["0 1 993 mail.example.com."]
    assert rows["example.com.", "CAA"] == ['0 issue "letsencrypt.org"']
    assert not [key for key in rows if key[1] == "TLSA" or key[0].startswith("_mta-sts")]
    text = f"v=DKIM1; k=rsa; p={KEY}"
    assert rows["s1._domainkey.example.com.", "TXT"] == [f'"{text[:255]}" "{text[255:]}"']
    assert found.serial == 2
    assert len(found.written) == 8
    again = edited(found.text.decode(), answers)
    assert (again.text, again.written, again.serial) == (found.text, (), 2)


@pytest.mark.parametrize("kind", PUBLISHABLE)
def test_each_kind_alone(kind: str) -> None:
    answers = replace(ANSWERS, dns=replace(ANSWERS.dns, publish=(kind,)))
    ids = {"spf": "TXT", "dmarc": "TXT", "tls-rpt": "TXT", "srv": "SRV", "caa": "CAA"}
    ids["dkim"] = "TXT"
    assert {one.kind for one in edited(answers=answers).written} == {ids[kind]}


def test_without_it_nothing_changes() -> None:
    assert further(replace(ANSWERS, dns=Dns("/var/named/x")), HERE) is None
    assert edit(ZONE.encode(), Wanted("example.com", "mail.example.com", NOW)).text == ZONE.encode()


SPF = replace(ANSWERS, dns=replace(ANSWERS.dns, publish=("spf",)))


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ('"v=spf1 mx -all"', '"v=spf1 mx -all"'),
        ('"v=spf1 ip4:192.0.2.9 -all" ; shop', f'"v=spf1 ip4:192.0.2.9 ip4:{OUTER} -all"'),
        ('( "v=spf1 ip4:192.0.2.9 " "-all" )', f'"v=spf1 ip4:192.0.2.9 ip4:{OUTER} -all"'),
        ("v=spf1", f'"v=spf1 ip4:{OUTER}"'),
        # What its include has is in another zone, so that nothing is known to lack.
        ('"v=spf1 include:x.example -all"', '"v=spf1 include:x.example -all"'),
    ],
)
def test_an_spf_record_is_completed(record: str, expected: str) -> None:
    found = edited(f'{ZONE}@ IN TXT {record}\n@ IN TXT "other=1"\n', SPF)
    assert published(found)["example.com.", "TXT"] == [expected, '"other=1"']
    assert "; shop" not in record or b"; shop" in found.text


@pytest.mark.parametrize(
    "rows",
    ['@ TXT "v=spf1 mx"\n@ TXT "V=SPF1 a"\n', '@ TXT ( "v=spf1 ip4:192.0.2.9"\n " -all" )\n'],
)
def test_what_cannot_be_completed_is_said_and_never_doubled(rows: str) -> None:
    found = edited(ZONE + rows, SPF)
    assert rows.encode() in found.text
    assert [one for one in found.refused if one.startswith("example.com TXT: write it yourself")]


def test_with_a_relay_host_only_the_providers_name_is_written() -> None:
    relayed = replace(SPF, relay=Relay("smtp.provider.example"))
    assert edited(answers=relayed).written == ()
    named = replace(relayed, dns=replace(SPF.dns, relay_spf="spf.provider.example"))
    assert published(edited(answers=named))["example.com.", "TXT"] == [
        '"v=spf1 mx include:spf.provider.example ~all"'
    ]
    old = edited(f'{ZONE}@ IN TXT "v=spf1 mx -all"\n', named)
    assert published(old)["example.com.", "TXT"] == [
        '"v=spf1 mx include:spf.provider.example -all"'
    ]


def test_an_mx_that_the_same_run_adds_counts() -> None:
    without = HEAD + f'@ IN A {OUTER}\nmail IN A {OUTER}\n@ IN TXT "v=spf1 mx -all"\n'
    assert published(edited(without, SPF))["example.com.", "TXT"] == ['"v=spf1 mx -all"']


@pytest.mark.parametrize(
    ("rows", "refused"),
    [
        (
            "_dmarc IN CNAME dmarc.provider.example.\n",
            "_dmarc.example.com TXT: the name is a CNAME",
        ),
        (
            "_smtp._tls IN NS ns.x.example.\n",
            "_smtp._tls.example.com TXT: the name is in a zone of",
        ),
        (
            "_tcp IN NS ns.x.example.\n",
            "_submissions._tcp.example.com SRV: the name is in a zone of",
        ),
        (
            "_tcp IN DNAME x.example.\n",
            "_submissions._tcp.example.com SRV: the name is in a zone of",
        ),
    ],
)
def test_a_name_that_can_have_no_record(rows: str, refused: str) -> None:
    found = edited(ZONE + rows)
    assert any(one.startswith(refused) for one in found.refused), found.refused
    name = refused.partition(" ")[0]
    assert name not in {one.name for one in found.written}


def test_what_is_there_is_never_doubled() -> None:
    rows = (
        '_dmarc IN TXT "v=DMARC1; p=reject"\n_smtp._tls TXT "v=TLSRPTv1; rua=https://x.example"\n'
        '_submissions._tcp SRV 0 0 0 .\n@ CAA 0 issue "pki.example"\n@ TXT "v=spf1 -all"\n'
        'mail TXT "v=spf1 a -all"\ns1._domainkey TXT "v=DKIM1; p="\n'
    )
    found = edited(ZONE + rows)
    assert [one.kind for one in found.written] == ["TXT"]
    assert published(found)["example.com.", "TXT"] == [f'"v=spf1 ip4:{OUTER} -all"']


def test_domains_of_other_zones_get_nothing_here() -> None:
    answers = replace(ANSWERS, domains=Domains(("example.org", "sub.example.com")))
    names = {one.name for one in edited(answers=answers).written}
    assert "sub.example.com" in names
    assert not [one for one in names if one.endswith("example.org")]


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_the_end_of_the_file(end: str) -> None:
    newline = "\r\n" if end == "\r\n" else "\n"
    text = ZONE.replace("\n", newline)[: -len(newline)] + end
    found = edited(text).text
    assert found.startswith(text.encode().replace(b" 1 2 3 4 5", b" 2 2 3 4 5"))
    assert found.count(b"\r\n") == (found.count(b"\n") if end == "\r\n" else 0)
    assert found.endswith(newline.encode())


OLD = "s0._domainkey.example.com"
OLD_TEXT = f"v=DKIM1; k=rsa; p={KEY}"
RECORDS = {
    "as the wizard writes it": (f'{OLD}. IN TXT "{OLD_TEXT[:255]}" "{OLD_TEXT[255:]}"\n', True),
    "in brackets on one line": (
        f'{OLD}. TXT ( "{OLD_TEXT[:255]}" "{OLD_TEXT[255:]}" ) ; x\n',
        True,
    ),
    "withdrawn already": (f'{OLD}. IN TXT "v=DKIM1; p="\n', True),
    "on two lines": (f'{OLD}. IN TXT ( "{OLD_TEXT[:255]}"\n "{OLD_TEXT[255:]}" )\n', False),
    "twice": (f'{OLD}. IN TXT "v=DKIM1; p=AA"\n' * 2, False),
}


@pytest.mark.parametrize(("text", "is_written"), RECORDS.values(), ids=RECORDS)
def test_an_old_key_is_withdrawn_in_place_of_its_record(text: str, is_written: bool) -> None:
    answers = replace(ANSWERS, dns=Dns("/var/named/example.com.zone", publish=("dkim",)))
    host = replace(HERE, signing=Signing(publics={OLD: ""}))
    found = edited(ZONE + text, answers, host)
    if is_written:
        assert published(found)[f"{OLD}.", "TXT"] == ['"v=DKIM1; p="']
        assert found.refused == ()
        assert edited(found.text.decode(), answers, host).text == found.text
    else:
        assert found.text.decode() == ZONE + text
        (refused,) = found.refused
        assert 'write it yourself as "v=DKIM1; p="' in refused


def test_a_key_that_the_run_makes_has_a_mark_which_its_public_part_replaces() -> None:
    paths = {f"s1._domainkey.{one}": f"/etc/opendkim/keys/{one}/s1.private" for one in OURS}
    publics = {name: unmade(path) for name, path in paths.items()}
    found = edited(host=replace(HERE, signing=Signing(publics=publics)))
    assert unmade_paths(publics.values(), found.text) == tuple(paths.values())[:1]
    text = with_key(found.text, next(iter(paths.values())), KEY)
    assert text == edited().text
    assert unmade_paths(publics.values(), text) == ()
    # The record of such a zone stays, whatever key is made.
    assert unmade_paths(publics.values(), edited(edited().text.decode()).text) == ()
