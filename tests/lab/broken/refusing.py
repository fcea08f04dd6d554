"""Restrictions, access tables, filters and services before the queue: what they refuse or take away."""

from __future__ import annotations

from tests.lab.broken.rows import MAP, built, entry, fault, option, sets, written

_AT_DATA = "permit_mynetworks, permit_sasl_authenticated, reject"
_SPAWNED = sets(
    "smtpd_end_of_data_restrictions = check_policy_service unix:private/policyd-spf",
)


def _access(kind: str, *rows: str, name: str = "by_access") -> str:
    return built(name, *rows) + sets(f"smtpd_sender_restrictions = check_{kind}_access {MAP}{name}")


def _cidr(*rows: str) -> str:
    return written("/etc/postfix/by_address", *rows) + sets(
        "smtpd_client_restrictions = check_client_access cidr:/etc/postfix/by_address"
    )


WAYS = {
    "all refused at DATA": fault(
        sets(f"smtpd_data_restrictions = {_AT_DATA}"), "smtpd_data_restrictions", stops=True
    ),
    "all refused after the message": fault(
        sets(f"smtpd_end_of_data_restrictions = {_AT_DATA}"),
        "smtpd_end_of_data_restrictions",
        stops=True,
    ),
    "a user refused by a table": fault(
        _access("recipient", "taro@zeke.ne.jp REJECT has gone"), "by_access", stops=True
    ),
    "postmaster refused by a table": fault(
        _access("recipient", "postmaster@ REJECT"), "by_access", "postmaster"
    ),
    "all mail for us thrown away by a table": fault(
        _access("recipient", "zeke.ne.jp DISCARD"), "by_access", "DISCARD", stops=True
    ),
    "all mail put on hold by a table": fault(
        _cidr("0.0.0.0/0 HOLD"), "by_address", "HOLD", stops=True
    ),
    "all mail redirected by a table": fault(
        _cidr("0.0.0.0/0 REDIRECT spy@stranger.example"), "by_address", "REDIRECT", stops=True
    ),
    "a copy of all mail by a table": fault(
        _cidr("0.0.0.0/0 BCC spy@stranger.example"), "by_address", "BCC", stops=False
    ),
    "all mail to a filter of a table, which is dead": fault(
        _cidr("0.0.0.0/0 FILTER smtp:[127.0.0.1]:10024"), "by_address", "10024", stops=True
    ),
    "our own LAN refused": fault(
        _cidr("192.168.1.0/24 REJECT"), "by_address", "192\\.168\\.1", stops=True
    ),
    "servers of senders refused wherever they are": fault(
        written("/etc/postfix/by_address", "0.0.0.0/0 REJECT bogus MX")
        + sets("smtpd_sender_restrictions = check_sender_mx_access cidr:/etc/postfix/by_address"),
        "check_sender_mx_access|by_address",
        stops=True,
    ),
    "a class without its restrictions": fault(
        built("by_access", "zeke.ne.jp strict")
        + sets(
            "smtpd_restriction_classes = strict",
            f"smtpd_sender_restrictions = check_recipient_access {MAP}by_access",
        ),
        "strict",
        stops=True,
    ),
    "a rule that does not parse": fault(
        written("/etc/postfix/by_pattern", "/^(free|spam@/ REJECT")
        + sets("smtpd_sender_restrictions = check_sender_access regexp:/etc/postfix/by_pattern"),
        "by_pattern",
    ),
    "a network of a table that has host bits": fault(
        _cidr("198.51.100.7/24 REJECT"), "by_address", stops=False
    ),
    "senders asked for, their answers stored nowhere": fault(
        sets(
            "smtpd_sender_restrictions = reject_unverified_sender",
            "address_verify_map = btree:/var/lib/nowhere/verify",
        ),
        "address_verify_map",
        stops=True,
    ),
    "every sender asked for": fault(
        sets("smtpd_sender_restrictions = permit_mynetworks, reject_unverified_sender"),
        "reject_unverified_sender",
        stops=False,
    ),
    "unknown users are told to come again": fault(
        sets("unknown_local_recipient_reject_code = 450"),
        "unknown_local_recipient_reject_code",
        stops=False,
    ),
    "a refusal for now is one for ever": fault(
        sets("defer_code = 550"),
        "defer_code",
        stops=False,
    ),
    "a policy service whose program is gone": fault(
        entry("policyd-spf unix - n n - 0 spawn user=nobody argv=/usr/libexec/postfix/policyd-spf")
        + _SPAWNED,
        "policyd-spf",
        stops=True,
    ),
    "a policy service whose user is gone": fault(
        entry("policyd-spf unix - n n - 0 spawn user=policyd argv=/bin/cat") + _SPAWNED,
        "policyd-spf",
        stops=True,
    ),
    "a policy service that master.cf lacks": fault(_SPAWNED, "policyd-spf", stops=True),
    "a policy service that never lets through": fault(
        'printf \'#!/bin/sh\\nwhile read -r line; do [ "$line" ] || '
        'printf "action=DEFER\\\\n\\\\n"; done\\n\' '
        ">/etc/postfix/policy; chmod 755 /etc/postfix/policy\n"
        + entry("policyd-spf unix - n n - 0 spawn user=nobody argv=/etc/postfix/policy")
        + _SPAWNED,
        "policyd-spf|smtpd_end_of_data_restrictions",
        stops=True,
    ),
    "a dead milter for mail from here": fault(
        sets("non_smtpd_milters = inet:127.0.0.1:8891"), "non_smtpd_milters|8891", stops=True
    ),
    "a dead proxy filter of port 25": fault(
        option("smtp/inet", "smtpd_proxy_filter=127.0.0.1:10024"),
        "smtpd_proxy_filter|10024",
        stops=True,
    ),
    "a dead content filter of port 25": fault(
        option("smtp/inet", "content_filter=smtp:[127.0.0.1]:10026"), "10026", stops=True
    ),
    "a dead content filter of mail from here": fault(
        option("pickup/unix", "content_filter=smtp:[127.0.0.1]:10026"), "10026", stops=True
    ),
    "a proxy in front that is not there": fault(
        sets("smtpd_upstream_proxy_protocol = haproxy"),
        "smtpd_upstream_proxy_protocol",
        stops=True,
    ),
    "a list of blocked servers that ended years ago": fault(
        sets("smtpd_client_restrictions = permit_mynetworks, reject_rbl_client relays.ordb.org"),
        "ordb",
        stops=False,
    ),
    "a list whose answers of errors count": fault(
        sets("smtpd_sender_restrictions = permit_mynetworks, reject_rhsbl_sender dbl.spamhaus.org"),
        "smtpd_sender_restrictions|127\\.255",
        stops=False,
    ),
    "only addresses in brackets taken": fault(
        sets("strict_rfc821_envelopes = yes"), "strict_rfc821_envelopes", stops=False
    ),
    "unknown recipients not looked for": fault(
        sets("receive_override_options = no_unknown_recipient_checks"),
        "receive_override_options|no_unknown_recipient_checks",
        stops=False,
    ),
    "filters of the header switched off": fault(
        written("/etc/postfix/by_pattern", "/^X-Virus: yes/ REJECT")
        + sets(
            "header_checks = regexp:/etc/postfix/by_pattern",
            "receive_override_options = no_header_body_checks",
        ),
        "no_header_body_checks|receive_override_options",
        stops=False,
    ),
    "all users have moved": fault(
        written("/etc/postfix/by_pattern", "/@zeke/ info@new.example")
        + sets("relocated_maps = regexp:/etc/postfix/by_pattern"),
        "relocated_maps",
        stops=True,
    ),
}
