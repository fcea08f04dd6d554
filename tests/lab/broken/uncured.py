"""Broken servers whose cures, applied literally, do not make all right, each with the reason.

Measured on EL9. A row that is cured goes out of this table; a way without a cure says why in the
finding (`wizard.check.cures.without`) and is none of these.
"""

from __future__ import annotations

UNCURED: dict[str, str] = {
    "a zone that cannot be read at the next start": "firewalld no longer writes the zone's file",
    "virtual mailboxes over a socket that is not there": "virtual(8) has that mail then, and whose "
    "files it shall be only the operator knows",
    "renewed and no longer the one served": "after the reload the pair is served that somebody put "
    "there, and the next check has the cure of that",
}
