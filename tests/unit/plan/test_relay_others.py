"""What stands against a relay host, and that a plan with one says it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.factories import file, managed
from tests.unit.plan.live import of_main_cf, planned
from wizard.answers.sections.relay import Relay
from wizard.host.facts import Host
from wizard.paths import MAIN_CF
from wizard.sections.relay.others import warnings

WITH_USER = Relay("smtp.example.net", 587, "encrypt", "taro")
SMTP = b"smtp unix - - n - - smtp\n"


def host_with(main: str, master: bytes = SMTP) -> Host:
    host = of_main_cf(main)
    return replace(host, files=managed(host.files[MAIN_CF], file("master.cf", master)))


def said(main: str, relay: Relay = WITH_USER, master: bytes = SMTP) -> list[str]:
    return list(warnings(relay, host_with(main, master)))


AGAINST = (
    "smtp_sasl_mechanism_filter = digestmd5,crammd5",
    "smtp_sasl_mechanism_filter = !login, gssapi",
    "smtp_sasl_type = dovecot",
    "transport_maps = hash:/etc/postfix/transport",
    "sender_dependent_relayhost_maps = hash:/etc/postfix/senders",
    "sender_dependent_default_transport_maps = hash:/etc/postfix/senders",
    "default_transport = smtp:[other.example]",
    "default_transport = error:no mail here",
    "relay_transport = smtp:[other.example]",
    "smtp_fallback_relay = [other.example]",
    "defer_transports = smtp, local",
    "smtp_never_send_ehlo = yes",
    "smtp_discard_ehlo_keywords = silent-discard, AUTH",
    "smtp_discard_ehlo_keyword_address_maps = cidr:/etc/postfix/ehlo",
    "smtp_bind_address = 127.0.0.1",
    "smtp_tls_mandatory_protocols = TLSv1",
    "smtp_tls_exclude_ciphers = ALL",
)
FINE = (
    "smtp_sasl_mechanism_filter = plain, login",
    "smtp_sasl_mechanism_filter = !gssapi, static:all",
    "smtp_sasl_type = cyrus",
    "transport_maps =",
    "default_transport = smtp",
    "relay_transport = relay:",
    "defer_transports = local",
    "smtp_never_send_ehlo = no",
    "smtp_discard_ehlo_keywords = chunking",
    "smtp_bind_address = 192.0.2.1",
    "smtp_tls_mandatory_protocols = !SSLv2, !SSLv3, !TLSv1",
    "smtp_tls_mandatory_protocols = >=TLSv1.2",
    "smtp_tls_exclude_ciphers = aNULL, RC4",
)


@pytest.mark.parametrize("line", AGAINST)
def test_what_stands_against_the_relay_host_is_named(line: str) -> None:
    (sentence,) = said(f"{line}\n")
    assert sentence.startswith(f"{line} stays: ")


@pytest.mark.parametrize("line", FINE)
def test_what_does_not_is_not(line: str) -> None:
    assert said(f"{line}\n") == []


def test_a_filter_of_logins_matters_only_where_there_is_one() -> None:
    assert said("smtp_sasl_mechanism_filter = crammd5\n", replace(WITH_USER, user="")) == []


def test_an_option_of_the_client_is_named_with_its_place() -> None:
    master = SMTP[:-1] + b" -o smtp_sasl_auth_enable=no -o { smtp_bind_address =\n  127.0.0.1 }\n"
    place = "master.cf, smtp/unix: -o"
    assert [one.split(" stays")[0] for one in said("", master=master)] == [
        f"{place} smtp_bind_address=127.0.0.1",
        f"{place} smtp_sasl_auth_enable=no",
    ]
    assert "no service smtp/unix" in said("", master=b"relay unix - - n - - smtp\n")[0]


@pytest.mark.parametrize("line", ["", "relay_domains = b.example\n", "transport_maps = hash:/t\n"])
def test_port_465_says_that_all_mail_gets_its_tls(line: str) -> None:
    (sentence,) = [one for one in said(line, replace(WITH_USER, port=465)) if "465" in one]
    assert "smtp_tls_wrappermode = yes is for all" in sentence
    assert line.split(" =", maxsplit=1)[0] in sentence


@pytest.mark.parametrize("live", ["", "relayhost = [smtp.example.net]:465\n"])
def test_the_plan_says_it_and_takes_out_a_wrapper_mode_of_its_own(live: str) -> None:
    """Without it, port 587 would get TLS from the first byte, which it does not speak."""
    lines = f"{live}smtp_tls_wrappermode = yes\nsmtp_fallback_relay = b.example\n"
    values = {"host": "smtp.example.net", "port": 587}
    plan, main = planned(lines, "relay", values)
    assert main.value("smtp_tls_wrappermode") is None
    assert any(one.startswith("smtp_fallback_relay = b.example stays") for one in plan.warnings)
    others = planned("smtp_fallback_relay = b.example\n", "limits", {})[0].warnings
    assert not any("smtp_fallback_relay" in one for one in others)


LOGIN = {"host": "smtp.example.net", "port": 587, "user": "taro"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("smtp_sasl_mechanism_filter", "digestmd5,crammd5"),
        ("smtp_sasl_mechanism_filter", "!plain gssapi"),
        ("smtp_sasl_type", "dovecot"),
        ("smtp_never_send_ehlo", "yes"),
        ("smtp_discard_ehlo_keywords", "chunking, AUTH"),
        ("smtp_discard_ehlo_keywords", "starttls"),
    ],
)
@pytest.mark.parametrize("live", ["", "relayhost = [old.example.net]:587\n"])
def test_what_bars_the_login_at_a_new_relay_host_is_taken_out(
    live: str, name: str, value: str
) -> None:
    plan, main = planned(f"{live}{name} = {value}\n", "relay", LOGIN)
    assert main.value(name) is None
    said = [one for one in plan.warnings if name in one]
    assert len(said) == 1
    assert said[0].startswith(f"main.cf: {name} = {value} is taken out. ")


@pytest.mark.parametrize("line", FINE[:3] + FINE[7:9])
def test_what_does_not_bar_it_stays(line: str) -> None:
    name, _, value = line.partition(" =")
    assert planned(f"{line}\n", "relay", LOGIN)[1].value(name) == value.strip()


@pytest.mark.parametrize(
    "values", [{}, {"host": "smtp.example.net", "port": 587}, {"host": "", "port": 587}]
)
def test_a_filter_of_logins_stays_without_a_login(values: dict[str, str]) -> None:
    _, main = planned("smtp_sasl_mechanism_filter = crammd5\n", "relay", values)
    assert main.value("smtp_sasl_mechanism_filter") == "crammd5"


def test_the_relay_host_of_today_keeps_its_filter() -> None:
    lines = "relayhost = [smtp.example.net]:587\nsmtp_never_send_ehlo = yes\n"
    _, main = planned(lines, "relay", {})
    assert main.value("smtp_never_send_ehlo") == "yes"
