"""Options of services that lead mail elsewhere than main.cf says, or break a rule of main.cf."""

from __future__ import annotations

from collections.abc import Callable

from wizard.check.silent.row import CLEANUP, LMTP, QMGR, SMTP, SMTPD, Row
from wizard.finding import WARNING, WRONG
from wizard.postfix.hazards import HAZARDS
from wizard.postfix.settings import Settings

_DELIVERS = (*SMTP, *LMTP, "local", "virtual", "pipe")
_READERS: dict[str, tuple[str, ...]] = {
    "soft_bounce": (*SMTPD, *_DELIVERS),
    "defer_transports": QMGR,
    "disable_dns_lookups": SMTP,
    "luser_relay": ("local",),
    "local_recipient_maps": SMTPD,
    "smtpd_reject_unlisted_recipient": SMTPD,
    "always_bcc": CLEANUP,
    "maximal_queue_lifetime": QMGR,
    "smtpd_tls_protocols": SMTPD,
    "smtpd_tls_mandatory_protocols": SMTPD,
    "mailbox_size_limit": ("local",),
    "virtual_mailbox_limit": ("virtual",),
}
"""The programs that read the parameter of a hazard (their manual pages)."""


def _of_option(name: str, applies: Callable[[Settings], bool]) -> Callable[[Settings, str], bool]:
    """Return a rule about an option; that of main.cf is judged there."""

    def rule(settings: Settings, _: str) -> bool:
        options = settings.options
        # Some rules ask whether somebody set it, which an option does as well.
        both = Settings({**settings.own, **options}, settings.defaults, options, settings.here)
        return name in options and applies(both)

    return rule


def _differs(name: str) -> Callable[[Settings, str], bool]:
    return lambda settings, value: (
        name in settings.options and value != Settings(settings.own, settings.defaults).value(name)
    )


def _elsewhere(programs: tuple[str, ...], what: str, *names: str) -> tuple[Row, ...]:
    does = f"{what}, and not where main.cf says"
    return tuple(Row(name, _differs(name), WARNING, does, programs) for name in names)


ROWS = (
    *(
        Row(
            one.name,
            _of_option(one.name, one.applies),
            WRONG if one.is_wrong else WARNING,
            one.does,
            _READERS[one.name],
        )
        for one in HAZARDS
        if one.name in _READERS
    ),
    *_elsewhere(
        ("local",),
        "mail for people of this host goes there",
        "mailbox_transport",
        "mailbox_transport_maps",
        "mailbox_command",
        "mailbox_command_maps",
        "home_mailbox",
        "mail_spool_directory",
        "fallback_transport",
        "fallback_transport_maps",
        "forward_path",
    ),
    *_elsewhere(
        ("virtual",),
        "mail for virtual mailboxes goes there",
        "virtual_mailbox_base",
        "virtual_mailbox_maps",
    ),
    Row(
        "relay_domains",
        _differs("relay_domains"),
        WRONG,
        "strangers may relay to other domains than main.cf says",
        ("trivial-rewrite",),
    ),
    *_elsewhere(
        ("trivial-rewrite",),
        "mail is routed there",
        "transport_maps",
        "relayhost",
        "default_transport",
        "relay_transport",
        "local_transport",
        "virtual_transport",
        "sender_dependent_relayhost_maps",
        "sender_dependent_default_transport_maps",
        "mydestination",
        "virtual_alias_domains",
        "virtual_mailbox_domains",
    ),
)
