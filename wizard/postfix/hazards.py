"""Parameters outside the policy that stop, lose or copy mail without a warning (postconf(5)).

`postfix check` accepts them. A plan and a check both apply these rules. A row is one parameter,
when it is a hazard, and what to do.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from wizard.postfix.itself import leads_back
from wizard.postfix.settings import Settings

Applies = Callable[[Settings], bool]


@dataclass(frozen=True)
class Hazard:
    """A parameter, when its value is a hazard, what it does, and what to do.

    `is_wrong` is True if mail stops or is lost, so that a plan refuses to write it. `reads` are
    other parameters of the rule. `program` is the one that stops, so that its `-o` count too.
    """

    name: str
    applies: Applies
    is_wrong: bool
    does: str
    advice: str
    reads: tuple[str, ...] = ()
    program: str = ""


def _is(name: str, *values: str) -> Applies:
    return lambda settings: settings.value(name).lower() in values


def _is_set(name: str) -> Applies:
    return lambda settings: bool(settings.own.get(name))


def _is_zero_time(name: str) -> Applies:
    return lambda settings: re.fullmatch(r"0+[smhdw]?", settings.value(name)) is not None


def _is_below_a_message(limit: str, user: str) -> Applies:
    """local(8) and virtual(8) do not start with a mailbox limit below that of a message."""

    def applies(settings: Settings) -> bool:
        box, message = settings.number(limit), settings.number("message_size_limit")
        if box is None or message is None:
            return False
        return bool(settings.value(user)) and box > 0 and (message == 0 or message > box)

    return applies


_OLD_TLS = re.compile(r"(>=)?(SSLv2|SSLv3|TLSv1|TLSv1\.1)", re.IGNORECASE)


def _relays_to_itself(settings: Settings) -> bool:
    here = settings.here
    here = replace(
        here,
        names=here.names | {settings.value("myhostname").lower()} - {""},
        addresses=here.addresses.union(
            one.strip("[]") for one in settings.words("proxy_interfaces")
        ),
    )
    return leads_back(settings.value("relayhost"), here)


def _takes_old_tls(name: str) -> Applies:
    return lambda settings: any(
        _OLD_TLS.fullmatch(word) for word in re.split(r"[,:\s]+", settings.own.get(name, ""))
    )


HAZARDS = (
    Hazard(
        "soft_bounce",
        _is("soft_bounce", "yes"),
        True,
        "every refusal is a delay: spam comes again and again, and no sender learns of an error",
        "Set `soft_bounce = no` in main.cf; reload.",
    ),
    Hazard(
        "defer_transports",
        _is_set("defer_transports"),
        True,
        "mail of these transports waits in the queue and is not tried",
        "Empty `defer_transports` in main.cf, reload, and run `postqueue -f`.",
    ),
    Hazard(
        "disable_dns_lookups",
        _is("disable_dns_lookups", "yes"),
        True,
        "no MX record is looked up for mail that goes out",
        "Take `disable_dns_lookups` out of main.cf; reload.",
    ),
    Hazard(
        "smtp_bind_address",
        lambda settings: settings.value("smtp_bind_address").startswith("127."),
        True,
        "mail goes out from an address that nobody outside answers to",
        "Take `smtp_bind_address` out of main.cf; reload.",
    ),
    Hazard(
        "mailbox_size_limit",
        _is_below_a_message("mailbox_size_limit", "mydestination"),
        True,
        "it is smaller than a message: local(8) does not start",
        "Set `mailbox_size_limit = 0`, which is no limit, or above message_size_limit; reload.",
        ("message_size_limit", "mydestination"),
        "local",
    ),
    Hazard(
        "virtual_mailbox_limit",
        _is_below_a_message("virtual_mailbox_limit", "virtual_mailbox_base"),
        True,
        "it is smaller than a message: virtual(8) does not start",
        "Set `virtual_mailbox_limit = 0`, which is no limit, or above message_size_limit; reload.",
        ("message_size_limit", "virtual_mailbox_base"),
        "virtual",
    ),
    Hazard(
        "relayhost",
        _relays_to_itself,
        True,
        "all mail that goes out comes back to this server, round and round",
        "Name another host in `relayhost`, or empty it; reload.",
        ("myhostname", "proxy_interfaces"),
    ),
    Hazard(
        "luser_relay",
        _is_set("luser_relay"),
        False,
        "mail for any name is taken, and one gets it all",
        "Take `luser_relay` out of main.cf, unless that is wanted.",
    ),
    Hazard(
        "local_recipient_maps",
        lambda settings: settings.own.get("local_recipient_maps") == "",
        False,
        "mail for any name is taken, and bounced to senders who never sent it",
        "Take `local_recipient_maps` out of main.cf, or name the tables of your users.",
    ),
    Hazard(
        "smtpd_reject_unlisted_recipient",
        _is("smtpd_reject_unlisted_recipient", "no"),
        False,
        "mail for any name is taken, and bounced to senders who never sent it",
        "Set `smtpd_reject_unlisted_recipient = yes` in main.cf; reload.",
    ),
    Hazard(
        "always_bcc",
        _is_set("always_bcc"),
        False,
        "a copy of every message goes there",
        "Take `always_bcc` out of main.cf, unless everybody knows of it.",
    ),
    Hazard(
        "maximal_queue_lifetime",
        _is_zero_time("maximal_queue_lifetime"),
        False,
        "mail is given up at the first try that fails",
        "Set `maximal_queue_lifetime = 5d` in main.cf; reload.",
    ),
    Hazard(
        "maps_rbl_domains",
        _is_set("maps_rbl_domains"),
        False,
        "newer versions of Postfix ignore it",
        "Take `maps_rbl_domains` out, and put `reject_rbl_client ZONE` into "
        "smtpd_recipient_restrictions for each of its zones; reload.",
    ),
    *(
        Hazard(
            name,
            _takes_old_tls(name),
            False,
            "these versions of TLS are broken, and newer ones may not be taken",
            f"Set `{name} = !SSLv2, !SSLv3, !TLSv1, !TLSv1.1`, and name no other; reload.",
        )
        for name in ("smtpd_tls_protocols", "smtpd_tls_mandatory_protocols")
    ),
)


CLASSES = ("mydestination", "virtual_alias_domains", "virtual_mailbox_domains")


def twice_listed(settings: Settings) -> tuple[tuple[str, str, str], ...]:
    """Return (domain, first list, second list) for each domain in two lists.

    A domain belongs to only one class (ADDRESS_CLASS_README). Tables are not opened.
    """
    listed = [(name, {one.lower() for one in settings.words(name)}) for name in CLASSES]
    return tuple(
        (domain, first, second)
        for number, (first, ours) in enumerate(listed)
        for second, theirs in listed[number + 1 :]
        for domain in sorted(ours & theirs)
        if ":" not in domain
    )
