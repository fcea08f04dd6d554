"""Who gets copies, what is rewritten, and what local delivery may do."""

from __future__ import annotations

import pwd
import re

from wizard.check.silent.row import (
    ANY,
    CLEANUP,
    LMTP,
    REWRITE,
    SMTP,
    SMTPD,
    Row,
    disables,
    empty,
    has,
    is_,
    set_,
    strangers,
)
from wizard.finding import WARNING, WRONG
from wizard.postfix.settings import Settings

INDEXED = re.compile(r"(hash|btree|lmdb|cdb|dbm|sdbm):")
"""Tables that newaliases(1) can build."""


def _is_user(_: Settings, value: str) -> bool:
    """True for the name of a user of this host."""
    try:
        pwd.getpwnam(value.partition("@")[0])
    except (KeyError, ValueError):
        return False
    return True


def _has_no_virtual(settings: Settings, value: str) -> bool:
    """True if no table but alias_maps could have names such as postmaster."""
    return value == "" and not settings.value("virtual_alias_maps")


def _stores_virtual(settings: Settings) -> bool:
    """True if virtual(8) itself stores mail of a domain."""
    transport = settings.value("virtual_transport").partition(":")[0]
    return transport == "virtual" and settings.value("virtual_mailbox_domains") != ""


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def _indexed(settings: Settings) -> set[str]:
    """Return the tables of alias_maps that newaliases could build; all of its own if there is none."""
    found = {one for one in settings.words("alias_maps") if INDEXED.match(one)}
    return found or set(settings.words("alias_database"))


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
        _is_user,
        WRONG,
        "mail for that user of this host is thrown away",
        ("cleanup", "smtpd"),
    ),
    Row(
        "double_bounce_sender",
        lambda settings, value: (
            value not in {"double-bounce", "$double_bounce_sender"}
            and not _is_user(settings, value)
        ),
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
        _has_no_virtual,
        WRONG,
        "there are no aliases: mail for postmaster and root is refused, or is nobody's",
        ("local",),
        "Take `alias_maps` out, so that it is Postfix's own, which names /etc/aliases; reload.",
    ),
    Row(
        "alias_maps",
        lambda settings, value: value == "" and not _has_no_virtual(settings, value),
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
    Row(
        "master_service_disable",
        disables,
        WRONG,
        "master(8) does not serve these entries of master.cf",
        (),
        "Take out of it what must be served; restart.",
    ),
    Row(
        "virtual_alias_maps",
        lambda settings, value: value == "" and settings.value("virtual_alias_domains") != "",
        WRONG,
        "the domains of virtual_alias_domains have no address: their mail is refused",
        CLEANUP,
        "List their addresses in virtual_alias_maps, or take the domains out; reload.",
    ),
    Row(
        "virtual_uid_maps",
        lambda settings, value: value == "" and _stores_virtual(settings),
        WRONG,
        "virtual(8) cannot store mail for any mailbox, since none belongs to a user",
        ("virtual",),
        "Set virtual_uid_maps and virtual_gid_maps, as static: and the number of a user; reload.",
    ),
    Row(
        "virtual_uid_maps",
        lambda settings, value: (
            _stores_virtual(settings)
            and value.startswith("static:")
            and _number(value[len("static:") :])
            < _number(settings.value("virtual_minimum_uid") or "100")
        ),
        WRONG,
        "virtual(8) stores no mail as a user below virtual_minimum_uid",
        ("virtual",),
        "Name a user of a higher number, to whom the mailboxes belong; reload.",
    ),
    Row(
        "alias_database",
        lambda settings, value: (
            value != "" and not set(settings.words("alias_database")) & _indexed(settings)
        ),
        WARNING,
        "newaliases builds another table than alias_maps names",
        (),
        "Name the table of alias_maps in alias_database; `newaliases`.",
    ),
)
