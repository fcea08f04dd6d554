"""The answers: one frozen dataclass a section, in the order the wizard asks.

The values are already valid and in the form main.cf takes: names as A-labels, networks in
CIDR notation. `wizard.answers.sections` holds the rules that make them so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Collection, Optional

from wizard.answers.catalogue import CATALOGUE
from wizard.paths import DQS_KEY_FILE, RELAY_PASSWORD_FILE

SMTPS = 465
"""The port that has TLS from the first byte (RFC 8314)."""


@dataclass(frozen=True)
class Hostname:
    """postconf(5) myhostname, mydomain, myorigin."""

    myhostname: str
    mydomain: str
    myorigin: str = "$myhostname"


@dataclass(frozen=True)
class Domains:
    """Names that are local besides $myhostname, localhost.$mydomain, localhost, $mydomain."""

    local: tuple[str, ...] = ()


@dataclass(frozen=True)
class Networks:
    """Who may relay without a password, where Postfix listens, which zone is opened.

    `proxy_interfaces` are addresses under which others reach this host and that it has not itself:
    a router passes them on (postconf(5)).
    """

    mynetworks: tuple[str, ...] = ("127.0.0.0/8",)
    inet_interfaces: str = "all"
    inet_protocols: str = "ipv4"
    firewall_zone: str = "public"
    proxy_interfaces: tuple[str, ...] = ()


@dataclass(frozen=True)
class Certificate:
    """Where the certificate comes from; `name` is the lineage in /etc/letsencrypt/live.

    For `self-signed` the name is not used and `days` is the certificate's lifetime. For `remote`
    `host` is the present server, [user@]host, whose /etc/letsencrypt is copied; `existing` says
    what becomes of a lineage that this host has already and that differs: keep or replace. For
    `files` the two paths are the operator's own pair, which is used where it stands. For
    `certbot` the certificate is issued here: `challenge` is standalone or webroot (then in the
    directory `webroot`), `email` the account's and `server` the ACME directory's URL, "" for none
    and for Let's Encrypt.
    """

    source: str = "letsencrypt"
    name: str = ""
    days: int = 365
    host: str = ""
    existing: str = "keep"
    cert_file: str = ""
    key_file: str = ""
    challenge: str = "standalone"
    webroot: str = ""
    email: str = ""
    server: str = ""


@dataclass(frozen=True)
class CustomBlocklist:
    """One list of the operator's own; `kind` is client, sender, helo or reverse_client.

    `replies` is the reply filter of reject_rbl_client (postconf(5)), such as `127.0.0.[2..11]`,
    or empty for any reply.
    """

    zone: str
    kind: str = "client"
    replies: str = ""


@dataclass(frozen=True)
class Blocklists:
    """Catalogue names in use, lists of the operator's own, and the rows of sender_access.

    `dqs_key_file` holds the key of Spamhaus's Data Query Service; it is read only where a list
    in use needs it.
    """

    use: tuple[str, ...] = tuple(one.name for one in CATALOGUE if one.is_default)
    custom: tuple[CustomBlocklist, ...] = ()
    allow_senders: tuple[str, ...] = ()
    reject_senders: tuple[str, ...] = ()
    dqs_key_file: str = DQS_KEY_FILE


@dataclass(frozen=True)
class Delivery:
    """How mail for local people is delivered; an empty value leaves the parameter unset."""

    recipient_delimiter: str = "+"
    home_mailbox: str = "Maildir/"
    mailbox_transport: str = "lmtp:unix:private/dovecot-lmtp"


@dataclass(frozen=True)
class Limits:
    """The policy's numbers under their Postfix names; sizes in bytes, 0 for no limit."""

    anvil_rate_time_unit: str = "60s"
    smtpd_client_connection_rate_limit: int = 120
    smtpd_client_message_rate_limit: int = 120
    smtpd_client_recipient_rate_limit: int = 120
    smtpd_client_connection_count_limit: int = 25
    message_size_limit: int = 10485760
    mailbox_size_limit: int = 0
    default_process_limit: int = 50
    default_destination_concurrency_limit: int = 10
    initial_destination_concurrency: int = 3


@dataclass(frozen=True)
class Dns:
    """The BIND zone file of this host's named in which each name gets its MX; "" for none.

    A records with the address `move_from` get `move_to` instead, where both are given.
    """

    zone_file: str = ""
    move_from: str = ""
    move_to: str = ""


@dataclass(frozen=True)
class Aliases:
    """Who reads root's mail (aliases(5)): a user here or an address; "" for not decided."""

    root: str = ""


@dataclass(frozen=True)
class Relay:
    """The provider's server that takes all mail for others; `host` "" for none.

    `tls` is encrypt, secure (the certificate is verified) or may. `user` is "" where the relay
    asks for no password; else `password_file` holds it alone. postconf(5) relayhost.
    """

    host: str = ""
    port: int = 587
    tls: str = "encrypt"
    user: str = ""
    password_file: str = RELAY_PASSWORD_FILE


@dataclass(frozen=True)
class Dovecot:
    """What is done for Dovecot: by default nothing (`leave`).

    `conf` write has the lines that it needs in a file of ours in conf.d, `imaps` open has the
    firewall's service imaps in the zone of the mail ones.
    """

    conf: str = "leave"
    imaps: str = "leave"


@dataclass(frozen=True)
class Hardening:
    """Whether what goes beyond the policy is done: on or off."""

    use: str = "off"


@dataclass(frozen=True)
class Move:
    """The server that is moved from, a name or an address, for the checklist; "" for none.

    With `remote` certificates it is the host that has them, unless another is named here.
    """

    old_server: str = ""


@dataclass(frozen=True)
class Answers:
    """All sections. `hostname` has no default: nobody else's name would do."""

    hostname: Hostname
    domains: Domains = field(default_factory=Domains)
    networks: Networks = field(default_factory=Networks)
    certificate: Certificate = field(default_factory=Certificate)
    blocklists: Blocklists = field(default_factory=Blocklists)
    delivery: Delivery = field(default_factory=Delivery)
    limits: Limits = field(default_factory=Limits)
    dns: Dns = field(default_factory=Dns)
    aliases: Aliases = field(default_factory=Aliases)
    relay: Relay = field(default_factory=Relay)
    dovecot: Dovecot = field(default_factory=Dovecot)
    hardening: Hardening = field(default_factory=Hardening)
    move: Move = field(default_factory=Move)


SECTIONS: tuple[str, ...] = tuple(Answers.__dataclass_fields__)
"""The answers' sections in order: hostname, domains, ... move."""


def narrowed(answers: Answers, today: Answers, sections: Collection[str]) -> Answers:
    """Take all sections but these from what the host says today, so that nothing else moves."""
    return Answers(
        **{name: getattr(answers if name in sections else today, name) for name in SECTIONS}
    )


POLICY = "policy"
"""The section of what no other section owns: banner, TLS and SASL lines, master.cf."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with the answers, for a field's line on a screen or a line of a file.

    `message` says what is wrong and what to write instead. `line` counts from 1 in the TOML
    text, None when the value was typed.
    """

    section: str
    name: str
    message: str
    line: Optional[int] = None


@dataclass(frozen=True)
class Caution:
    """Something dangerous but possible, which the operator must accept by `name` and `values`.

    `values` name exactly what is accepted, in the plan's order: a range, a user, a run. They are
    compared as a set (`wizard.answers.accept`).
    """

    name: str
    message: str
    values: tuple[str, ...] = ()
