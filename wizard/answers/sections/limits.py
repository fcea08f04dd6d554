"""The section `limits`: how large a message may be, and how often one client may connect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional

from wizard.answers.field import ABUSE, BYTES, PERFORMANCE, Written, number, text

_RATE = Written(
    "Far above normal use: the limits are reached only if an account is stolen and used for spam.",
    block=ABUSE,
)
_PROCESSES = Written(
    "About half the default: that is enough for a personal server.", block=PERFORMANCE
)


def _rate(label: str) -> Any:
    return number(label, "Within the time unit above; 0: no limit.", 120, unset="0", main_cf=_RATE)


def _processes(label: str, sentence: str, default: int, unset: str) -> Any:
    return number(label, sentence, default, unset=unset, lowest=1, main_cf=_PROCESSES)


@dataclass(frozen=True)
class Limits:
    """The policy's numbers under their Postfix names; sizes in bytes, 0 for no limit."""

    anvil_rate_time_unit: str = text(
        "Time unit of the rates",
        "The rates count within it, by address, not by account.",
        "60s",
        unset="60s",
        rule="time_unit",
        main_cf=_RATE,
    )
    smtpd_client_connection_rate_limit: int = _rate("Connections per client")
    smtpd_client_message_rate_limit: int = _rate("Messages per client")
    smtpd_client_recipient_rate_limit: int = _rate("Recipients per client")
    smtpd_client_connection_count_limit: int = number(
        "At once per client",
        "Connections that one client may have at the same time; 0: no limit.",
        25,
        unset="50",
        main_cf=_RATE,
    )
    smtpd_hard_error_limit: Optional[int] = number(
        "Errors in a session",
        "A client that made so many is disconnected. Empty: Postfix's own.",
        None,
        lowest=1,
        main_cf=Written(
            "A client with so many errors in one session guesses addresses: the connection ends.",
            block=ABUSE,
        ),
    )
    message_size_limit: int = number(
        "Largest message",
        "In bytes, or as 50M; files have 70 % of it; 0: no limit.",
        10485760,
        unit=BYTES,
        unset="10240000",
        main_cf=Written("The largest message taken, in bytes.", block=PERFORMANCE),
    )
    mailbox_size_limit: int = number(
        "Largest mailbox",
        "In bytes, or as 500M; 0: no limit (Dovecot has quotas).",
        0,
        unit=BYTES,
        unset="51200000",
        main_cf=Written(
            "No limit by default: where Dovecot keeps the mail, its quotas limit a mailbox.",
            block=PERFORMANCE,
        ),
    )
    default_process_limit: int = _processes(
        "Processes per service", "A personal server needs few.", 50, "100"
    )
    default_destination_concurrency_limit: int = _processes(
        "At once to one server", "Deliveries at the same time to one other server.", 10, "20"
    )
    initial_destination_concurrency: int = _processes(
        "At first to a new server",
        "Deliveries at the same time to a server before one succeeded.",
        3,
        "5",
    )
