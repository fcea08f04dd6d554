"""Edit sasl_passwd: this server's user at a relay host, `[HOST]:PORT USER:PASSWORD` a row.

The answers own the row of their relay; all other rows are the operator's. The text is sealed: each
password is a mark (`wizard.secrets`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Optional

from wizard.answers.sections.relay import Relay
from wizard.answers.unsaid import Unsaid
from wizard.paths import SASL_PASSWD
from wizard.postfix.lines import Lines, checked, content
from wizard.postfix.proposal import Proposal
from wizard.postfix.relayhost import nexthop
from wizard.postfix.sender_access import rows_by_key
from wizard.secrets import PASSWORD

HEAD = (
    "# Who this server is at its relay host. The password is that of the answers' password_file:",
    "# change it there and run the wizard again, which makes the table too.",
)
_WHY = "The user and password at the relay host; the password comes from its own file."
_GONE = "Here stood the row of a relay host that is no longer used."


def propose_sasl_passwd(
    live: Optional[bytes],
    relay: Relay,
    before: str,
    *,
    has_password: bool,
    protected: Collection[str] = (),
) -> Proposal:
    """Return the next sasl_passwd, sealed; b"" if there is none and none is needed.

    `before` is today's relayhost; its row is removed if the answers have another relay. Without a
    password, a row of the same user is not changed, nor are keys in `protected`.
    """
    if isinstance(relay.user, Unsaid) or isinstance(relay.host, Unsaid):
        # main.cf keeps what it says of them, and Postfix may read this table.
        return Proposal(live or b"")
    key, before = nexthop(relay) if relay.user else "", before.lower()
    lines = Lines.parse(live or b"")
    if before and before != key and before not in protected:
        lines = _without(lines, before)
    if key and key not in protected and (has_password or not names_user(live, key, relay.user)):
        row = checked(f"{key} {relay.user}:{PASSWORD}")
        place = _places(lines).get(key)
        if place is None:
            lines = lines.insert(len(lines), (row,) if lines.texts else (*HEAD, row), _WHY)
        elif content(lines.texts[place[0]]).split() != row.split():
            lines = lines.replace(*place, [(row, _WHY)])
    text = bytes(lines)
    return Proposal(text, lines.reasons(), changed=(SASL_PASSWD,) if text != (live or b"") else ())


def names_user(live: Optional[bytes], key: str, user: str) -> bool:
    """True if a row has this user, with any password."""
    return rows_by_key(live or b"").get(key, "").partition(":")[:2] == (user, ":")


def _without(lines: Lines, key: str) -> Lines:
    place = _places(lines).get(key)
    return lines if place is None else lines.replace(*place, []).mark(place[0] - 1, _GONE)


def _places(lines: Lines) -> Mapping[str, tuple[int, int]]:
    """Return the first line and the end of each row, with folded lines; of duplicates the first."""
    found: dict[str, tuple[int, int]] = {}
    for at, text in enumerate(lines.texts):
        words = text.split(None, 1)
        if not words or text[0] in "# \t":
            continue
        end = at + 1
        while end < len(lines) and lines.texts[end][0] in " \t" and lines.texts[end].strip():
            end += 1
        found.setdefault(words[0].lower(), (at, end))
    return found
