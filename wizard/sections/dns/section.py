"""The section `dns`: the zone file that gets this server's records."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from wizard.answers.model import Answers
from wizard.host.facts import Host
from wizard.host.named import MOST
from wizard.sections.dns.plan import NAMED, plan
from wizard.sections.section import MISSING, NONE, NOT_YET, Issue, Section, TextByName


def _issues(host: Host, today: Answers, _reported: Collection[str]) -> Iterator[Issue]:
    path = today.dns.zone_file
    is_all = len(host.zones) < MOST
    if path and is_all and not any(one.path == path for one in host.zones):
        yield Issue(MISSING, f"{path} is no zone file of this host's named.")


def _preview(checked: Mapping[str, Any]) -> TextByName:
    path = checked.get("zone_file")
    old, new = checked.get("move_from") or "", checked.get("move_to") or ""
    moved = f"IN A {old or NOT_YET} becomes {new or NOT_YET}"
    moves = moved if old or new else "no address moves"
    kinds, relay = checked.get("publish") or (), checked.get("relay_spf")
    return {
        "zone_file": f"IN MX 10 MYHOSTNAME. in {path}" if path else "no zone is changed",
        "move_from": moves,
        "move_to": moves,
        "publish": f"{', '.join(kinds)} where the zone has none" if kinds else "nothing",
        "reports": f"rua=mailto:{checked.get('reports') or 'postmaster@DOMAIN'}",
        "relay_spf": f"include:{relay}" if relay else "not needed without a relay host",
    }


DNS = Section(
    "dns",
    title="DNS zone",
    heading="DNS zone of this host's named",
    units=NAMED,
    plan=plan,
    value=lambda _host, today: today.dns.zone_file or NONE,
    unused=NONE,
    issues=_issues,
    preview=_preview,
)
