"""The policy of main.cf as a table: each parameter with its section, value, reason and block.

The order is the order in which the file is edited and in which blocks are written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from wizard.answers.field import ABUSE, PERFORMANCE, SASL, TLS
from wizard.answers.fields import FIELDS, fields_of
from wizard.answers.model import POLICY, Answers
from wizard.answers.sections.senders import SENDER_LOGIN
from wizard.answers.unsaid import Unsaid
from wizard.paths import SASL_PASSWD, SELF_SIGNED_CERT, SELF_SIGNED_KEY
from wizard.postfix import tls_values
from wizard.postfix.parameter_values import (
    always,
    answer,
    certificate,
    hardened,
    interfaces,
    unsaid_only,
)
from wizard.postfix.relayhost import (
    HEADING,
    RELAY,
    level,
    plain_options,
    relayhost,
    with_user,
    wrapper,
)

RELOAD = "reload"
RESTART = "restart"
NOTHING = "nothing"

SCALAR = "scalar"
NAMES = "names"
NETWORKS = "networks"
ADDRESSES = "addresses"
INTERFACES = "interfaces"
RESTRICTIONS = "restrictions"

LISTS = (NAMES, NETWORKS, ADDRESSES, INTERFACES)
"""The kinds of lists whose items come from the answers (`wizard.postfix.addresses`)."""


COMMENTED_OUT, WITH_ITS_BLOCK, AS_SWITCHED = "commented out", "with its block", "as switched"
BY_PROFILE = "by profile"
"""What becomes of a value: relay's goes with its block, hardening's if it is the one of on, and that
of tls if a profile sets it."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of the policy (postconf(5)).

    `value` returns its value from the answers, `items` the items of a list. A value that no answer
    expresses (`Unsaid`) is never written, so that the parameter is unchanged. `why` is the reason
    for the operator. `needs` is what a change needs to be in force: reload, restart or nothing.
    `block` names its block, "" for none. `kind` says how it is edited. `also` are other values that
    the policy accepts. An `optional` parameter without a value is not changed when all answers are
    applied. With `examples` False, examples in the file are never uncommented. `made_of` are the
    fields of its value, () for the one of its name. They are of `answered_in`, "" for its section.
    With `names_default` the reason names the policy's own value if the operator chose another.
    `when_empty` says what becomes of a live value if the answers have none.
    """

    name: str
    section: str
    value: Callable[[Answers], str]
    why: str
    block: str = ""
    kind: str = SCALAR
    needs: str = RELOAD
    items: Callable[[Answers], tuple[str, ...]] = lambda _: ()
    also: tuple[str, ...] = ()
    examples: bool = True
    optional: bool = False
    made_of: tuple[str, ...] = ()
    answered_in: str = ""
    names_default: bool = False
    when_empty: str = COMMENTED_OUT

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of the answers that its value is made of."""
        return self.made_of or (self.name,)

    def is_unsaid(self, answers: Answers) -> bool:
        """True if no answer expresses its value, so that the parameter is unchanged."""
        return isinstance(self.value(answers), Unsaid)


@dataclass(frozen=True)
class Block:
    """Adjacent parameters, below a comment line or after another parameter.

    A block with a `heading` is below that comment; without the comment it is made at the end of the
    file. A block `after` a parameter has an empty line before and after it. `apart` are parameters
    with an empty line before them within the block.
    """

    name: str
    heading: str = ""
    after: str = ""
    apart: tuple[str, ...] = ()


BLOCKS: tuple[Block, ...] = (
    Block(TLS, after="smtp_tls_security_level"),
    Block(SASL, heading="# SASL parameters"),
    Block(ABUSE, heading="# Anti-Abuse", apart=("smtpd_recipient_restrictions",)),
    Block(PERFORMANCE, heading="# Performance and Regulation"),
    Block(RELAY, heading=HEADING),
)


LOCAL_ALWAYS = ("$myhostname", "localhost.$mydomain", "localhost", "$mydomain")
"""The first items of mydestination; the operator's names come after them."""


def _local(answers: Answers) -> tuple[str, ...]:
    return (*LOCAL_ALWAYS, *answers.domains.local)


_SASL_WHY = (
    "Dovecot checks passwords. The services in master.cf inherit this. AUTH is off on port 25, so"
    " nobody can guess passwords there."
)
_PAIR_WHY = "Ports 25, 465 and 587 use this certificate for TLS."
_RELAY_WHY = (
    "Mail for other servers goes to the relay host, with a user and password: many providers allow"
    " nothing else."
)
_TLS_OUT = ("encrypt", "dane", "dane-only", "fingerprint", "verify", "secure")


def _written(section: str, block: str = "", *, names_default: bool = True) -> Iterator[Parameter]:
    """Yield the parameters of a section's fields with `Field.main_cf`."""
    for field in fields_of(section):
        if field.main_cf is not None and field.main_cf.block == block:
            yield Parameter(
                field.name,
                section,
                answer(section, field.name),
                field.main_cf.why,
                block,
                needs=RESTART if field.main_cf.restart else RELOAD,
                examples=field.main_cf.examples,
                optional=field.optional,
                names_default=names_default,
            )


def _relay(
    name: str, value: Callable[[Answers], str], why: str = _RELAY_WHY, made_of: tuple[str, ...] = ()
) -> Parameter:
    return Parameter(name, RELAY, value, why, RELAY, made_of=made_of, when_empty=WITH_ITS_BLOCK)


def _policy(name: str, value: str, why: str, block: str = "") -> Parameter:
    return Parameter(name, POLICY, always(value), why, block)


BARE_NEWLINE = "smtpd_forbid_bare_newline"
AUTH_RATE = "smtpd_client_auth_rate_limit"
PIPELINING = "smtpd_forbid_unauth_pipelining"
SENDER_LOGIN_MAPS = "smtpd_sender_login_maps"
SENDER_TABLE = f"$default_database_type:{SENDER_LOGIN}"
"""The wizard's own table in it. Any other value is the operator's."""


PARAMETERS: tuple[Parameter, ...] = (
    *_written("hostname", names_default=False),
    Parameter(
        "inet_interfaces",
        "networks",
        answer("networks", "inet_interfaces"),
        "Other mail servers must be able to connect, not only this host.",
        kind=INTERFACES,
        needs=RESTART,
        items=interfaces,
        names_default=True,
    ),
    *_written("networks"),
    Parameter(
        "proxy_interfaces",
        "networks",
        lambda answers: ", ".join(answers.networks.proxy_interfaces),
        "The router's public address: mail for it belongs to this host, and must not loop.",
        kind=ADDRESSES,
        items=lambda answers: answers.networks.proxy_interfaces,
        optional=True,
        names_default=True,
    ),
    Parameter(
        "mydestination",
        "domains",
        always(""),
        "This server accepts mail for these names: each name whose MX record names it.",
        kind=NAMES,
        items=_local,
        made_of=("local",),
    ),
    Parameter(
        "mynetworks",
        "networks",
        lambda answers: unsaid_only(answers.networks.mynetworks),
        "Hosts in these networks may send to anyone without a password.",
        kind=NETWORKS,
        items=lambda answers: answers.networks.mynetworks,
    ),
    *_written("delivery"),
    _policy(
        "smtpd_banner",
        "$myhostname ESMTP $mail_name",
        "The greeting does not tell which version runs here.",
    ),
    Parameter(
        "smtpd_tls_cert_file",
        "certificate",
        certificate("fullchain.pem", SELF_SIGNED_CERT, "cert_file"),
        _PAIR_WHY,
    ),
    Parameter(
        "smtpd_tls_key_file",
        "certificate",
        certificate("privkey.pem", SELF_SIGNED_KEY, "key_file"),
        _PAIR_WHY,
    ),
    _policy(
        "smtpd_tls_security_level",
        "may",
        "Port 25 offers STARTTLS, and the client decides whether to use it.",
    ),
    Parameter(
        "smtp_tls_security_level",
        POLICY,
        always("may"),
        "Outgoing mail is encrypted if the other server supports it.",
        also=_TLS_OUT,
    ),
    _policy("smtpd_tls_auth_only", "yes", "Passwords travel over TLS only.", TLS),
    _policy(
        "smtpd_tls_received_header",
        "yes",
        "The Received: line says how a message was encrypted.",
        TLS,
    ),
    _policy("smtp_tls_loglevel", "1", "The log says with which hosts TLS was used.", TLS),
    _policy(
        "smtp_tls_note_starttls_offer",
        "yes",
        "The log names hosts that offer STARTTLS where it was not used.",
        TLS,
    ),
    *(
        Parameter(
            name,
            "tls",
            tls_values.of_port_25(name),
            why,
            examples=False,
            made_of=("profile", "port25"),
            when_empty=BY_PROFILE,
        )
        for name, why in (
            (tls_values.PROTOCOLS, "Port 25 refuses TLS versions that are obsolete (RFC 8996)."),
            (
                tls_values.EXCLUDED,
                "Port 25 refuses ciphers that no sender needs; with strict it has Mozilla's intermediate ones.",
            ),
            (tls_values.ORDER, "The server's own order of ciphers counts, with the best first."),
        )
    ),
    _policy("smtpd_sasl_auth_enable", "no", _SASL_WHY, SASL),
    _policy("smtpd_sasl_type", "dovecot", _SASL_WHY, SASL),
    _policy("smtpd_sasl_path", "private/auth", _SASL_WHY, SASL),
    _policy("smtpd_sasl_tls_security_options", "noanonymous", _SASL_WHY, SASL),
    _policy("smtpd_sasl_local_domain", "$myhostname", _SASL_WHY, SASL),
    _policy(
        "disable_vrfy_command",
        "yes",
        "People try addresses to find real ones: VRFY does not answer them.",
        ABUSE,
    ),
    _policy(
        "smtpd_peername_lookup",
        "no",
        "Names of clients are not looked up. A missing PTR record is no sign of spam today, since"
        " providers block port 25 for their customers. The log shows each client as unknown, and"
        " reject_rhsbl_reverse_client, which is a part of the policy, never matches.",
        ABUSE,
    ),
    *_written("limits", ABUSE),
    Parameter(
        "smtpd_recipient_restrictions",
        POLICY,
        always(""),
        "All rules stand in one list, in this order: a permit only matters right before the"
        " reject that it relaxes.",
        ABUSE,
        kind=RESTRICTIONS,
        made_of=("use", "custom"),
        answered_in="blocklists",
    ),
    *_written("limits", PERFORMANCE),
    _relay("relayhost", relayhost, made_of=("host", "port")),
    _relay("smtp_sasl_auth_enable", with_user("yes")),
    _relay("smtp_sasl_password_maps", with_user(f"$default_database_type:{SASL_PASSWD}")),
    _relay(
        "smtp_sasl_security_options",
        plain_options,
        "With tls = may, the password may also be sent without TLS.",
    ),
    _relay(
        "smtp_sasl_tls_security_options",
        with_user("noanonymous"),
        "Relay hosts support PLAIN and LOGIN, so the password is readable, but only inside TLS.",
    ),
    _relay(
        "smtp_tls_policy_maps",
        level,
        "The TLS level for the relay host; smtp_tls_security_level is for all others.",
        ("tls",),
    ),
    _relay("smtp_tls_wrappermode", wrapper, "Port 465 has TLS from the first byte."),
    Parameter(
        BARE_NEWLINE,
        "hardening",
        hardened("normalize"),
        "SMTP smuggling: a bare newline can end a message for Postfix, but not for the server before"
        " it. So a second message passes that server's checks.",
        made_of=("use",),
        when_empty=AS_SWITCHED,
    ),
    Parameter(
        AUTH_RATE,
        "hardening",
        hardened("20"),
        "One address may try 20 logins a time unit: a mail program needs one a message, and somebody"
        " who guesses passwords needs thousands.",
        made_of=("use",),
        when_empty=AS_SWITCHED,
    ),
    Parameter(
        PIPELINING,
        "hardening",
        hardened("yes"),
        "Clients that do not wait for replies are refused: many programs for spam are such clients.",
        made_of=("use",),
        when_empty=AS_SWITCHED,
    ),
    Parameter(
        SENDER_LOGIN_MAPS,
        "senders",
        lambda answers: SENDER_TABLE if answers.senders.use == "on" else "",
        "Each sender has the logins that may write it, on 587 and 465; without the table a login"
        " may write any sender.",
        made_of=("use",),
        when_empty=AS_SWITCHED,
    ),
)

BY_NAME = {parameter.name: parameter for parameter in PARAMETERS}
ORDER = {
    block.name: tuple(one.name for one in PARAMETERS if one.block == block.name) for block in BLOCKS
}
"""By block: the names of its parameters in their order."""

DEFAULTS = {
    **{field.name: field.unset for field in FIELDS if field.unset is not None},
    "mydestination": "$myhostname, localhost.$mydomain, localhost",
    "virtual_mailbox_limit": "51200000",
}
"""Postfix's defaults of the parameters that a section owns and an answer can express, and two more
(postconf(5), the same in 3.5 to 3.11)."""

SENDER_ACCESS_CHANGED = "sender_access"
"""The name in Proposal.changed for rows of the table, which Postfix reads again by itself."""


def needs(changed: Iterable[str]) -> str:
    """Return what changes need to be in force: `nothing`, `reload` or `restart`.

    `changed` are names as in Proposal.changed: parameters, service entries (a reload is enough for
    a new listener), or the table.
    """
    found = {_needs(name) for name in changed}
    return next((need for need in (RESTART, RELOAD) if need in found), NOTHING)


def _needs(name: str) -> str:
    if name == SENDER_ACCESS_CHANGED:
        return NOTHING
    return BY_NAME[name].needs if name in BY_NAME else RELOAD
