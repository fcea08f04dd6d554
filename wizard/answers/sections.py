"""Every field of every section as a table: its rule, what it becomes, and help for a human.

The screens, the answers file and the command line all validate here and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Optional

from wizard.answers import rules
from wizard.answers.catalogue import CATALOGUE

Rule = Callable[[str], str]


@dataclass(frozen=True)
class Field:
    """One field. `kind` is text, list (one item a line), number or choice.

    `becomes` is the parameter or thing it turns into; `help` a sentence for the form. `rule`
    checks one item's text. A number lies in `lowest`..`highest`.
    """

    section: str
    name: str
    kind: str
    label: str
    becomes: str
    help: str
    rule: Optional[Rule] = None
    choices: tuple[str, ...] = ()
    lowest: int = 0
    highest: int = 2**31 - 1
    required: bool = False


def _limit(name: str, label: str, text: str, lowest: int = 0) -> Field:
    return Field("limits", name, "number", label, name, text, lowest=lowest)


FIELDS: tuple[Field, ...] = (
    Field(
        "hostname",
        "myhostname",
        "text",
        "Name of this mail server",
        "myhostname",
        "The full name that other servers see: in the banner, in EHLO and in the MX record.",
        rules.fqdn,
        required=True,
    ),
    Field(
        "hostname",
        "mydomain",
        "text",
        "Domain",
        "mydomain",
        "The name above less its first label, unless you know better.",
        rules.fqdn,
    ),
    Field(
        "hostname",
        "myorigin",
        "text",
        "Origin of local mail",
        "myorigin",
        "What is put after @ in mail sent from this host: $myhostname, $mydomain or a name.",
        rules.origin,
    ),
    Field(
        "domains",
        "local",
        "list",
        "Names that are local here",
        "mydestination",
        "Besides this host and its domain: every name whose MX points here.",
        rules.fqdn,
    ),
    Field(
        "networks",
        "mynetworks",
        "list",
        "Networks that may relay",
        "mynetworks",
        "Their hosts send anywhere without a password: only networks that are all yours.",
        rules.network,
        required=True,
    ),
    Field(
        "networks",
        "inet_interfaces",
        "text",
        "Listen on",
        "inet_interfaces",
        "all, loopback-only, or addresses of this host.",
        rules.interfaces,
    ),
    Field(
        "networks",
        "inet_protocols",
        "choice",
        "Protocols",
        "inet_protocols",
        "ipv4 unless this host's IPv6 address has a PTR record.",
        choices=("ipv4", "all", "ipv6"),
    ),
    Field(
        "networks",
        "firewall_zone",
        "text",
        "Firewall zone to open",
        "firewall-cmd --zone",
        "The zone that strangers come through; smtp, smtp-submission and smtps are added to it. "
        "Empty: the firewall is not ours.",
        rules.firewall_zone,
    ),
    Field(
        "networks",
        "proxy_interfaces",
        "list",
        "Outer addresses of the router",
        "proxy_interfaces",
        "Where a router passes mail on to this host (NAT): the address that others reach it by.",
        rules.address,
    ),
    Field(
        "certificate",
        "source",
        "choice",
        "Where it comes from",
        "smtpd_tls_cert_file",
        "One of this host's or the present server's, a new one, files of yours, or for a trial.",
        choices=("letsencrypt", "remote", "certbot", "files", "self-signed"),
    ),
    Field(
        "certificate",
        "name",
        "text",
        "Lineage",
        "smtpd_tls_cert_file",
        "A directory's name in /etc/letsencrypt/live.",
        rules.lineage,
    ),
    Field(
        "certificate",
        "days",
        "number",
        "Days until it expires",
        "openssl req -days",
        "For a self-signed certificate only.",
        lowest=1,
        highest=3650,
    ),
    Field(
        "certificate",
        "host",
        "text",
        "Present server",
        "scp -pr",
        "[user@]host: its /etc/letsencrypt is copied over ssh; its user must be able to read it.",
        rules.ssh_host,
    ),
    Field(
        "certificate",
        "existing",
        "choice",
        "Others of that name",
        "/etc/letsencrypt",
        "keep: a lineage that this host has already stays as it is; replace: the copy wins.",
        choices=("keep", "replace"),
    ),
    Field(
        "certificate",
        "cert_file",
        "text",
        "Certificate file",
        "smtpd_tls_cert_file",
        "PEM: this server's certificate first, then the ones that signed it.",
        rules.absolute_path,
    ),
    Field(
        "certificate",
        "key_file",
        "text",
        "Key file",
        "smtpd_tls_key_file",
        "PEM, without a password: nobody could type it when Postfix starts.",
        rules.absolute_path,
    ),
    Field(
        "certificate",
        "challenge",
        "choice",
        "Challenge",
        "certbot certonly",
        "standalone: certbot itself answers on port 80; webroot: this host's web server does.",
        choices=("standalone", "webroot"),
    ),
    Field(
        "certificate",
        "webroot",
        "text",
        "Web server's files",
        "--webroot-path",
        "The directory that http://NAME/ shows; certbot writes below its .well-known.",
        rules.absolute_path,
    ),
    Field(
        "certificate",
        "email",
        "text",
        "Account's e-mail",
        "certbot -m",
        "Where the authority writes to when something is wrong. Empty: nowhere.",
        rules.email,
    ),
    Field(
        "certificate",
        "server",
        "text",
        "ACME server",
        "certbot --server",
        "Its directory's URL. Empty: Let's Encrypt.",
        rules.acme_server,
    ),
    Field(
        "blocklists",
        "use",
        "list",
        "Blocklists",
        "smtpd_recipient_restrictions",
        "Lists asked about every stranger; their terms of use are yours to keep.",
        choices=tuple(one.name for one in CATALOGUE),
    ),
    Field(
        "blocklists",
        "allow_senders",
        "list",
        "Senders let past the lists",
        "sender_access OK",
        "An address, or a domain with its subdomains. Senders are easily forged.",
        rules.sender,
    ),
    Field(
        "blocklists",
        "reject_senders",
        "list",
        "Senders always refused",
        "sender_access REJECT",
        "An address, or a domain with its subdomains.",
        rules.sender,
    ),
    Field(
        "blocklists",
        "dqs_key_file",
        "text",
        "Key file for DQS",
        "",
        "Spamhaus's key alone on one line, in a file of root's with mode 0600.",
        rules.key_file,
    ),
    Field(
        "delivery",
        "recipient_delimiter",
        "text",
        "Delimiter of plus-addresses",
        "recipient_delimiter",
        "user+anything@ reaches user.",
        rules.recipient_delimiter,
    ),
    Field(
        "delivery",
        "home_mailbox",
        "text",
        "Mailbox in a home directory",
        "home_mailbox",
        "Used only where no transport below takes the mail.",
        rules.home_mailbox,
    ),
    Field(
        "delivery",
        "mailbox_transport",
        "text",
        "Who delivers local mail",
        "mailbox_transport",
        "Dovecot's LMTP socket, relative to the queue directory.",
        rules.mailbox_transport,
    ),
    Field(
        "limits",
        "anvil_rate_time_unit",
        "text",
        "Time unit of the rates",
        "anvil_rate_time_unit",
        "The rates below count within this time.",
        rules.time_unit,
    ),
    _limit("smtpd_client_connection_rate_limit", "Connections a client", "Per time unit; 0: none."),
    _limit("smtpd_client_message_rate_limit", "Messages a client", "Per time unit; 0: none."),
    _limit("smtpd_client_recipient_rate_limit", "Recipients a client", "Per time unit; 0: none."),
    _limit("smtpd_client_connection_count_limit", "At the same time", "Connections; 0: none."),
    _limit("message_size_limit", "Largest message", "In bytes, headers included; 0: none."),
    _limit("mailbox_size_limit", "Largest mailbox", "In bytes; 0: none (Dovecot has quotas)."),
    _limit("default_process_limit", "Processes a service", "A personal server needs few.", 1),
    _limit(
        "default_destination_concurrency_limit", "To one destination", "Deliveries at a time.", 1
    ),
    _limit("initial_destination_concurrency", "To a new destination", "Deliveries at first.", 1),
    Field(
        "dns",
        "zone_file",
        "text",
        "Zone file of named",
        "MX records",
        "A BIND zone file of this host: each name with an address and no MX gets one. Empty: none.",
        rules.zone_file,
    ),
    Field(
        "dns",
        "move_from",
        "text",
        "Old server's address",
        "A records",
        "Names of the zone that have this address get the one below. Empty: none is moved.",
        rules.ipv4_or_none,
    ),
    Field(
        "dns",
        "move_to",
        "text",
        "New address",
        "A records",
        "What those names have afterwards: this server's address as others reach it.",
        rules.ipv4_or_none,
    ),
    Field(
        "aliases",
        "root",
        "text",
        "Who reads root's mail",
        "/etc/aliases",
        "A user here or an address, for root, postmaster and abuse. Else such mail bounces.",
        rules.mail_reader,
    ),
    Field(
        "relay",
        "host",
        "text",
        "Relay host",
        "relayhost",
        "Your provider's server for outgoing mail, where port 25 is blocked. Empty: mail goes "
        "out directly.",
        rules.relay_host,
    ),
    Field(
        "relay",
        "port",
        "number",
        "Port",
        "relayhost",
        "587 as a rule; 465 has TLS from the first byte.",
        lowest=1,
        highest=65535,
    ),
    Field(
        "relay",
        "tls",
        "choice",
        "TLS",
        "smtp_tls_policy_maps",
        "encrypt: always; secure: its certificate is verified too; may: where it offers TLS.",
        choices=("encrypt", "secure", "may"),
    ),
    Field(
        "relay",
        "user",
        "text",
        "User there",
        "smtp_sasl_password_maps",
        "As the provider names it, often an address. Empty: no password is asked for.",
        rules.relay_user,
    ),
    Field(
        "relay",
        "password_file",
        "text",
        "Password file",
        "",
        "The password alone on one line, in a file of root's with mode 0600.",
        rules.key_file,
    ),
    Field(
        "dovecot",
        "conf",
        "choice",
        "Lines that Dovecot needs",
        "/etc/dovecot/conf.d",
        "leave: the review shows them, to be copied; write: they go to a file of our own.",
        choices=("leave", "write"),
    ),
    Field(
        "dovecot",
        "imaps",
        "choice",
        "IMAP from outside",
        "firewall-cmd --add-service",
        "open: the service imaps (port 993) in the zone that strangers come through.",
        choices=("leave", "open"),
    ),
    Field(
        "hardening",
        "use",
        "choice",
        "Hardening",
        "smtpd_forbid_bare_newline",
        "on: no mail smuggled by bare newlines, few logins a minute, a login's own senders only, "
        "where Postfix can.",
        choices=("off", "on"),
    ),
    Field(
        "move",
        "old_server",
        "text",
        "Old server",
        "a checklist",
        "The server that this one replaces: `postfix-wizard move` looks at what is left to do. "
        "Empty: none.",
        rules.server_or_none,
    ),
)

CUSTOM_FIELDS: tuple[Field, ...] = (
    Field("blocklists.custom", "zone", "text", "Zone", "", "", rules.fqdn, required=True),
    Field(
        "blocklists.custom",
        "kind",
        "choice",
        "Kind",
        "",
        "",
        choices=("client", "sender", "helo", "reverse_client"),
    ),
    Field("blocklists.custom", "replies", "text", "Replies", "", "", rules.replies),
)
"""The keys of one [[blocklists.custom]] entry."""


def fields_of(section: str) -> tuple[Field, ...]:
    """Return the section's fields in the order of the form; empty for an unknown section."""
    table = CUSTOM_FIELDS if section == "blocklists.custom" else FIELDS
    return tuple(field for field in table if field.section == section)


def field_of(section: str, name: str) -> Optional[Field]:
    """Return one field, None when there is none of that name."""
    return next((field for field in fields_of(section) if field.name == name), None)


def check_text(field: Field, text: str) -> str:
    """Check one item as it was typed; return its value or raise ValueError."""
    if field.required and not text:
        raise ValueError("is needed")
    if field.choices:
        rules.printable(text)
        if text not in field.choices:
            raise ValueError(f"must be one of {', '.join(field.choices)}")
        return text
    return field.rule(text) if field.rule else rules.printable(text)


def check_number(field: Field, number: int) -> list[str]:
    """Check a number against its bounds; return what is wrong with it, at most one thing."""
    if field.lowest <= number <= field.highest:
        return []
    return [f"must lie between {field.lowest} and {field.highest}"]
