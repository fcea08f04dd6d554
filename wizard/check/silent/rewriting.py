"""Who gets copies, what is rewritten, and what local delivery may do."""

from __future__ import annotations

import re

from wizard.check.silent.row import (
    ANY,
    CLEANUP,
    LMTP,
    REWRITE,
    SMTP,
    SMTPD,
    Row,
    empty,
    has,
    is_,
    set_,
    strangers,
)
from wizard.finding import WARNING, WRONG

ROWS = (
    Row("recipient_bcc_maps", set_, WARNING, "copies of mail go elsewhere", CLEANUP),
    Row("sender_bcc_maps", set_, WARNING, "copies of mail go elsewhere", CLEANUP),
    Row(
        "sender_canonical_maps",
        lambda _, value: re.search(r"(regexp|pcre|static):", value) is not None,
        WARNING,
        "senders are rewritten by a pattern",
        CLEANUP,
    ),
    Row(
        "masquerade_domains",
        lambda settings, value: any(
            one.count(".") < settings.value("mydomain").count(".") for one in value.split()
        ),
        WARNING,
        "domains of others lose their first part",
        CLEANUP,
    ),
    Row(
        "double_bounce_sender",
        lambda _, value: value not in {"double-bounce", "$double_bounce_sender"},
        WARNING,
        "mail for that name is thrown away",
        ("cleanup", "smtpd"),
    ),
    Row(
        "notify_classes",
        has("protocol", "policy"),
        WARNING,
        "strangers' errors fill postmaster's mailbox",
        (*SMTPD, *SMTP, *LMTP, "bounce"),
    ),
    Row(
        "allow_min_user",
        is_("yes"),
        WARNING,
        "recipients that begin with - reach programs as options",
        REWRITE,
    ),
    Row(
        "resolve_dequoted_address",
        is_("no"),
        WARNING,
        "quoted addresses can relay or are lost",
        REWRITE,
    ),
    Row(
        "relocated_maps",
        lambda _, value: re.search(r"(regexp|pcre|static):", value) is not None,
        WARNING,
        "a pattern may return all mail",
        REWRITE,
    ),
    Row("allow_mail_to_commands", empty, WARNING, "aliases to programs are returned", ("local",)),
    Row("allow_mail_to_files", empty, WARNING, "aliases to files are returned", ("local",)),
    Row(
        "alias_maps",
        empty,
        WARNING,
        "there are no aliases: mail for postmaster and root may be lost",
        ("local",),
    ),
    Row(
        "proxy_read_maps",
        empty,
        WRONG,
        "proxymap(8) opens no table: users are not found",
        ("proxymap",),
    ),
    Row(
        "debug_peer_list", strangers, WARNING, "the log grows with each line of these clients", ANY
    ),
    Row(
        "syslog_facility",
        lambda _, value: value != "mail",
        WARNING,
        "the log goes where /var/log/maillog is not",
        ANY,
    ),
)
