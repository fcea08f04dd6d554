"""Addresses and headers that are rewritten, copied, redirected or thrown away in cleanup(8)."""

from __future__ import annotations

from tests.lab.broken.rows import MAP, built, fault, option, sets, written

_PATH = "/etc/postfix/patterns"


def _patterns(parameter: str, *rows: str) -> str:
    return written(_PATH, *rows) + sets(f"{parameter} = regexp:{_PATH}")


def _virtual(*rows: str) -> str:
    return built("virtual", *rows) + sets(f"virtual_alias_maps = {MAP}virtual")


WAYS = {
    "a header check that throws all away": fault(
        _patterns("header_checks", "/^Subject:/ DISCARD"), "header_checks|patterns", stops=True
    ),
    "a header check that redirects all": fault(
        _patterns("header_checks", "/^From:/ REDIRECT spy@stranger.example"),
        "header_checks|patterns",
        stops=True,
    ),
    "a header check that leads to a dead filter": fault(
        _patterns("header_checks", "/^Received:/ FILTER smtp:[127.0.0.1]:10024"),
        "header_checks|patterns|10024",
        stops=True,
    ),
    "a body check that refuses all": fault(
        _patterns("body_checks", "/./ REJECT"), "body_checks|patterns", stops=True
    ),
    "a check of attachments that refuses plain text": fault(
        _patterns("mime_header_checks", "/^Content-Type:.*text/ REJECT"),
        "mime_header_checks|patterns",
        stops=True,
    ),
    "a header check of one service": fault(
        written(_PATH, "/^Subject:/ DISCARD")
        + option("cleanup/unix", f"header_checks=regexp:{_PATH}"),
        "header_checks|patterns",
        stops=True,
    ),
    "a header check that takes the date away": fault(
        _patterns("header_checks", "/^(Date|Message-ID|From):/ IGNORE"), "header_checks|patterns"
    ),
    "a header check that copies all": fault(
        _patterns("header_checks", "/^From:/ BCC spy@stranger.example"),
        "header_checks|patterns",
        stops=False,
    ),
    "virtual addresses that lead to each other": fault(
        _virtual(
            "taro@zeke.ne.jp two@zeke.ne.jp", "two@zeke.ne.jp taro@zeke.ne.jp, root@zeke.ne.jp"
        ),
        "virtual_alias_maps|postfix/virtual|loop",
        stops=True,
    ),
    "every address of ours leads to one": fault(
        _virtual("@zeke.ne.jp taro"), "virtual_alias_maps|postfix/virtual"
    ),
    "every address leads to one": fault(
        _patterns("virtual_alias_maps", "/.+/ spy@stranger.example"),
        "virtual_alias_maps|patterns",
        stops=True,
    ),
    "our domain redirected to another": fault(
        _virtual("@zeke.ne.jp @stranger.example"),
        "virtual_alias_maps|postfix/virtual",
        stops=True,
    ),
    "all addresses are one": fault(
        _patterns("canonical_maps", "/.+/ taro@zeke.ne.jp"), "canonical_maps", stops=True
    ),
    "all senders are one": fault(
        _patterns("sender_canonical_maps", "/.+/ taro@zeke.ne.jp"), "sender_canonical_maps"
    ),
    "recipients rewritten to a domain that is not there": fault(
        built("canonical", "@zeke.ne.jp @zeke.local")
        + sets(f"recipient_canonical_maps = {MAP}canonical"),
        "recipient_canonical_maps|zeke\\.local",
        stops=True,
    ),
    "canonical addresses from a server that is dead": fault(
        sets("canonical_maps = tcp:127.0.0.1:9996"), "canonical_maps|9996", stops=True
    ),
    "senders without their own domain": fault(
        sets("masquerade_domains = ne.jp"), "masquerade_domains"
    ),
    "strangers' headers get our domain": fault(
        sets("local_header_rewrite_clients = static:all"),
        "local_header_rewrite_clients",
        stops=False,
    ),
    "a copy to a user who is gone": fault(sets("always_bcc = archive"), "always_bcc", stops=False),
    "copies of what comes to a stranger": fault(
        sets("recipient_bcc_maps = static:spy@stranger.example"), "recipient_bcc_maps", stops=False
    ),
    "copies of what a sender sends to a stranger": fault(
        built("copies", "taro@zeke.ne.jp spy@stranger.example")
        + sets(f"sender_bcc_maps = {MAP}copies"),
        "sender_bcc_maps",
        stops=False,
    ),
    "mail to a user taken for a bounce of a bounce": fault(
        sets("double_bounce_sender = taro"), "double_bounce_sender", stops=True
    ),
    "bounces of bounces to nobody": fault(
        sets("2bounce_notice_recipient = archive"), "2bounce_notice_recipient", stops=False
    ),
    "postmaster gets a report of everything": fault(
        sets("notify_classes = bounce, 2bounce, delay, policy, protocol, resource, software"),
        "notify_classes",
        stops=False,
    ),
    "a text of bounces that is gone": fault(
        sets("bounce_template_file = /etc/postfix/bounce.cf"),
        "bounce_template_file",
        stops=True,
    ),
    "options for programs in addresses": fault(
        sets("allow_min_user = yes"), "allow_min_user", stops=False
    ),
    "quoted addresses not read": fault(
        sets("resolve_dequoted_address = no"), "resolve_dequoted_address", stops=False
    ),
    "headers cut short": fault(sets("header_size_limit = 100"), "header_size_limit"),
    "one hop and no more": fault(sets("hopcount_limit = 1"), "hopcount_limit", stops=True),
}
