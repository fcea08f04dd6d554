"""Save the answers next to the configuration, so that the next run starts from them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection

from wizard.answers.model import Answers, narrowed
from wizard.answers.toml import format_answers, parse_stored
from wizard.errors import Trouble
from wizard.plan.model import Plan
from wizard.run.directories import make_private
from wizard.run.files import replace
from wizard.run.past_step import ANSWERS
from wizard.run.path_state import keep_replaced, observe, text_state, undo_of
from wizard.run.paths import Places, RunPlaces
from wizard.run.records import Record, StepIntended
from wizard.run.seals import Seals

_MODE = 0o600


def save_answers(
    places: Places,
    run: RunPlaces,
    plan: Plan,
    record: Callable[[Record], None],
    seals: Seals,
) -> str:
    """Write the plan's answers as TOML if they differ; return the error, "" for none.

    A run of single sections leaves the saved answers of all others, since it planned with what the host
    has there today: nobody chose that.
    `record` first journals what undo needs. The run is done in any case, so no Trouble is raised.
    """
    if not plan.answers:
        return ""
    path = str(places.answers)
    try:
        make_private(places.answers.parent)
        seen = observe(path, seals)
        data = plan.answers.encode("utf-8", "surrogateescape")
        current = seen.file
        if current is not None:
            data = _edited(current.text, plan.answers, plan.sections)
            if current.text == data:
                return ""
            current = dataclasses.replace(
                current, metadata=dataclasses.replace(current.metadata, mode=_MODE)
            )
        copy = keep_replaced(run, seen.file, seals) if seen.file else ""
        terms = undo_of(seen, text_state(data, seals), copy)
        record(StepIntended(ANSWERS, {"files": [terms]}))
        replace(path, data, current, mode=_MODE)
    except Trouble as trouble:
        return f"All is done, but the answers could not be saved. {trouble}"
    return ""


def _edited(previous: bytes, text: str, sections: Collection[str]) -> bytes:
    """Return the answers with the comments of the saved file, if that is valid.

    A file with the same answers is returned unchanged.
    """
    answers = parse_stored(text)
    try:
        before = previous.decode("utf-8")
    except UnicodeDecodeError:
        before = ""
    saved = parse_stored(before)
    if sections and isinstance(answers, Answers) and isinstance(saved, Answers):
        answers = narrowed(answers, saved, sections)
    if saved == answers:
        return previous
    if isinstance(answers, Answers) and isinstance(saved, Answers):
        text = format_answers(answers, before)
    return text.encode("utf-8", "surrogateescape")
