"""Live values of every kind under answers of every field: what a section's run makes of them.

What an answer cannot say never equals one; what it says in another spelling does.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Optional

import pytest

from tests.factories import FRESH
from tests.unit.plan.live import (
    HOSTNAME,
    LINEAGE,
    LIVE,
    LOOPBACK,
    SUBNET,
    of_main_cf,
    planned,
)
from wizard.answers.build import build_each, to_values
from wizard.answers.model import Answers
from wizard.answers.toml import format_answers, parse_answers, parse_stored
from wizard.answers.unsaid import is_unsaid
from wizard.drafts.draft import Draft
from wizard.paths import MAIN_CF, SELF_SIGNED_CERT
from wizard.planning.build import build_plan
from wizard.planning.read_back import read_back, why_none
from wizard.postfix.main_cf import MainCf


class Row(NamedTuple):
    """Live lines, the answers of a section, and the parameters after its run; None is not set."""

    lines: str
    section: str
    values: dict[str, Any]
    after: dict[str, Optional[str]]
    in_force: Optional[dict[str, str]] = None


STATIC = (
    "relayhost = [smtp.example.net]:587\nsmtp_sasl_auth_enable = yes\n"
    "smtp_sasl_password_maps = static:taro:secret\n"
    "smtp_tls_security_level = encrypt\n"
)
RELAY = {"host": "smtp.example.net", "port": 587, "tls": "encrypt"}

WRITTEN = {
    "the subnet is in force": Row("", "networks", LOOPBACK, {"mynetworks": "127.0.0.0/8"}, SUBNET),
    "the list would follow the interfaces": Row(
        "mynetworks_style = subnet\ninet_interfaces = localhost\ninet_protocols = ipv4\n",
        "networks",
        {**LOOPBACK, "inet_interfaces": "all", "inet_protocols": "ipv4"},
        {"mynetworks": "127.0.0.0/8", "inet_interfaces": "all"},
        {"mynetworks": "127.0.0.0/8"},
    ),
    "the list would follow the protocols": Row(
        "mynetworks_style = class\ninet_interfaces = all\ninet_protocols = ipv4\n",
        "networks",
        {"mynetworks": ["127.0.0.0/8", "[::1]/128"], "inet_protocols": "all"},
        {"mynetworks": "127.0.0.0/8, [::1]/128"},
        {"mynetworks": "127.0.0.0/8 [::1]/128"},
    ),
    "the domain would follow the name": Row(
        "",
        "hostname",
        {"myhostname": "mx.example.org", "mydomain": "example.com"},
        {"myhostname": "mx.example.org", "mydomain": "example.com"},
        {"mydomain": "example.com"},
    ),
    "what is in force is not known": Row("", "networks", LOOPBACK, {"mynetworks": "127.0.0.0/8"}),
    "an empty list": Row(
        "mynetworks =\n", "networks", LOOPBACK, {"mynetworks": "127.0.0.0/8"}, SUBNET
    ),
    "a table alone": Row(
        "mynetworks = cidr:/etc/postfix/nets\n",
        "networks",
        LOOPBACK,
        {"mynetworks": "cidr:/etc/postfix/nets, 127.0.0.0/8"},
    ),
    "a file": Row(
        "mynetworks = /etc/postfix/nets, 127.0.0.0/8, 10.0.0.0/8\n",
        "networks",
        LOOPBACK,
        {"mynetworks": "/etc/postfix/nets, 127.0.0.0/8"},
    ),
    "the whole world": Row(
        "mynetworks = 0.0.0.0/0\n", "networks", LOOPBACK, {"mynetworks": "127.0.0.0/8"}
    ),
    "interfaces by a name": Row(
        "inet_interfaces = $myhostname, 192.0.2.5\n",
        "networks",
        LOOPBACK,
        {"inet_interfaces": "all"},
    ),
    "protocols by a condition": Row(
        "inet_protocols = ${v6?all}${v6:ipv4}\n", "networks", LOOPBACK, {"inet_protocols": "ipv4"}
    ),
    "a router by its name": Row(
        "proxy_interfaces = router.example, 198.51.100.1\n",
        "networks",
        {**LOOPBACK, "proxy_interfaces": ["198.51.100.2"]},
        {"proxy_interfaces": "router.example, 198.51.100.2"},
    ),
    "a relay whose MX is looked up": Row(
        "relayhost = smtp.example.net:26\n", "relay", {}, {"relayhost": None}
    ),
    "a relay without brackets becomes one": Row(
        "relayhost = smtp.example.net\n", "relay", RELAY, {"relayhost": "[smtp.example.net]:587"}
    ),
    "a password in main.cf": Row(
        STATIC,
        "relay",
        {},
        {"relayhost": None, "smtp_sasl_password_maps": None, "smtp_sasl_auth_enable": None},
    ),
    "a password in main.cf, the same relay": Row(
        STATIC,
        "relay",
        RELAY,
        {"relayhost": "[smtp.example.net]:587", "smtp_sasl_password_maps": None},
    ),
    "a table of levels": Row(
        "relayhost = [smtp.example.net]:587\nsmtp_tls_policy_maps = hash:/etc/postfix/tls\n",
        "relay",
        RELAY,
        {"smtp_tls_policy_maps": "inline:{ { [smtp.example.net]:587 = encrypt } }"},
    ),
    "a login that is on by a name": Row(
        STATIC.replace("enable = yes", "enable = $on"),
        "relay",
        RELAY,
        {"smtp_sasl_password_maps": None, "smtp_sasl_auth_enable": None},
    ),
    "a login in capitals": Row(
        STATIC.replace("enable = yes", "enable = YES"),
        "relay",
        RELAY,
        {"smtp_sasl_password_maps": None, "smtp_sasl_auth_enable": None},
    ),
    "a relay by an address of IPv6": Row(
        "relayhost = [IPv6:2001:db8::9]:smtp\n", "relay", {}, {"relayhost": None}
    ),
    "465 without TLS from the first byte": Row(
        "relayhost = [smtp.example.net]:465\nsmtp_tls_security_level = encrypt\n",
        "relay",
        {**RELAY, "port": 465},
        {"relayhost": "[smtp.example.net]:465", "smtp_tls_wrappermode": "yes"},
    ),
    "587 with TLS from the first byte": Row(
        "relayhost = [smtp.example.net]:587\nsmtp_tls_security_level = encrypt\n"
        "smtp_tls_wrappermode = Yes\n",
        "relay",
        RELAY,
        {"relayhost": "[smtp.example.net]:587", "smtp_tls_wrappermode": None},
    ),
    "a limit with a unit": Row(
        "message_size_limit = 10M\n", "limits", {}, {"message_size_limit": "10485760"}
    ),
    "a limit on a line of its own": Row(
        "default_process_limit =\n# x\n\t$many\n", "limits", {}, {"default_process_limit": "50"}
    ),
    "no certificate": Row(
        "", "certificate", {"source": "self-signed"}, {"smtpd_tls_cert_file": SELF_SIGNED_CERT}
    ),
    "the leaf alone": Row(
        f"smtpd_tls_cert_file = {LIVE}/cert.pem\nsmtpd_tls_key_file = {LIVE}/privkey.pem\n",
        "certificate",
        LINEAGE,
        {"smtpd_tls_cert_file": f"{LIVE}/fullchain.pem"},
    ),
    "another lineage's key": Row(
        f"smtpd_tls_cert_file = {LIVE}/fullchain.pem\nsmtpd_tls_key_file = {LIVE}.old/privkey.pem\n",
        "certificate",
        LINEAGE,
        {"smtpd_tls_key_file": f"{LIVE}/privkey.pem"},
    ),
    "a chain beside the pair": Row(
        f"smtpd_tls_cert_file = {LIVE}/fullchain.pem\nsmtpd_tls_key_file = {LIVE}/privkey.pem\n"
        "smtpd_tls_chain_files = /etc/postfix/chain.pem\n",
        "certificate",
        LINEAGE,
        {"smtpd_tls_cert_file": f"{LIVE}/fullchain.pem", "smtpd_tls_chain_files": None},
    ),
    "an ECDSA pair alone": Row(
        "smtpd_tls_eccert_file = /etc/ec.pem\nsmtpd_tls_eckey_file = /etc/ec.key\n",
        "certificate",
        LINEAGE,
        {"smtpd_tls_cert_file": f"{LIVE}/fullchain.pem", "smtpd_tls_eccert_file": None},
    ),
    "a certificate by a parameter": Row(
        f"smtpd_tls_cert_file = $tls_dir/fullchain.pem\ntls_dir = {LIVE}\n",
        "certificate",
        LINEAGE,
        {"smtpd_tls_cert_file": f"{LIVE}/fullchain.pem"},
    ),
    "a limit out of bounds": Row(
        "mailbox_size_limit = 9000000000\n", "limits", {}, {"mailbox_size_limit": "0"}
    ),
    "a limit by a parameter": Row(
        "message_size_limit = $mine\n", "limits", {}, {"message_size_limit": "10485760"}
    ),
    "a time of two units": Row(
        "anvil_rate_time_unit = 1h30m\n", "limits", {}, {"anvil_rate_time_unit": "60s"}
    ),
    "a mail name in a file": Row(
        "myorigin = /etc/mailname\n", "hostname", HOSTNAME, {"myorigin": "$myhostname"}
    ),
    "an empty mail name": Row("myorigin =\n", "hostname", HOSTNAME, {"myorigin": "$myhostname"}),
    "the domain of two labels": Row(
        "myhostname = example.com\n",
        "hostname",
        {"myhostname": "example.com"},
        {"mydomain": "example.com"},
    ),
    "a transport without a colon": Row(
        "mailbox_transport = dovecot\n",
        "delivery",
        {},
        {"mailbox_transport": "lmtp:unix:private/dovecot-lmtp"},
    ),
    "no transport": Row(
        "mailbox_transport = dovecot\n",
        "delivery",
        {"mailbox_transport": ""},
        {"mailbox_transport": None},
    ),
    "a mailbox with a condition": Row(
        "home_mailbox = ${x?Maildir/}\n", "delivery", {}, {"home_mailbox": "Maildir/"}
    ),
    "a blocklist whose name no host may have": Row(
        "smtpd_recipient_restrictions = reject_unauth_destination, reject_rbl_client b_l.example\n",
        "blocklists",
        {"use": ["spamcop"]},
        {
            "smtpd_recipient_restrictions": "reject_unauth_destination, check_sender_access"
            " hash:/etc/postfix/sender_access, reject_rbl_client bl.spamcop.net,"
            " reject_rbl_client b_l.example"
        },
    ),
    "a blocklist that is never reached": Row(
        "smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination, $last,"
        " reject_rbl_client bl.spamcop.net\nlast = permit\n",
        "blocklists",
        {"use": ["spamcop"]},
        {
            "smtpd_recipient_restrictions": "permit_mynetworks, reject_unauth_destination,"
            " check_sender_access hash:/etc/postfix/sender_access, reject_rbl_client bl.spamcop.net,"
            " $last"
        },
    ),
    "a delimiter of five": Row(
        "recipient_delimiter = +-_=.\n", "delivery", {}, {"recipient_delimiter": "+"}
    ),
}
"""Where the answer is the policy's default, and is written all the same."""


@pytest.mark.promise(41)
@pytest.mark.parametrize("row", WRITTEN.values(), ids=WRITTEN)
def test_an_answer_is_written_over_what_no_answer_says(row: Row) -> None:
    plan, main = planned(row.lines, row.section, row.values, in_force=row.in_force)
    assert {name: main.value(name) for name in row.after} == row.after
    assert "main.cf" in [step.id for step in plan.pending]


@pytest.mark.promise(40)
@pytest.mark.parametrize(
    "lines",
    [
        "",
        "smtpd_tls_cert_file =\n",
        "smtpd_tls_cert_file = mail.pem\n",
        "smtpd_tls_chain_files = /etc/postfix/chain.pem\n",
    ],
)
def test_a_certificate_that_no_answer_says_is_not_one_of_the_stored_answers(lines: str) -> None:
    """Else a run's own checks end with `not the name of a lineage`."""
    today = read_back(of_main_cf(lines))
    assert today is not None
    stored = parse_stored(format_answers(today))
    assert isinstance(stored, Answers)
    assert is_unsaid(stored.certificate.source)
    assert build_plan(stored, of_main_cf(lines)).steps


@pytest.mark.slow
@pytest.mark.promise(41)
@pytest.mark.parametrize("row", WRITTEN.values(), ids=WRITTEN)
def test_what_no_answer_says_stays_as_long_as_nobody_chooses(row: Row) -> None:
    """Read back, planned at once, and through a form in which nothing was typed."""
    host = of_main_cf(row.lines, row.in_force)
    today = read_back(host)
    assert today is not None
    draft = Draft(host, to_values(today), first=False, today=today)
    assert draft.to_run == ()
    values, wrong = draft.checked(row.section)
    assert wrong == ()
    again = build_each({**to_values(today), row.section: values})
    for answers in (today, again):
        assert isinstance(answers, Answers)
        if "0.0.0.0/0" not in row.lines:
            plan = build_plan(answers, host, (row.section,))
            assert plan.files[0].proposed == host.files[MAIN_CF].live
    parsed = parse_answers(format_answers(today))
    assert not isinstance(parsed, Answers) or row.section not in dict(_unsaid_fields(parsed))


def _unsaid_fields(answers: Answers) -> list[tuple[str, str]]:
    return [
        (section, name)
        for section, values in to_values(answers).items()
        for name, value in values.items()
        if is_unsaid(value)
    ]


def test_a_form_shows_the_live_text_and_takes_what_is_typed_for_it() -> None:
    host = of_main_cf("mailbox_size_limit = 9000000000\nmailbox_transport = dovecot\n")
    today = read_back(host)
    assert today is not None
    draft = Draft(host, to_values(today), first=False, today=today)
    assert str(draft.text("limits", "mailbox_size_limit")) == "9000000000"
    assert str(draft.text("delivery", "mailbox_transport")) == "dovecot"
    draft.set("delivery", "mailbox_transport", "dovecot2")
    assert draft.problems("delivery")
    assert draft.is_changed("delivery")
    draft.set("delivery", "mailbox_transport", "dovecot")
    assert not draft.problems("delivery")
    assert not draft.is_changed("delivery")
    draft.set("limits", "mailbox_size_limit", "0")
    answers = draft.answers_to_plan()
    assert isinstance(answers, Answers)
    plan = build_plan(answers, host, draft.to_run)
    after = MainCf.parse(plan.files[0].proposed)
    assert (after.value("mailbox_size_limit"), after.value("mailbox_transport")) == ("0", "dovecot")


def test_the_state_equals_no_answer() -> None:
    host = of_main_cf("anvil_rate_time_unit = 1h30m\ndefault_process_limit = $x\nmynetworks =\n")
    today = read_back(host)
    assert today is not None
    assert _unsaid_fields(today) == [
        ("networks", "mynetworks"),
        ("certificate", "source"),
        ("limits", "anvil_rate_time_unit"),
        ("limits", "default_process_limit"),
    ]
    assert today == read_back(host)
    assert today.limits.anvil_rate_time_unit != "1h30m"
    assert today.limits.default_process_limit != 0
    assert is_unsaid(today.networks.mynetworks)
    assert today.networks.mynetworks != ()


def test_a_password_in_main_cf_is_not_shown() -> None:
    today = read_back(of_main_cf(STATIC))
    assert today is not None
    assert "secret" not in repr(to_values(today))
    other = STATIC.replace(
        "static:taro", "hash:/etc/postfix/mine, inline:{ a=taro:secret } static:x"
    )
    today = read_back(of_main_cf(other))
    assert today is not None
    assert str(today.relay.user) == "hash:/etc/postfix/mine, inline:..., static:..."
    plan, _ = planned(other, "relay", RELAY)
    told = [one for one in plan.warnings if "smtp_sasl_password_maps" in one]
    assert [one.partition(" is taken out")[0] for one in told] == [
        "smtp_sasl_password_maps = hash:/etc/postfix/mine, inline:..., static:..."
    ]


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("myhostname = mail\n", "name is mail, and no answer can be that"),
        ("myhostname = $mydomain\nmydomain = $myhostname\n", "name is $mydomain, and no answer"),
    ],
)
def test_a_server_without_a_full_name_is_not_one_that_nobody_set_up(lines: str, why: str) -> None:
    host = of_main_cf(lines)
    assert read_back(host) is None
    assert why in why_none(host, "never")
    assert why_none(FRESH, "never") == "never"
