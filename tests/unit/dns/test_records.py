"""The records to publish, as a table and as a fragment that BIND would load."""

from __future__ import annotations

import dns.zone

from wizard.answers.model import Answers
from wizard.answers.sections.domains import Domains
from wizard.answers.sections.hostname import Hostname
from wizard.dns.records import UNKNOWN_ADDRESS, fragment, table, to_publish

ANSWERS = Answers(
    Hostname("mail.example.com", "example.com"), Domains(("example.net", "mail.example.com"))
)


def test_what_a_mail_server_needs() -> None:
    rows = {(one.name, one.kind, one.data) for one in to_publish(ANSWERS, ("198.51.100.7",))}
    assert rows == {
        ("mail.example.com.", "A", "198.51.100.7"),
        ("example.com.", "MX", "10 mail.example.com."),
        ("example.net.", "MX", "10 mail.example.com."),
        ("7.100.51.198.in-addr.arpa.", "PTR", "mail.example.com."),
        ("example.com.", "TXT", '"v=spf1 mx -all"'),
        ("example.net.", "TXT", '"v=spf1 mx -all"'),
        ("mail.example.com.", "TXT", '"v=spf1 a -all"'),
        (
            "_dmarc.example.com.",
            "TXT",
            '"v=DMARC1; p=none; rua=mailto:postmaster@example.com"',
        ),
    }


def test_the_fragment_is_a_part_of_a_zone() -> None:
    for addresses in (("198.51.100.7",), ()):
        lines = fragment(to_publish(ANSWERS, addresses))
        text = "\n".join(("@ 60 IN SOA a. b. 1 2 3 4 5", "@ 60 IN NS a.", *lines, ""))
        zone = dns.zone.from_text(text, "example.com.", relativize=False)
        assert zone.get_rdataset("mail.example.com.", "TXT")
        assert bool(zone.get_rdataset("mail.example.com.", "A")) == bool(addresses)
        assert any("in-addr.arpa" in one and one.startswith(";") for one in lines) == bool(
            addresses
        )


def test_an_address_that_is_not_known_is_said_to_be() -> None:
    assert any(UNKNOWN_ADDRESS in one for one in table(to_publish(ANSWERS, ())))


def test_the_table_has_columns() -> None:
    lines = table(to_publish(ANSWERS, ("198.51.100.7",)))
    assert {line.index(line.split()[1]) for line in lines} == {28}
