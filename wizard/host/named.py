"""Read the primary zones of this host's named: from named.conf(5), with the bytes of their files."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.dns.named_conf import ZoneStatement, read_zones
from wizard.dns.zone import LARGEST
from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.facts import NamedZone
from wizard.host.files import read_file

NAMED_CONF = "/etc/named.conf"

MOST = 64
"""Zones whose files are read; operators with more zones use their own tools."""

BESIDE = (".jnl", ".signed", ".jbk", ".signed.jnl")
"""Suffixes of named's files next to a zone file that it writes or signs itself (named(8))."""

_NO_MAIL = (".", "localhost", "localhost.localdomain")


def read_named_zones(door: Door, path: str = "") -> Iterator[NamedZone]:
    """Yield the primary zones that may have names of hosts: no reverse and no local zones.

    They are the first `MOST` ones, and those of the file `path`.
    """
    try:
        statements = read_zones(NAMED_CONF, door.read_text)
    except Trouble:
        # An unreadable named.conf is reported when the dns section is planned.
        return
    wanted = [one for one in statements if one.is_primary and not _is_reverse(one.name)]
    for number, one in enumerate(wanted):
        if number < MOST or one.file == path:
            yield _zone(door, one)


def _is_reverse(name: str) -> bool:
    return name in _NO_MAIL or name.endswith((".in-addr.arpa", ".ip6.arpa"))


def _zone(door: Door, one: ZoneStatement) -> NamedZone:
    managed = f"named.conf has {one.managed} for it" if one.managed else ""
    beside = next((ext for ext in BESIDE if door.lstat(f"{one.file}{ext}") is not None), "")
    if beside:
        managed = f"{one.file}{beside} stands beside it"
    status = door.stat(one.file)
    if status is not None and status.st_size > LARGEST:
        return NamedZone(one.name, one.file, view=one.view, managed=managed, size=status.st_size)
    try:
        file = read_file(door, one.file)
    except Trouble as trouble:
        return NamedZone(one.name, one.file, view=one.view, managed=managed, why=trouble.wrong)
    size = 0 if status is None else status.st_size
    return NamedZone(one.name, one.file, file, one.view, managed, size)
