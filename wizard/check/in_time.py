"""Lookups in tables that have the time of one probe together."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Optional

from wizard.door import Door, Outcome
from wizard.errors import Trouble
from wizard.limits import PROBE_SECONDS


class InTime(Door):
    """The same host, where all commands together have `PROBE_SECONDS`.

    So many tables whose servers are silent take the time of one.
    """

    def __init__(self, door: Door) -> None:
        """The time begins now."""
        super().__init__(door.root)
        self._door = door
        self._deadline = time.monotonic() + PROBE_SECONDS

    def run(
        self, argv: Sequence[str], *, timeout: float = PROBE_SECONDS, data: Optional[bytes] = None
    ) -> Optional[Outcome]:
        """Run a command as Door.run does. Raises Trouble if the time is over."""
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise Trouble(
                f"running {argv[0]}",
                f"other tables used up the {PROBE_SECONDS:g} seconds",
                "See which table is slow.",
            )
        return self._door.run(argv, timeout=min(timeout, remaining), data=data)
