"""The zones of the blocklists for the lab's named, made of the wizard's catalogue.

Each list has its test points (RFC 5782, section 5). A list by a key has no zone here, since its
name has the key: the tests of such lists write their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from wizard.answers.catalogue import CATALOGUE, NAME_POINTS, Blocklist
from wizard.secrets import MASK

LISTS: tuple[Blocklist, ...] = tuple(one for one in CATALOGUE if MASK not in one.zone)
"""The lists that have a zone in the lab."""

_HEAD = """$TTL	60
@	IN SOA	ns.zeke.ne.jp. root.zeke.ne.jp. (
		2024021901	; serial
		3600		; refresh
		900		; retry
		604800		; expire
		60 )		; negative answers
	IN NS	ns.zeke.ne.jp.
"""
_STRANGERS = {
    # Of the stranger's addresses one is listed, and one gets an error code.
    "zen.spamhaus.org": {"66.113.0.203": "127.0.0.4", "67.113.0.203": "127.255.255.254"},
    "dbl.spamhaus.org": {"spam.stranger.example": "127.0.1.2"},
}
"""Other names in a zone, with the replies: what the tests of several lists at once need."""

_ANY = "127.0.0.2"
"""The usual reply (RFC 5782, section 2.1)."""
_CHOICE = re.compile(r"\[([0-9]+)[0-9.;]*\]")


def reply(one: Blocklist) -> str:
    """Return the first reply that counts as a listing."""
    return _CHOICE.sub(r"\1", one.replies) or _ANY


def zone_files() -> dict[str, str]:
    """Return the text of each zone file by its name in named's directory."""
    return {f"{one.zone}.zone": _HEAD + "".join(_lines(one)) for one in LISTS}


def statements() -> str:
    """Return the zone statements for named.conf(5)."""
    return "".join(
        f'zone "{one.zone}" {{ type master; file "{one.zone}.zone"; }};\n' for one in LISTS
    )


def _lines(one: Blocklist) -> Iterator[str]:
    listed, unlisted = one.points
    yield f"; {listed} is listed, {unlisted} is not.\n"
    points = [listed] if one.by_address else dict.fromkeys((listed, NAME_POINTS[0]))
    named = {**dict.fromkeys(points, reply(one)), **_STRANGERS.get(one.zone, {})}
    for name, answer in named.items():
        yield f'{name}\tIN A {answer}\n\tIN TXT\t"{one.page}?{name}"\n'
