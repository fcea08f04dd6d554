"""The cautions by which mail can be lost or strangers can send: what happens, in sentences.

Such a caution is accepted by typing its values, since a key is pressed too easily.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wizard.answers.accept import form, read_accepted
from wizard.answers.model import Caution

MAX_TYPED = 3
"""The most values that must be typed. Of more values, their number is typed."""


@dataclass(frozen=True)
class Danger:
    """What happens to mail if the plan runs: a `title` that says it in a line, and the `text`."""

    title: str
    text: str


DANGERS: Mapping[str, Danger] = {
    "public-range": Danger(
        "Strangers can send mail through this server",
        "Every computer in this network can send mail to anybody through this server, without a"
        " password. If one of them sends spam, this server is put on blocklists. Other servers "
        "then refuse your own mail. If only your own computers use addresses of this network, "
        "it is safe. Else list the addresses of your computers instead.",
    ),
    "domain-class": Danger(
        "Mail for these domains goes to other recipients",
        "Postfix looks up the recipients of these domains in another place than before. Mail "
        "for a name that is not known there is refused, or returned to its sender. Messages "
        "that wait now and would be returned are put on hold. The run shows how to release "
        "them.",
    ),
    "domain-transport": Danger(
        "Mail for these domains does not arrive here",
        "A row of transport_maps sends mail for these domains to another server or program. "
        "Nobody gets that mail on this server, though the domains become local.",
    ),
    "dovecot-mailbox": Danger(
        "People no longer see the mail that they have",
        "Dovecot looks for mail in another place than today. The old mail stays on the disk, "
        "but mail programs show empty mailboxes. Mail programs that synchronize may delete "
        "their own copies too. Move the mail first (doveadm-sync(1)), or keep the place that "
        "Dovecot uses today.",
    ),
    "aliases-reader": Danger(
        "Mail for root, postmaster and abuse may be returned",
        "Reports on this server and complaints about its mail go to this name. If neither "
        "Dovecot nor a directory knows the name, each such message is refused or returned to "
        "its sender.",
    ),
}
"""By the name of the caution."""


def text_to_type(caution: Caution) -> str:
    """Return what must be typed to accept a caution: its values, or their number if they are many.

    Characters that cannot be typed are written as in `--accept`.
    """
    if len(caution.values) > MAX_TYPED:
        return str(len(caution.values))
    return form(caution.name, caution.values).partition("=")[2] or caution.name


def is_typed(caution: Caution, text: str) -> bool:
    """True if this text accepts the caution. The order of the values and blanks do not matter."""
    wanted, typed = text_to_type(caution), ",".join(text.replace(",", " ").split())
    if typed == wanted:
        return True
    given = read_accepted([f"{caution.name}={typed}"])
    return bool(caution.values) and len(caution.values) <= MAX_TYPED and given.has(caution)
