"""Find aliases that lead to other servers, and say what receivers make of such mail (RFC 7208, RFC 7489).

The envelope sender of forwarded mail stays that of its author, so SPF at the next server fails. An
alias with a companion `owner-NAME` leaves with that name as the sender instead (local(8)).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from wizard.postfix.aliases import Aliases, sense
from wizard.text import printable, shortened

OWNER = "owner-"
LOSES = (
    "mail that is sent on keeps its sender, so SPF fails there, and DMARC too unless the sender's own DKIM "
    "signature is intact: some of it is refused, or taken for spam"
)
HELPS = (
    "A mailbox here that the person reads loses nothing. For an alias NAME a row `owner-NAME: USER` makes it "
    "leave with this server's sender, so that SPF passes; for all others a program for SRS does, such as "
    "postsrsd. DKIM passes as long as nothing on the way changes the mail."
)
_SHOWN = 3
_NOT_AN_ADDRESS = ("|", "/", ":")

IsLocal = Callable[[str], bool]
"""Tells of a domain in lower case whether its mail comes here."""


def is_outside(target: str, is_local: IsLocal) -> bool:
    """True if a target of aliases(5) or .forward is an address of another server."""
    bare = target.strip().strip('"').strip()
    _, at, domain = bare.rpartition("@")
    domain = domain.rstrip(".")
    return (
        bool(at and domain)
        and not bare.startswith(_NOT_AN_ADDRESS)
        and not is_local(domain.lower())
    )


def forwarding_aliases(aliases: Aliases, is_local: IsLocal) -> Iterator[tuple[str, str]]:
    """Yield name and address of each alias to another server, without those that have an owner."""
    for name, row in aliases.rows.items():
        if "@" not in row.logical.text or f"{OWNER}{name}" in aliases.rows:
            continue
        targets = (one.text for one in row.targets if is_outside(sense(one.text), is_local))
        yield from ((name, one) for one in targets)


def named(found: Iterable[tuple[str, str]]) -> str:
    """Return a few of these names and addresses in words."""
    pairs = [printable(f"{name} to {address}") for name, address in dict.fromkeys(found)]
    return shortened(pairs, _SHOWN)
