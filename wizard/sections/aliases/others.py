"""Tables that Postfix looks up before /etc/aliases, so that root's reader of the answers may not count.

They stay. A plan names them; only Postfix knows their rows (aliases(5), virtual(5), canonical(5)).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile

from wizard.host.facts import Host
from wizard.host.main_cf import own_parameters
from wizard.paths import ALIASES, MAIN_CF, MASTER_CF
from wizard.postfix.master_cf import MasterCf
from wizard.postfix.settings import Settings
from wizard.text import shortened

_MAPS = "alias_maps"
_BEFORE = ("recipient_canonical_maps", "canonical_maps", "virtual_alias_maps")
"""Tables of cleanup(8), which rewrites recipients before local(8) delivers."""
_OWN = re.compile(rf"(?:proxy:)?\w+:{ALIASES}")
_ROWS = f"rows for root, postmaster or abuse there come before those of {ALIASES}"
_SHOWN = 3


def warnings(host: Host) -> Iterator[str]:
    """Yield a sentence for each parameter with such tables."""
    settings = Settings(own_parameters(host.text(MAIN_CF)), host.postfix.defaults)
    earlier = tuple(takewhile(lambda one: not _OWN.fullmatch(one), settings.words(_MAPS)))
    if earlier and len(earlier) < len(settings.words(_MAPS)):
        yield f"{_MAPS} has {shortened(earlier, _SHOWN)} first: {_ROWS}."
    for name in _BEFORE:
        # Postfix's default of virtual_alias_maps is $virtual_maps, which is empty.
        value = settings.own.get(name, "")
        if value:
            yield f"{name} = {value} stays: {_ROWS}."
    for service in MasterCf.parse(host.text(MASTER_CF)).services:
        tables = settings.of(service.values).words(_MAPS)
        is_own = any(map(_OWN.fullmatch, tables))
        if service.command == "local" and _MAPS in service.values and not is_own:
            value = service.values[_MAPS]
            yield f"master.cf, {service.key}: -o {_MAPS}={value} stays: {ALIASES} is not looked up."
