"""The section `delivery`: how mail for people here is delivered."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.answers.field import Written, text


@dataclass(frozen=True)
class Delivery:
    """How mail for local people is delivered; an empty value leaves the parameter unset."""

    recipient_delimiter: str = text(
        "Plus-address delimiter",
        "user+anything@ reaches user.",
        "+",
        unset="",
        rule="recipient_delimiter",
        main_cf=Written("user+anything reaches user."),
    )
    home_mailbox: str = text(
        "Mailbox in home directory",
        "Used only where no transport below takes the mail.",
        "Maildir/",
        unset="",
        rule="home_mailbox",
        main_cf=Written(
            "Mail is kept in the home directory, one file a message, where Postfix delivers itself."
        ),
    )
    mailbox_transport: str = text(
        "Who delivers local mail",
        "Dovecot's LMTP socket, relative to the queue directory.",
        "lmtp:unix:private/dovecot-lmtp",
        unset="",
        rule="mailbox_transport",
        main_cf=Written("Mail for people here goes to Dovecot over LMTP."),
    )
