"""What people write in a field is taken as what they mean, and nothing else is changed."""

from __future__ import annotations

import pytest

from wizard.answers.as_written import KINDS, also_written, as_written
from wizard.answers.build import build_answers
from wizard.answers.fields import FIELDS, RULES, field_of
from wizard.answers.form import from_texts
from wizard.answers.model import Answers

CASES = (
    ("limits", "message_size_limit", "50M", "52428800"),
    ("limits", "message_size_limit", "50 MiB", "52428800"),
    ("limits", "message_size_limit", "1g", "1073741824"),
    ("limits", "message_size_limit", "52428800", "52428800"),
    ("limits", "message_size_limit", "50T", "50T"),
    ("limits", "default_process_limit", "50M", "50M"),
    ("hostname", "myhostname", "MAIL.zeke.ne.jp.", "mail.zeke.ne.jp"),
    ("hostname", "myhostname", "http://mail.zeke.ne.jp/", "mail.zeke.ne.jp"),
    ("hostname", "myhostname", "root@mail.zeke.ne.jp", "mail.zeke.ne.jp"),
    ("hostname", "myhostname", "ssh://Root@MAIL.zeke.ne.jp", "mail.zeke.ne.jp"),
    ("hostname", "myhostname", "taro@mail.zeke.ne.jp", "taro@mail.zeke.ne.jp"),
    ("hostname", "myhostname", "root@", "root@"),
    ("hostname", "myhostname", "roots@mail.zeke.ne.jp", "roots@mail.zeke.ne.jp"),
    ("domains", "local", "@zeke.ne.jp", "zeke.ne.jp"),
    ("domains", "local", "Taro@Zeke.ne.jp", "taro@zeke.ne.jp"),
    ("move", "old_server", "root@OLD.zeke.ne.jp", "old.zeke.ne.jp"),
    ("hostname", "myhostname", " mail.zeke.ne.jp ", "mail.zeke.ne.jp"),
    ("hostname", "myhostname", "mail..zeke.ne.jp..", "mail..zeke.ne.jp."),
    ("hostname", "myhostname", ".", "."),
    ("hostname", "myhostname", " a b ", "a b"),
    ("hostname", "myhostname", "\uff4dail.zeke.ne.jp.", "\uff4dail.zeke.ne.jp."),
    ("hostname", "myorigin", "$myhostname", "$myhostname"),
    ("domains", "local", "Zeke.ne.jp.", "zeke.ne.jp"),
    ("relay", "host", "smtp://x", "x"),
    ("relay", "host", "[SMTP.example.net]:587", "smtp.example.net"),
    ("relay", "host", "[smtp.example.net]", "smtp.example.net"),
    ("relay", "host", "smtp.example.net.:465", "smtp.example.net"),
    ("relay", "host", "smtps://taro@smtp.example.net/", "smtp.example.net"),
    ("relay", "host", "[192.0.2.5]:submission", "192.0.2.5"),
    ("relay", "host", "[2001:db8::5]:587", "2001:db8::5"),
    ("relay", "host", "2001:db8::5", "2001:db8::5"),
    ("relay", "host", "smtp.example.net:mail", "smtp.example.net:mail"),
    ("relay", "host", "smtp.example.net:587:1", "smtp.example.net:587:1"),
    ("relay", "host", "[-o$x\x1b]:587", "-o$x\x1b"),
    ("relay", "host", "https://smtp.example.net:8443/x", "smtp.example.net"),
    ("hostname", "myhostname", "https://mail.zeke.ne.jp:8443/", "mail.zeke.ne.jp"),
    ("hostname", "myhostname", "mail.zeke.ne.jp:25", "mail.zeke.ne.jp:25"),
    ("certificate", "host", "ssh://root@old.zeke.ne.jp:2222", "root@old.zeke.ne.jp:2222"),
    ("move", "old_server", "https://old.zeke.ne.jp/x", "old.zeke.ne.jp"),
    ("certificate", "host", "ssh://root@OLD.zeke.ne.jp.", "root@old.zeke.ne.jp"),
    ("blocklists", "allow_senders", "Taro@Example.com.", "Taro@example.com"),
    ("blocklists", "allow_senders", "<Taro@Example.com>", "Taro@example.com"),
    ("blocklists", "allow_senders", "@Example.com.", "example.com"),
    ("blocklists", "allow_senders", "Taro@", "Taro@"),
    ("aliases", "root", "<Taro@Example.com.>", "Taro@example.com"),
    ("aliases", "root", "Taro", "Taro"),
    ("limits", "anvil_rate_time_unit", "60 S", "60s"),
    ("limits", "default_process_limit", " 120 ", "120"),
    ("certificate", "cert_file", " /etc/pki/A.pem ", "/etc/pki/A.pem"),
    ("networks", "mynetworks", "10.0.0.0/8", "10.0.0.0/8"),
    ("networks", "firewall_zone", "Public ", "Public"),
)


@pytest.mark.parametrize(("section", "name", "text", "becomes"), CASES)
def test_what_a_text_becomes(section: str, name: str, text: str, becomes: str) -> None:
    field = field_of(section, name)
    assert field is not None
    assert as_written(field, text) == becomes
    assert as_written(field, becomes) == as_written(field, as_written(field, text))


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("[smtp.example.net]:587", "587"),
        (" smtp.example.net:465 ", "465"),
        ("[smtp.example.net]:Submission", "587"),
        ("smtps://smtp.example.net", "465"),
        ("submission://smtp.example.net:2525/", "2525"),
        ("smtp://smtp.example.net", ""),
        ("[smtp.example.net]", ""),
        ("smtp.example.net", ""),
        ("smtp.example.net:", ""),
        ("smtp.example.net:mail", ""),
        ("smtp.example.net:123456", ""),
        ("2001:db8::587", ""),
        ("", ""),
    ],
)
def test_a_relay_host_is_written_with_its_port(text: str, port: str) -> None:
    field = field_of("relay", "host")
    assert field is not None
    assert also_written(field, text) == ({"port": port} if port else {})


def test_no_other_field_has_the_value_of_another_one() -> None:
    assert [one.name for one in FIELDS if also_written(one, "[a.example]:587")] == ["host"]


def test_the_kinds_are_rules_of_fields() -> None:
    assert set(KINDS) <= set(RULES)


def test_a_form_takes_what_the_answers_file_refuses() -> None:
    texts = {"myhostname": "HTTP://Mail.Example.com./", "mydomain": "", "myorigin": ""}
    values, problems = from_texts("hostname", texts)
    assert (values["myhostname"], problems) == ("mail.example.com", ())
    assert from_texts("limits", {"message_size_limit": "50M"})[0] == {
        "message_size_limit": 52428800
    }
    strict = build_answers(
        {"hostname": {"myhostname": "mail.example.com."}, "certificate": {"name": "x"}}
    )
    assert not isinstance(strict, Answers)
