"""Make the checklist from the probes of now and the saved state. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from wizard.move.items import filled, items_of
from wizard.move.model import (
    DONE,
    OPEN,
    TICKED,
    UNKNOWN,
    Checklist,
    ProbeResult,
    Row,
    SavedState,
    View,
)


def checklist(
    view: View, saved: SavedState, now: float, warnings: tuple[str, ...] = ()
) -> Checklist:
    """Return the list at `now`, in seconds since the epoch.

    A tick counts only if the probe's result is UNKNOWN. A probe that sees an open item wins.
    """
    rows: list[Row] = []
    settled: set[str] = set()
    for item in items_of(view):
        seen = item.probe(view, saved)
        state = _state(seen, ticked=item.id in saved.ticked)
        row = Row(
            item.id,
            item.title,
            item.why,
            filled(item.how, view),
            filled(item.what_to_do, view),
            state,
            seen.words,
            at=_since(item.id, state, saved, now),
            was_done=0.0 if state == DONE else saved.done.get(item.id, 0.0),
            waits_for=tuple(one for one in item.after if one not in settled),
        )
        rows.append(row)
        if row.settled:
            settled.add(item.id)
    return Checklist(view.old, tuple(rows), _saved(rows, view, saved, now), warnings)


def _state(seen: ProbeResult, *, ticked: bool) -> str:
    return TICKED if ticked and seen.state == UNKNOWN else seen.state


def _since(item: str, state: str, saved: SavedState, now: float) -> float:
    if state == DONE:
        return saved.done.get(item, now)
    return saved.ticked[item] if state == TICKED else 0.0


def _saved(rows: list[Row], view: View, saved: SavedState, now: float) -> SavedState:
    done = {**saved.done, **{row.id: row.at for row in rows if row.state == DONE}}
    served = view.port25.certificate
    if served and not saved.certificate:
        return replace(saved, done=done, certificate=served, certificate_at=now)
    return replace(saved, done=done)


def ticked(
    saved: SavedState, done: Collection[str], undone: Collection[str], now: float
) -> SavedState:
    """Return the saved state with ticks at the items `done` and none at the items `undone`.

    The items `undone` also lose the time at which they were seen done. A tick at the renewals
    forgets the certificate of the old server: the next probe saves the one that must not change.
    """
    ticks = {**saved.ticked, **dict.fromkeys(done, now)}
    after = replace(
        saved,
        ticked={one: at for one, at in ticks.items() if one not in undone},
        done={one: at for one, at in saved.done.items() if one not in undone},
    )
    if "renewals" in done:
        return replace(after, certificate="", certificate_at=0.0)
    return after


def gone(row: Row) -> bool:
    """True if an item was seen done before and is seen open now."""
    return row.state == OPEN and row.was_done > 0
