"""Find the old runs that the list of sections needs: the last one that planned or changed each."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from wizard.status.history import LastState, Written, last_states

WHY = "it says who changed a section last"


def needed_by_sections(written: Sequence[Written], old: Collection[str]) -> Mapping[str, str]:
    """Return the old runs without which a row of the list would differ, each with the reason."""
    whole = last_states(written)
    named = {run for last in whole.values() for run in (last.run, last.changed)}
    needed = named & set(old)
    fewer = last_states(one for one in written if one.run not in old or one.run in needed)
    changed = {
        section
        for section in whole
        if _without_texts(whole[section]) != _without_texts(fewer[section])
    }
    for one in written:
        if one.run in old and (not one.sections or changed & set(one.sections)) and changed:
            needed.add(one.run)
    return dict.fromkeys(needed, WHY)


def _without_texts(last: LastState) -> tuple[object, ...]:
    return (last.values, last.run, last.changed, last.by_hand, last.why)
