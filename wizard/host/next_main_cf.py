"""Let Postfix read the next main.cf and master.cf, where it refuses those of today (postconf(1)).

Nothing but a private directory is written.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.private import private_directory

_DOING = "reading the planned main.cf with postconf"
_SETTLED_SECONDS = 10
"""Postfix's programs wait for a main.cf that is younger than a second (mail_conf in its source)."""


def refusal(door: Door, texts: Mapping[str, bytes]) -> str:
    """Return why Postfix refuses these texts of main.cf and master.cf by path, "" if it does not."""
    try:
        with private_directory(_DOING) as place:
            then = time.time() - _SETTLED_SECONDS
            for path, text in texts.items():
                copy = place / Path(path).name
                copy.write_bytes(text)
                os.utime(copy, (then, then))
            outcomes = [door.run(("postconf", "-c", str(place), one)) for one in ("-n", "-M")]
    except Trouble as trouble:
        return trouble.wrong
    for outcome in outcomes:
        if outcome is None:
            return "postconf cannot be run"
        grave = [line for line in outcome.complaints if "fatal: " in line]
        if outcome.code != 0 or grave:
            return next(iter(grave), f"postconf ended with {outcome.code}")
    return ""
