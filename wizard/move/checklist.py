"""The checklist of what was seen now and what was kept before. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from wizard.move.items import filled, looked
from wizard.move.model import DONE, OPEN, TICKED, UNKNOWN, Checklist, Kept, Row, Seen, View


def checklist(view: View, kept: Kept, now: float, warnings: tuple[str, ...] = ()) -> Checklist:
    """Return the list as it stands at `now`, in seconds since the epoch.

    A tick by hand counts where a look cannot tell; where it tells otherwise, the item is open.
    """
    rows: list[Row] = []
    settled: set[str] = set()
    for item, seen in looked(view, kept):
        state = _state(seen, ticked=item.id in kept.ticked)
        row = Row(
            item.id,
            item.title,
            item.why,
            filled(item.how, view),
            filled(item.what_to_do, view),
            state,
            seen.words,
            at=_since(item.id, state, kept, now),
            was_done=0.0 if state == DONE else kept.done.get(item.id, 0.0),
            waits_for=tuple(one for one in item.after if one not in settled),
        )
        rows.append(row)
        if row.settled:
            settled.add(item.id)
    return Checklist(view.old, tuple(rows), _kept(rows, view, kept, now), warnings)


def _state(seen: Seen, *, ticked: bool) -> str:
    return TICKED if ticked and seen.state == UNKNOWN else seen.state


def _since(item: str, state: str, kept: Kept, now: float) -> float:
    if state == DONE:
        return kept.done.get(item, now)
    return kept.ticked[item] if state == TICKED else 0.0


def _kept(rows: list[Row], view: View, kept: Kept, now: float) -> Kept:
    done = {**kept.done, **{row.id: row.at for row in rows if row.state == DONE}}
    served = view.door.certificate
    if served and not kept.certificate:
        return replace(kept, done=done, certificate=served, certificate_at=now)
    return replace(kept, done=done)


def ticked(kept: Kept, done: Collection[str], undone: Collection[str], now: float) -> Kept:
    """Return what is kept once these items were ticked, or no longer are.

    What was seen done of those is forgotten too. Where the renewals are ticked, the certificate
    that the old server serves is taken anew for the one that must not change.
    """
    ticks = {**kept.ticked, **dict.fromkeys(done, now)}
    after = replace(
        kept,
        ticked={one: at for one, at in ticks.items() if one not in undone},
        done={one: at for one, at in kept.done.items() if one not in undone},
    )
    if "renewals" in done:
        return replace(after, certificate="", certificate_at=0.0)
    return after


def gone(row: Row) -> bool:
    """Whether an item was seen done once and is seen not to be any more."""
    return row.state == OPEN and row.was_done > 0
