"""Who may do what others may not, and what clients meet on our ports."""

from __future__ import annotations

from wizard.check.postfix.restrictions import LISTS
from wizard.check.silent.row import (
    ANY,
    SMTPD,
    Row,
    below_ours,
    has,
    is_,
    nobody_owns,
    set_,
    strangers,
    top_level,
    without_aliases,
)
from wizard.finding import WARNING, WRONG

ROWS = (
    Row(
        "relay_domains",
        top_level,
        WRONG,
        "strangers relay through here to each domain below a top-level domain",
        ANY,
        "Name the domains themselves in `{name}`; reload.",
    ),
    Row(
        "relay_domains",
        lambda settings, value: below_ours(settings, value) and not top_level(settings, value),
        WARNING,
        "mail for any name below our own domains is taken, and returned or sent round",
        ANY,
        "Take `{name}` out, or name in it only domains of other servers; reload.",
    ),
    Row(
        "smtpd_authorized_xclient_hosts",
        strangers,
        WRONG,
        "strangers may say whose connection it is, and relay",
        SMTPD,
    ),
    Row(
        "smtpd_authorized_xforward_hosts",
        strangers,
        WARNING,
        "strangers may say whose message it is",
        SMTPD,
    ),
    Row(
        "smtpd_authorized_verp_clients",
        strangers,
        WARNING,
        "strangers may have a message multiplied",
        SMTPD,
    ),
    Row("qmqpd_authorized_clients", strangers, WARNING, "strangers may relay by QMQP", ("qmqpd",)),
    Row(
        "smtpd_client_event_limit_exceptions",
        strangers,
        WARNING,
        "no limit of rates counts for strangers",
        SMTPD,
    ),
    Row(
        "local_header_rewrite_clients",
        strangers,
        WARNING,
        "headers of strangers are rewritten to our domain",
        SMTPD,
    ),
    Row(
        "allow_untrusted_routing",
        is_("yes"),
        WARNING,
        "strangers route mail by us (user%domain@here)",
        SMTPD,
    ),
    Row(
        "smtpd_sasl_authenticated_header",
        is_("yes"),
        WARNING,
        "login names are in the headers of mail",
        SMTPD,
    ),
    Row(
        "smtpd_sasl_exceptions_networks",
        strangers,
        WRONG,
        "AUTH is not offered there: nobody can log in",
        SMTPD,
    ),
    Row(
        "smtpd_upstream_proxy_protocol",
        set_,
        WRONG,
        "smtpd waits for a proxy's line from each client",
        SMTPD,
    ),
    Row(
        "smtpd_tls_req_ccert",
        is_("yes"),
        WRONG,
        "clients without a certificate of their own are refused",
        SMTPD,
    ),
    Row(
        "smtpd_tls_ask_ccert",
        is_("yes"),
        WARNING,
        "some clients end the session, or ask people for a certificate",
        SMTPD,
    ),
    Row(
        "smtpd_command_filter",
        set_,
        WARNING,
        "commands of clients are changed before they count",
        SMTPD,
    ),
    Row(
        "smtpd_discard_ehlo_keywords",
        has("starttls", "auth"),
        WRONG,
        "STARTTLS or AUTH is hidden from clients",
        SMTPD,
    ),
    Row(
        "smtpd_discard_ehlo_keyword_address_maps",
        set_,
        WARNING,
        "parts of EHLO are hidden from some clients",
        SMTPD,
    ),
    Row(
        "smtpd_delay_reject",
        is_("no"),
        WARNING,
        "clients are judged before they can log in",
        SMTPD,
    ),
    Row(
        "strict_rfc821_envelopes",
        is_("yes"),
        WARNING,
        "addresses without brackets, as some programs send, are refused",
        SMTPD,
    ),
    Row(
        "receive_override_options",
        has("no_unknown_recipient_checks"),
        WARNING,
        "mail for names that nobody has is taken",
        SMTPD,
    ),
    Row(
        "receive_override_options",
        lambda settings, value: (
            without_aliases(settings, value) and settings.value("virtual_alias_domains") != ""
        ),
        WRONG,
        "the addresses of virtual_alias_domains do not count: their mail is returned",
        ("smtpd", "pickup", "qmqpd"),
    ),
    Row(
        "receive_override_options",
        lambda settings, value: (
            without_aliases(settings, value) and settings.value("virtual_alias_domains") == ""
        ),
        WARNING,
        "no alias and no canonical table counts",
        ("smtpd", "pickup", "qmqpd"),
    ),
    Row(
        "receive_override_options",
        has("no_header_body_checks"),
        WARNING,
        "header_checks and body_checks do not count",
        ("smtpd", "pickup", "qmqpd"),
    ),
    Row(
        "smtpd_reject_unlisted_sender",
        is_("yes"),
        WARNING,
        "senders of ours that no table has are refused",
        SMTPD,
    ),
    Row(
        "unknown_local_recipient_reject_code",
        lambda _, value: value.startswith("4"),
        WARNING,
        "who writes to a wrong name hears of it after days",
        SMTPD,
    ),
    Row(
        "defer_code",
        lambda _, value: value.startswith("5"),
        WARNING,
        "what should be tried again is refused for ever",
        SMTPD,
    ),
    *(
        Row(
            name,
            nobody_owns,
            WRONG,
            "whoever logs in is refused, since smtpd_sender_login_maps is empty",
            SMTPD,
            "List the owners of addresses in smtpd_sender_login_maps, or take that restriction out; reload.",
        )
        for name in LISTS
    ),
    Row(
        "tls_eecdh_auto_curves",
        lambda settings, value: (
            not {one.lower() for one in settings.words("tls_eecdh_auto_curves")}
            & set(settings.defaults.get("tls_eecdh_auto_curves", value).lower().split())
        ),
        WARNING,
        "none of Postfix's own curves is in it: some clients get no TLS",
        SMTPD,
    ),
    Row(
        "compatibility_level",
        lambda settings, _: not settings.is_at_level("1"),
        WARNING,
        "Postfix uses the defaults of an old release",
        (),
        "Set `compatibility_level = 2` in main.cf; reload.",
    ),
)
