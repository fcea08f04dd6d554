"""What turns Debian's samples of main.cf and master.cf into the files of EL's package.

Parameter lines, commented examples among them, are EL's. Comments are ours where EL's are Red
Hat's own, in as many lines, so that every line has EL's number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping


@dataclass(frozen=True)
class Edit:
    """Replace `count` lines from `line` of the sample on by the lines `text`."""

    line: int
    count: int
    text: tuple[str, ...] = ()


_INTERFACES = (
    "inet_interfaces = localhost",
    "",
    "# The protocols to use: every one that the kernel offers",
    "inet_protocols = all",
)

_CYRUS = (
    "#mailbox_transport = lmtp:unix:/var/lib/imap/socket/lmtp",
    "",
    "# A Cyrus IMAP server on this host can be handed its mail over LMTP, the",
    "# Local Mail Transfer Protocol of RFC 2033. That is to be chosen over the",
    "# deliver program of older releases. The server listens on a socket in the",
    "# file system, and the setting for it is:",
    "#",
    "# mailbox_transport = lmtp:unix:/var/lib/imap/socket/lmtp",
    "#",
    "# Many recipients in one conversation, and few conversations at a time,",
    "# make it faster:",
    "#",
    "# local_destination_recipient_limit = 300",
    "# local_destination_concurrency_limit = 5",
    "#",
    "# Which figures are best depends on the machine. The first lets the server",
    "# keep one copy of a message that goes to several of its mailboxes, since",
    "# it learns of all of them in the same conversation; the second bounds the",
    "# load, since it is the number of LMTP conversations that Postfix holds",
    "# with the message store at the same time. Neither needs to be set for the",
    "# server to work.",
)

_TLS = (
    "# TLS",
    "#",
    "# The package makes a certificate that signs itself, offers TLS to those",
    "# who send mail to this host, and uses it where mail is sent to.",
    "",
    "# The certificate that the server shows, a PEM file with its whole path.",
    "# Intermediate certificates belong into the same file, after the server's",
    "# own, each followed by the one that issued it.",
    "#",
    "smtpd_tls_cert_file = /etc/pki/tls/certs/postfix.pem",
    "",
    "# The private key that goes with the certificate, a PEM file with its whole",
    "# path. It cannot be protected by a pass phrase, since there is nobody to",
    "# ask for it.",
    "#",
    "smtpd_tls_key_file = /etc/pki/tls/private/postfix.key",
    "",
    "# Offer STARTTLS to clients, and serve those that do not use it as well:",
    "# the usual choice for port 25.",
    "#",
    "smtpd_tls_security_level = may",
    "",
    "# A directory of authorities' certificates, by which the client judges the",
    "# certificates of the servers that it sends to.",
    "#",
    "smtp_tls_CApath = /etc/pki/tls/certs",
    "",
    "# A single file with the certificates of all root authorities that this",
    "# system trusts, for the same end. It is kept up to date by the package of",
    "# authorities.",
    "#",
    "smtp_tls_CAfile = /etc/pki/tls/certs/ca-bundle.crt",
    "",
    "# Use TLS with servers that offer it, and send in the clear to the others:",
    "# the usual choice.",
    "#",
    "smtp_tls_security_level = may",
)

_DIRECTORIES = (
    "meta_directory = /etc/postfix",
    "shlib_directory = /usr/lib64/postfix",
)

_PROCMAIL = (
    "#mailbox_command = /some/where/procmail",
    '#mailbox_command = /some/where/procmail -a "$EXTENSION"',
)

_DELIVER = "user=cyrus argv=/usr/lib/cyrus-imapd/deliver"

_FALLBACK = ("#fallback_transport = lmtp:unix:/var/lib/imap/socket/lmtp",)

_MAIN_9 = (
    Edit(50, 1, ("queue_directory = /var/spool/postfix",)),
    Edit(61, 1, ("daemon_directory = /usr/libexec/postfix",)),
    Edit(78, 1, ("mail_owner = postfix",)),
    Edit(117, 5),
    Edit(140, 0, _INTERFACES),
    Edit(184, 1, ("mydestination = $myhostname, localhost.$mydomain, localhost",)),
    Edit(287, 1),
    Edit(407, 1, ("alias_maps = hash:/etc/aliases",)),
    Edit(418, 1, ("alias_database = hash:/etc/aliases",)),
    Edit(468, 2, _PROCMAIL),
    Edit(488, 1, _CYRUS),
    Edit(508, 2, _FALLBACK),
    Edit(576, 2),
    Edit(602, 1, ("debug_peer_level = 2",)),
    Edit(650, 1, ("sendmail_path = /usr/sbin/sendmail.postfix",)),
    Edit(655, 1, ("newaliases_path = /usr/bin/newaliases.postfix",)),
    Edit(660, 1, ("mailq_path = /usr/bin/mailq.postfix",)),
    Edit(666, 1, ("setgid_group = postdrop",)),
    Edit(670, 1, ("html_directory = no",)),
    Edit(674, 1, ("manpage_directory = /usr/share/man",)),
    Edit(679, 1, ("sample_directory = /usr/share/doc/postfix/samples",)),
    Edit(
        683,
        2,
        (
            "readme_directory = /usr/share/doc/postfix/README_FILES",
            "",
            *_TLS,
            *_DIRECTORIES,
        ),
    ),
)

_MASTER_9 = (
    Edit(
        81,
        2,
        (
            "#maildrop  unix  -       n       n       -       -       pipe",
            "#  flags=DRXhu user=vmail argv=/usr/local/bin/maildrop -d ${recipient}",
        ),
    ),
    Edit(
        101,
        1,
        (f"#  flags=DRX {_DELIVER} -e -r ${{sender}} -m ${{extension}} ${{user}}",),
    ),
    Edit(104, 0, ("#",)),
    Edit(
        107,
        1,
        (f"#  flags=R {_DELIVER} -e -m ${{extension}} ${{user}}",),
    ),
    Edit(
        113,
        2,
        (
            "#uucp      unix  -       n       n       -       -       pipe",
            "#  flags=Fqhu user=uucp argv=uux -r -n -z -a$sender - $nexthop!rmail ($recipient)",
            "#",
            "# ====================================================================",
        ),
    ),
    Edit(
        118,
        8,
        (
            "#ifmail    unix  -       n       n       -       -       pipe",
            "#  flags=F user=ftn argv=/usr/lib/ifmail/ifmail -r $nexthop ($recipient)",
            "#",
            "#bsmtp     unix  -       n       n       -       -       pipe",
            "#  flags=Fq. user=bsmtp argv=/usr/local/sbin/bsmtp -f $sender $nexthop $recipient",
            "#",
            "#scalemail-backend unix -       n       n       -       2       pipe",
            "#  flags=R user=scalemail argv=/usr/lib/scalemail/bin/scalemail-store",
            "#  ${nexthop} ${user} ${extension}",
            "#",
            "#mailman   unix  -       n       n       -       -       pipe",
            "#  flags=FRX user=list argv=/usr/lib/mailman/bin/postfix-to-mailman.py",
            "#  ${nexthop} ${user}",
        ),
    ),
)

_MAIN_10 = (
    Edit(34, 1, ("compatibility_level = 3.8",)),
    Edit(54, 1, ("queue_directory = /var/spool/postfix",)),
    Edit(59, 1, ("command_directory = /usr/sbin",)),
    Edit(65, 1, ("daemon_directory = /usr/libexec/postfix",)),
    Edit(71, 1, ("data_directory = /var/lib/postfix",)),
    Edit(82, 1, ("mail_owner = postfix",)),
    Edit(90, 8),
    Edit(129, 5),
    Edit(152, 0, _INTERFACES),
    Edit(196, 1, ("mydestination = $myhostname, localhost.$mydomain, localhost",)),
    Edit(423, 1, ("alias_maps = lmdb:/etc/aliases",)),
    Edit(434, 1, ("alias_database = lmdb:/etc/aliases",)),
    Edit(484, 2, _PROCMAIL),
    Edit(504, 1, _CYRUS),
    Edit(524, 2, _FALLBACK),
    Edit(592, 1),
    Edit(665, 1, ("sendmail_path = /usr/sbin/sendmail.postfix",)),
    Edit(670, 1, ("newaliases_path = /usr/bin/newaliases.postfix",)),
    Edit(675, 1, ("mailq_path = /usr/bin/mailq.postfix",)),
    Edit(681, 1, ("setgid_group = postdrop",)),
    Edit(685, 1, ("html_directory = no",)),
    Edit(
        689,
        1,
        (
            "manpage_directory = /usr/share/man",
            "",
            "# sample_directory: The location of the Postfix sample configuration files.",
            "# This parameter is obsolete as of Postfix 2.1.",
            "#",
            "sample_directory = /usr/share/doc/postfix/samples",
        ),
    ),
    Edit(693, 1, ("readme_directory = /usr/share/doc/postfix/README_FILES",)),
    Edit(695, 8, (*_TLS, "", "default_database_type = lmdb", *_DIRECTORIES)),
)

_MASTER_10 = (
    Edit(21, 1),
    Edit(26, 1),
    Edit(42, 1),
    Edit(46, 1),
    Edit(74, 1, ("        -o syslog_name=postfix/$service_name",)),
    Edit(100, 1, ("#  flags=DRXhu user=vmail argv=/usr/local/bin/maildrop -d ${recipient}",)),
    Edit(
        119,
        1,
        (f"#  flags=DRX {_DELIVER} -e -r ${{sender}} -m ${{extension}} ${{user}}",),
    ),
    Edit(
        126,
        1,
        (f"#  flags=R {_DELIVER} -e -m ${{extension}} ${{user}}",),
    ),
    Edit(
        143,
        1,
        ("#  flags=Fq. user=bsmtp argv=/usr/local/sbin/bsmtp -f $sender $nexthop $recipient",),
    ),
)

SAMPLES: Mapping[str, Mapping[str, tuple[str, tuple[Edit, ...]]]] = {
    "el9": {
        "main.cf": ("1af04c2a9b969e3e", _MAIN_9),
        "master.cf": ("53cb174b6fb29f6c", _MASTER_9),
    },
    "el10": {
        "main.cf": ("9a2f3d564c27e17c", _MAIN_10),
        "master.cf": ("c18bcb3ec66f8457", _MASTER_10),
    },
}
"""For each file: the start of the sample's sha256, and the edits in the sample's line numbers."""
