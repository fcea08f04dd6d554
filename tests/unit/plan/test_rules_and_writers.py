"""A field's rule and the code that writes its value agree: what is accepted can be written.

Every printable character of ASCII, and some beyond it, is put at the beginning, in the middle and
at the end of values of every field. A value that the rule accepts must result in a plan. Where the
files of Postfix contain the value, reading them back must give the same value.
"""

from __future__ import annotations

import string
from collections.abc import Iterator
from typing import Any

import pytest

from tests.factories import FRESH, ROOT, ZEKE, done_by
from wizard.answers.build import build_answers, to_values
from wizard.answers.field import Field
from wizard.answers.fields import FIELDS
from wizard.answers.model import Answers
from wizard.answers.toml import parse_answers
from wizard.planning.build import build_plan
from wizard.planning.read_back import read_back

CHARACTERS = (
    *string.printable,
    *"\x00\x1b\x7f\x85\xa0\xe9\u2028\u3000\u3002\uff20\ufeff\udc80",
)
SAMPLES: dict[str, tuple[str, ...]] = {
    "hostname.myorigin": ("example.com",),
    "domains.local": ("a.example.com",),
    "networks.mynetworks": ("192.168.1.0/24", "[fd00::]/64"),
    "networks.inet_interfaces": ("192.0.2.1, 192.0.2.2",),
    "networks.proxy_interfaces": ("203.0.113.1",),
    "certificate.host": ("root@old.example.com", "old.example.com"),
    "certificate.cert_file": ("/etc/pki/tls/mail.crt",),
    "certificate.key_file": ("/etc/pki/tls/mail.key",),
    "certificate.webroot": ("/var/www/html",),
    "certificate.email": ("taro@example.com",),
    "certificate.server": ("https://acme.example.com/directory",),
    "blocklists.use": ("spamcop",),
    "blocklists.allow_senders": ("boss@example.net", "boss@", "example.net"),
    "blocklists.reject_senders": ("boss@example.net", "boss@", "example.net"),
    "dns.zone_file": ("/var/named/example.com.zone",),
    "dns.move_from": ("192.0.2.1",),
    "dns.move_to": ("192.0.2.1",),
    "dns.publish": ("spf",),
    "dns.relay_spf": ("spf.provider.example",),
    "dns.reports": ("dmarc@example.net",),
    "aliases.root": ("taro", "taro@example.net"),
    "relay.host": ("smtp.provider.example",),
    "relay.user": ("taro@provider.example",),
    "relay.password_file": ("/root/relay.password",),
    "senders.logins": ("yamada", "yamada@example.net"),
    "dkim.domains": ("a.example.com",),
    "dkim.selector": ("s202611",),
    "backup.domains": ("b.example.net",),
    "backup.primary": ("mail.example.net",),
    "backup.recipients": ("/root/recipients",),
    "backup.servers": ("198.51.100.25",),
    "move.old_server": ("old.example.com",),
}
"""Values to put a character into, by field; the other fields begin with the example's value."""
COMPANIONS: dict[str, dict[str, Any]] = {
    "dns.publish": {"zone_file": "/var/named/zone"},
    "dns.move_from": {"move_to": "198.51.100.9", "zone_file": "/var/named/zone"},
    "dns.move_to": {"move_from": "198.51.100.9", "zone_file": "/var/named/zone"},
    "relay.user": {"host": "smtp.provider.example"},
    "senders.logins": {"use": "on"},
    "dkim.domains": {"use": "on"},
    "dkim.selector": {"use": "on"},
    "backup.domains": {"primary": "mail.example.net"},
    "backup.primary": {"domains": ["b.example.net"]},
    "backup.recipients": {"domains": ["b.example.net"], "primary": "mail.example.net"},
}
"""Values of the same section without which the field means nothing."""
READ_BACK = frozenset({"hostname", "domains", "networks", "blocklists", "delivery", "limits"})
"""Sections whose values the files of Postfix contain."""
ELSEWHERE = frozenset({"networks.firewall_zone", "blocklists.dqs_key_file"})
"""Fields of these sections that no file of Postfix contains."""


def fields() -> list[Field]:
    return [field for field in FIELDS if field.kind in {"text", "list"}]


def name_of(field: Field) -> str:
    return f"{field.section}.{field.name}"


def texts(field: Field, present: Any) -> Iterator[str]:
    for sample in SAMPLES.get(name_of(field), (present,)):
        yield sample
        for character in CHARACTERS:
            middle = len(sample) // 2
            yield sample[:middle] + character + sample[middle:]
            # Letters and digits are alike wherever they are.
            if not character.isalnum():
                yield character + sample
                yield sample + character
                yield character


@pytest.mark.slow
@pytest.mark.promise(53)
@pytest.mark.parametrize("field", fields(), ids=name_of)
def test_what_the_rule_accepts_can_be_written(field: Field) -> None:
    example = ZEKE
    values = {section: dict(content) for section, content in to_values(example).items()}
    own = values[field.section]
    own.update(COMPANIONS.get(name_of(field), {}))
    accepted = 0
    for text in dict.fromkeys(texts(field, own.get(field.name, ""))):
        own[field.name] = text if field.kind == "text" else [text]
        answers = build_answers(values)
        if not isinstance(answers, Answers):
            continue
        accepted += 1
        plan = build_plan(answers, FRESH)
        if field.section in READ_BACK and name_of(field) not in ELSEWHERE:
            found = read_back(done_by(plan, FRESH))
            assert found is not None
            wanted, live = (getattr(one, field.section) for one in (answers, found))
            assert getattr(live, field.name) == getattr(wanted, field.name)
    assert accepted


@pytest.mark.promise(53)
@pytest.mark.parametrize("key", ["#boss@example.net", "#@example.net", "##@", "#"])
@pytest.mark.parametrize("name", ["allow_senders", "reject_senders"])
def test_a_sender_that_would_be_a_comment_is_refused_with_its_line(name: str, key: str) -> None:
    text = (ROOT / "examples/zeke.toml").read_text(encoding="utf-8")
    text = "".join(line for line in text.splitlines(True) if not line.startswith(name))
    text = text.replace("[blocklists]\n", f'[blocklists]\n{name} = ["{key}"]\n')
    problems = parse_answers(text)
    assert not isinstance(problems, Answers)
    (problem,) = problems
    assert (problem.section, problem.name) == ("blocklists", name)
    assert problem.line == text.splitlines().index(f'{name} = ["{key}"]') + 1
