"""main.cf over the defaults, `$name` expanded, and what is judged by it alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from wizard.check.postfix.domain_classes import judge_classes
from wizard.check.postfix.main_cf import judge_hazards
from wizard.check.postfix.restrictions import judge_restrictions
from wizard.door import Door
from wizard.finding import RIGHT, WARNING, WRONG
from wizard.postfix.hazards import HAZARDS
from wizard.postfix.settings import Settings

RELAY_DEFAULT = (
    "${{$compatibility_level} < {1} ? {} : "
    "{permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination}}"
)
DEFAULTS = {
    "compatibility_level": "0",
    "mydestination": "$myhostname",
    "message_size_limit": "10240000",
    "mailbox_size_limit": "51200000",
    "maximal_queue_lifetime": "5d",
    "smtpd_peername_lookup": "yes",
    "smtpd_relay_restrictions": RELAY_DEFAULT,
}


def settings(**own: str) -> Settings:
    return Settings({"myhostname": "mail.zeke.ne.jp", "compatibility_level": "2", **own}, DEFAULTS)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$b", "2"),
        ("${b}, $(b)", "2, 2"),
        ("$a", "$a"),
        ("x$c", "x2"),
        ("$none", ""),
        ("${stress?{1}:{3}}", "${stress?{1}:{3}}"),
    ],
)
def test_names_are_put_in(text: str, value: str) -> None:
    assert Settings({"a": "$a", "b": "2", "c": "$b", "it": text}).value("it") == value


@pytest.mark.parametrize(
    ("level", "first"), [("0", ()), ("2", ("permit_mynetworks",)), ("3.6", ("permit_mynetworks",))]
)
def test_a_default_that_hangs_on_the_level(level: str, first: tuple[str, ...]) -> None:
    found = settings(compatibility_level=level).words("smtpd_relay_restrictions")
    assert found[:1] == first


def test_an_option_stands_before_main_cf_and_braces_hold_together() -> None:
    own = Settings({"list": "{ inet:127.0.0.1:1, timeout=9 } b"}, {"list": "c"})
    assert own.words("list") == ("{ inet:127.0.0.1:1, timeout=9 }", "b")
    assert own.of({"list": "d, e"}).words("list") == ("d", "e")
    assert own.of({"list": ""}).words("list") == ()


EACH: list[tuple[Mapping[str, str], str]] = [
    ({"soft_bounce": "yes"}, WRONG),
    ({"defer_transports": "smtp"}, WRONG),
    ({"disable_dns_lookups": "yes"}, WRONG),
    ({"smtp_bind_address": "127.0.0.1"}, WRONG),
    ({"mailbox_size_limit": "100"}, WRONG),
    ({"mailbox_size_limit": "100", "message_size_limit": "0"}, WRONG),
    ({"virtual_mailbox_limit": "100", "virtual_mailbox_base": "/v"}, WRONG),
    ({"relayhost": "[127.0.0.1]"}, WRONG),
    ({"relayhost": "Mail.zeke.ne.jp"}, WRONG),
    ({"luser_relay": "taro"}, WARNING),
    ({"local_recipient_maps": ""}, WARNING),
    ({"smtpd_reject_unlisted_recipient": "no"}, WARNING),
    ({"always_bcc": "a@b.example"}, WARNING),
    ({"maximal_queue_lifetime": "0d"}, WARNING),
    ({"maps_rbl_domains": "bl.example"}, WARNING),
    ({"smtpd_tls_protocols": "!SSLv2, TLSv1"}, WARNING),
    ({"smtpd_tls_mandatory_protocols": ">=TLSv1.1"}, WARNING),
]


@pytest.mark.parametrize(("own", "verdict"), EACH)
def test_each_hazard(own: Mapping[str, str], verdict: str) -> None:
    name = next(iter(own))
    found = {one.id: one for one in judge_hazards(settings(**own))}
    assert {key: one.verdict for key, one in found.items()} == {f"parameters.{name}": verdict}
    assert name in found[f"parameters.{name}"].advice or "TLSv1" in own[name]


def test_each_row_of_the_table_is_tried_above() -> None:
    assert {next(iter(own)) for own, _ in EACH} == {one.name for one in HAZARDS}


@pytest.mark.parametrize(
    "own",
    [
        {},
        {"relayhost": "[127.0.0.1]:1025"},
        {"relayhost": "[smtp.stranger.example]:587"},
        {"mailbox_size_limit": "0"},
        {"virtual_mailbox_limit": "100"},
        {"message_size_limit": "${my_limit?{$my_limit}:{20480000}}"},
        {"message_size_limit": "${my_limit:20480000}"},
        {"mailbox_size_limit": "${stress?{100}:{0}}", "message_size_limit": "0"},
        {"virtual_mailbox_limit": "100k", "virtual_mailbox_base": "/v"},
        {"smtpd_tls_protocols": "!SSLv2, !SSLv3, !TLSv1, !TLSv1.1"},
        {"smtpd_tls_protocols": ">=TLSv1.2"},
        {"local_recipient_maps": "proxy:unix:passwd.byname $alias_maps"},
        {"defer_transports": ""},
        {"soft_bounce": "no"},
        {"virtual_alias_domains": "virtual.example, hash:/etc/postfix/domains"},
    ],
)
def test_what_is_no_hazard(own: Mapping[str, str]) -> None:
    assert {one.verdict for one in judge_hazards(settings(**own))} == {RIGHT}


def test_a_domain_in_two_classes() -> None:
    own = settings(virtual_alias_domains="a.example, mail.zeke.ne.jp")
    (found,) = judge_classes(Door(Path("/nowhere")), own)
    assert found.verdict == WRONG
    assert found.seen == "mail.zeke.ne.jp is in mydestination and virtual_alias_domains"


Services = tuple[tuple[str, Mapping[str, str]], ...]


def restrictions(own: Mapping[str, str], services: Services = ()) -> dict[str, tuple[str, str]]:
    found = judge_restrictions(settings(**own), services)
    return {one.id[13:]: (one.verdict, one.seen) for one in found if one.verdict != RIGHT}


OUR = (
    "permit_mynetworks, reject_invalid_helo_hostname, reject_unauth_destination, "
    "check_sender_access hash:/etc/postfix/sender_access, warn_if_reject reject_rbl_client zen.example"
)


@pytest.mark.parametrize(
    "own",
    [
        {"smtpd_recipient_restrictions": OUR},
        {"smtpd_sender_restrictions": "hash:/etc/postfix/access, Permit"},
        {"smtpd_recipient_restrictions": "check_policy_service { inet:127.0.0.1:1, timeout=1s }"},
        {"smtpd_restriction_classes": "Strict", "strict": "reject"},
        {"smtpd_relay_restrictions": "", "smtpd_recipient_restrictions": OUR},
        {"smtpd_relay_restrictions": "reject_unauth_destination, permit"},
        {"smtpd_client_restrictions": "sleep 1, warn_if_reject reject"},
        {"smtpd_client_restrictions": "reject_unknown_client_hostname"},
    ],
)
def test_restrictions_that_are_right(own: Mapping[str, str]) -> None:
    assert restrictions(own) == {}


@pytest.mark.parametrize(
    ("own", "named"),
    [
        (
            {"smtpd_data_restrictions": "reject_unauth_pipelinig, reject_foo"},
            {"names": (WRONG, "smtpd_data_restrictions has reject_unauth_pipelinig, and 1 more")},
        ),
        (
            {"smtpd_restriction_classes": "strict", "strict": "rejcet"},
            {"names": (WRONG, "strict has rejcet")},
        ),
        (
            {"smtpd_client_restrictions": "reject, permit_mynetworks"},
            {
                "order": (
                    WARNING,
                    "smtpd_client_restrictions: nothing behind `reject` is ever looked at",
                )
            },
        ),
        (
            {"smtpd_end_of_data_restrictions": "permit_mynetworks, reject"},
            {
                "order": (
                    WRONG,
                    (
                        "smtpd_end_of_data_restrictions ends with reject: every message of strangers is "
                        "refused after RCPT"
                    ),
                )
            },
        ),
        (
            {
                "smtpd_relay_restrictions": "permit_mynetworks, permit, reject_unauth_destination",
                "smtpd_recipient_restrictions": "check_client_access cidr:/c, reject",
            },
            {
                "order": (
                    WRONG,
                    (
                        "smtpd_relay_restrictions: permit permits strangers; "
                        "smtpd_recipient_restrictions: check_client_access cidr:/c permits strangers"
                    ),
                )
            },
        ),
        (
            {
                "smtpd_peername_lookup": "no",
                "smtpd_helo_restrictions": "reject_unknown_client_hostname",
            },
            {
                "names-of-clients": (
                    WRONG,
                    "smtpd_helo_restrictions has reject_unknown_client_hostname",
                )
            },
        ),
    ],
)
def test_restrictions_that_are_not(
    own: Mapping[str, str], named: dict[str, tuple[str, str]]
) -> None:
    assert restrictions(own) == named


def test_the_options_of_a_service_count() -> None:
    found = restrictions({}, (("587", {"smtpd_sender_restrictions": "rejct"}),))
    assert found == {"names": (WRONG, "587: smtpd_sender_restrictions has rejct")}


@pytest.mark.parametrize(
    ("listed", "is_named"),
    [
        ("permit_mynetworks, reject_unverified_sender", True),
        ("reject_unauth_destination reject_unverified_sender permit", True),
        ("permit_sasl_authenticated, REJECT_UNVERIFIED_SENDER", True),
        ("warn_if_reject reject_unverified_sender", False),
        ("check_sender_access inline:{freemail.example=reject_unverified_sender}", False),
        ("reject_unauth_destination, reject_unverified_recipient", False),
    ],
)
def test_each_sender_verified(listed: str, *, is_named: bool) -> None:
    own = {"smtpd_sender_restrictions": listed}
    services = (("submission", {"smtpd_sender_restrictions": listed}),)
    for found in (restrictions(own), restrictions({}, services)):
        assert ("senders" in found) == is_named
