"""Read from a run's journal which messages it put on hold: for its last message, and for undo."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from wizard.plan.hold import counted
from wizard.run.mail_queue import release_command
from wizard.run.paths import RunPlaces
from wizard.run.progress import Progress

ON_HOLD_FILE = "held"
"""The file with the queue IDs in a run's directory, one a line, as `postsuper -H -` reads them."""

ON_HOLD, RELEASED = "held", "released"
"""The names in the journal of `HoldMail` and `ReleaseMail`: lists of queue ID and arrival time."""

_MAX_SHOWN = 5


def messages_of(terms: dict[str, object], name: str = ON_HOLD) -> tuple[tuple[str, int], ...]:
    """Return the messages that a step journalled under a name."""
    entries = cast("list[list[object]]", terms.get(name, []))
    return tuple((str(queue_id), int(cast("int", arrival))) for queue_id, arrival in entries)


def on_hold_lines(past: Progress, run: RunPlaces) -> Iterator[str]:
    """Yield the lines for a run's end about the messages that are still on hold."""
    put_on_hold = dict.fromkeys(
        one for terms in past.intended.values() for one in messages_of(terms)
    )
    released = {one for terms in past.intended.values() for one in messages_of(terms, RELEASED)}
    ids = [queue_id for queue_id, arrival in put_on_hold if (queue_id, arrival) not in released]
    if not ids:
        return
    shown = ", ".join(ids[:_MAX_SHOWN]) + (" ..." if len(ids) > _MAX_SHOWN else "")
    yield (
        f"On hold: {counted(len(ids))} that the present configuration would bounce ({shown}). "
        "`postqueue -p` marks mail on hold with a !."
    )
    yield "Once the domain is right again, this releases that mail:"
    yield release_command(ids, run.directory / ON_HOLD_FILE)
