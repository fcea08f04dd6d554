"""A parameter that is not as the answers have it: harm where mail stops or the server opens, else drift."""

from __future__ import annotations

import pytest

from tests.unit.check.results import verdicts
from wizard.check.postfix.drift import HARMS, harm
from wizard.check.postfix.main_cf import judge_main_cf
from wizard.finding import WARNING, WRONG
from wizard.postfix.settings import Settings

DEFAULTS = {
    "smtpd_relay_restrictions": "permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination",
    "smtp_sasl_auth_enable": "no",
    "smtp_sasl_security_options": "noplaintext, noanonymous",
    "smtp_tls_wrappermode": "no",
    "mydomain": "here.example",
}
LIST = "permit_mynetworks, reject_unauth_destination"
SASL = "hash:/etc/postfix/sasl_passwd"


@pytest.mark.parametrize(
    ("name", "live", "planned", "does"),
    [
        ("mynetworks", "10.0.0.0/8, 127.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8 relay without"),
        ("mynetworks", "10.0.0.0/7", "10.0.0.0/8", "10.0.0.0/7 relay without"),
        ("mynetworks", "127.0.0.0/8", "10.0.0.0/8, 127.0.0.0/8", "10.0.0.0/8 cannot send"),
        ("mynetworks", "\u3000127.0.0.0/8", "127.0.0.0/8", "is no network"),
        ("mynetworks", "127.0.0.1", "127.0.0.0/8", ""),
        ("mynetworks", "cidr:/etc/nets, 127.0.0.0/8", "127.0.0.0/8", ""),
        ("mynetworks", "10.0.0.0/9, 10.128.0.0/9", "10.0.0.0/8", ""),
        ("mydestination", "$myhostname", "$mydomain", "mail for here.example is refused"),
        ("mydestination", "Here.Example, other.example", "$mydomain", ""),
        ("mydestination", "hash:/etc/postfix/local", "$mydomain", ""),
        ("inet_interfaces", "loopback-only", "all", "nobody outside"),
        ("inet_interfaces", "127.0.0.1, [::1]", "192.0.2.1", "nobody outside"),
        ("inet_interfaces", "192.0.2.1", "all", ""),
        ("inet_protocols", "ipv4", "all", "by ipv6"),
        ("inet_protocols", "all", "ipv4", ""),
        ("smtpd_tls_security_level", "none", "may", "no TLS"),
        ("smtpd_tls_security_level", "", "may", "no TLS"),
        ("smtpd_tls_security_level", "encrypt", "may", "without TLS are refused"),
        ("smtpd_recipient_restrictions", "permit_mynetworks", LIST, ""),
        ("smtpd_recipient_restrictions", f"{LIST}, reject_rbl_client x.example", LIST, ""),
        ("smtp_sasl_auth_enable", "no", "yes", "no password"),
        ("smtp_sasl_auth_enable", "yes", "no", ""),
        ("smtp_sasl_password_maps", "", SASL, "no password"),
        ("smtp_sasl_password_maps", "lmdb:/etc/postfix/other", SASL, ""),
        ("smtp_sasl_security_options", "noplaintext", "noanonymous", "plain text"),
        ("smtp_sasl_security_options", "", "noanonymous", ""),
        ("smtp_tls_wrappermode", "no", "yes", "TLS as its port"),
        ("smtp_tls_wrappermode", "no", "", ""),
        ("smtpd_banner", "$myhostname ESMTP", "$myhostname ESMTP $mail_name", ""),
        ("smtpd_tls_auth_only", "no", "yes", ""),
        ("smtpd_tls_cert_file", "/etc/pki/a.pem", "/etc/pki/b.pem", ""),
        ("mailbox_transport", "", "lmtp:unix:private/dovecot-lmtp", ""),
    ],
)
def test_harm(name: str, live: str, planned: str, does: str) -> None:
    said = harm(name, Settings({name: live}, DEFAULTS), planned)
    assert does in said
    assert bool(said) == bool(does)
    findings = verdicts(
        judge_main_cf({name: live}, (), ((name, planned),), drift=WARNING, defaults=DEFAULTS)
    )
    if f"main.cf.{name}" in findings:  # "no" and "" may be one value, and are compared as texts.
        assert findings[f"main.cf.{name}"] == (WRONG if does else WARNING)


def test_a_list_without_the_rule_against_relaying() -> None:
    own = {"smtpd_recipient_restrictions": "permit_mynetworks", "smtpd_relay_restrictions": ""}
    assert "no list refuses" in harm("smtpd_recipient_restrictions", Settings(own, DEFAULTS), LIST)


def test_a_domain_that_became_virtual_is_not_lost() -> None:
    own = {"mydestination": "localhost", "virtual_mailbox_domains": "here.example"}
    assert harm("mydestination", Settings(own, DEFAULTS), "localhost, $mydomain") == ""


@pytest.mark.parametrize("name", sorted(HARMS))
@pytest.mark.parametrize("text", ["", "$", "${", "-x", "{{", "\x1b[31m", "\u3000", "x" * 5000])
def test_odd_values_have_an_answer(name: str, text: str) -> None:
    settings = Settings({name: text}, DEFAULTS)
    assert isinstance(harm(name, settings, text), str)
    assert isinstance(harm(name, settings, "all"), str)


def test_in_a_run_each_difference_is_wrong() -> None:
    planned = (("smtpd_banner", "$myhostname ESMTP"),)
    assert verdicts(judge_main_cf({}, (), planned))["main.cf.smtpd_banner"] == WRONG
    assert (
        verdicts(judge_main_cf({}, (), planned, drift=WARNING))["main.cf.smtpd_banner"] == WARNING
    )
    line = "postconf: warning: /etc/postfix/main.cf: unused parameter: smtpd_baner=x"
    found = verdicts(judge_main_cf({}, (line,), (), drift=WARNING))
    assert found["main.cf.complaints"] == WARNING
