"""The section `dns`: the zone file that gets this server's MX records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wizard.sections.dns.plan import plan
from wizard.sections.section import NONE, NOT_YET, Section, TextByName


def _preview(checked: Mapping[str, Any]) -> TextByName:
    path = checked.get("zone_file")
    old, new = checked.get("move_from") or "", checked.get("move_to") or ""
    moved = f"IN A {old or NOT_YET} becomes {new or NOT_YET}"
    moves = moved if old or new else "no address moves"
    return {
        "zone_file": f"IN MX 10 MYHOSTNAME. in {path}" if path else "no zone is changed",
        "move_from": moves,
        "move_to": moves,
    }


DNS = Section(
    "dns",
    title="DNS zone",
    heading="DNS zone of this host's named",
    plan=plan,
    value=lambda _host, today: today.dns.zone_file or NONE,
    unused=NONE,
    preview=_preview,
)
