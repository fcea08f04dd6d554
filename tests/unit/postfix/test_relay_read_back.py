"""The relay host of a main.cf as answers: what they say is in force, else they do not say it."""

from __future__ import annotations

import pytest

from wizard.answers.sections.relay import Relay
from wizard.answers.unsaid import UnsaidText, is_unsaid
from wizard.postfix.main_cf import MainCf
from wizard.postfix.relayhost import read_back
from wizard.postfix.sasl_passwd import propose_sasl_passwd

ROW = {"[smtp.example.net]:587": "taro:secret"}
LOGIN = (
    "smtp_sasl_auth_enable = yes\nsmtp_sasl_password_maps = hash:/etc/postfix/sasl_passwd\n"
    "smtp_tls_security_level = encrypt\n"
)
UNDER_TLS = "smtp_sasl_tls_security_options"
PLAIN = "smtp_sasl_security_options"
BARRED = "noplaintext, noanonymous"


def said(lines: str, port: int = 587) -> dict[str, object]:
    return read_back(MainCf.parse(f"relayhost = [smtp.example.net]:{port}\n{lines}".encode()), ROW)


@pytest.mark.parametrize(
    ("port", "wrapped", "tls"),
    [
        (465, "yes", "encrypt"),
        (465, "YES", "encrypt"),
        (465, "no", "smtp_tls_wrappermode = no"),
        (465, "", "smtp_tls_wrappermode = no"),
        (587, "", "encrypt"),
        (587, "No", "encrypt"),
        (587, "yes", "smtp_tls_wrappermode = yes"),
        (25, "$wrapped", "smtp_tls_wrappermode = $wrapped"),
    ],
)
def test_port_465_and_tls_from_the_first_byte_go_together(
    port: int, wrapped: str, tls: str
) -> None:
    """An answer has no other word for it than the port."""
    found = said(f"smtp_tls_security_level = Encrypt\nsmtp_tls_wrappermode = {wrapped}\n", port)
    assert (found["port"], str(found["tls"])) == (port, tls)
    assert is_unsaid(found["tls"]) == (tls != "encrypt")


@pytest.mark.parametrize(
    ("lines", "user"),
    [
        (f"{UNDER_TLS} = noanonymous\n", "taro"),
        (f"{UNDER_TLS} =\n", "taro"),
        (f"{PLAIN} = noanonymous\n", "taro"),
        ("", f"{UNDER_TLS} = {BARRED}"),
        (f"{UNDER_TLS} = $smtp_sasl_security_options\n", f"{UNDER_TLS} = {BARRED}"),
        (f"{PLAIN} = NoPlainText\n", f"{UNDER_TLS} = NoPlainText"),
        (f"{UNDER_TLS} = noanonymous\nsmtp_tls_security_level = may\n", f"{PLAIN} = {BARRED}"),
        (f"{UNDER_TLS} = noanonymous\nsmtp_sasl_auth_enable = NO\n", None),
        (f"{UNDER_TLS} = noanonymous\nsmtp_sasl_auth_enable = Yes\n", "taro"),
    ],
)
def test_a_user_whose_password_is_never_sent_is_no_answer(lines: str, user: str | None) -> None:
    """Postfix's own defaults exclude PLAIN and LOGIN, which are all that most relay hosts have."""
    found = said(LOGIN + lines).get("user")
    assert (None if found is None else str(found)) == user
    assert is_unsaid(found) == (user not in {"taro", None})


@pytest.mark.parametrize(
    "relay",
    [
        Relay("smtp.example.net", tls="may", user=UnsaidText("hash:/etc/postfix/mine")),
        Relay(UnsaidText("smtp.example.net"), tls="may"),
    ],
)
def test_the_password_stays_with_a_login_that_stays(relay: Relay) -> None:
    """The login is untouched in main.cf, so the row that it reads is too."""
    text = b"[smtp.example.net]:587 taro:secret\n"
    found = propose_sasl_passwd(text, relay, "[smtp.example.net]:587", has_password=False)
    assert found.text == text
